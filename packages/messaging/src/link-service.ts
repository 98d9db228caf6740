import { SYSTEM_ACCOUNT, withVersionText } from '@xir/protocol';
import { requireBody, type Service, type ServiceRequest, type ValueAnswer } from '@xir/rest';
import { AUTHORITY_ADDRESS, REVOKED_PATH } from '@xir/router';

import { messagingError } from './errors.ts';

/** Most neurons and certificates that may be revoked at a time. */
export const MAX_REVOKED = 1_000;

/** `_links`: which neurons and certificates the others believe no more, and the system authority, for the system account. */
export function linkService(): Service {
  return {
    methods: ['GET', 'PUT', 'POST', 'DELETE'],
    async handle(request) {
      if (request.login.bucket !== SYSTEM_ACCOUNT) throw messagingError('MESSAGING_UNAUTHORIZED', 'links are looked after by the system account');
      if (request.path === AUTHORITY_ADDRESS.path && request.method === 'DELETE') return removeAuthority(request);
      if (request.path !== REVOKED_PATH.path) throw messagingError('MESSAGING_BAD_OPTION', `there are ${REVOKED_PATH.path}, and ${AUTHORITY_ADDRESS.path} for DELETE`);
      if (request.method === 'GET') return list(request);
      if (request.method === 'DELETE') return restore(request);
      return revoke(request);
    },
  };
}

async function revoke(request: ServiceRequest): Promise<ValueAnswer> {
  requireBody(request);
  const { context, login } = request;
  const { store } = context;
  const address = { ...REVOKED_PATH, key: nameOf(request) };
  const before = await store.get(address, { fresh: true });
  // Since when it is revoked, and by whom, stays as it is.
  if (before !== undefined) return revocation(address.key, before.version);
  const { items } = await store.list(REVOKED_PATH, { limit: MAX_REVOKED });
  if (items.length >= MAX_REVOKED) throw messagingError('MESSAGING_TOO_MANY_REVOKED', `${MAX_REVOKED} are revoked, and may be no more`);
  const { version, durable } = await store.put(address, true, { author: login.author });
  return { ...revocation(address.key, version), durable };
}

function revocation(name: string, version: string): ValueAnswer {
  return { kind: 'value', text: withVersionText(JSON.stringify({ k: name }), version), version };
}

async function list({ context }: ServiceRequest): Promise<ValueAnswer> {
  const { items } = await context.store.list(REVOKED_PATH, { limit: MAX_REVOKED });
  return { kind: 'value', text: JSON.stringify(items.map(({ address, timeMs, author }) => ({ k: address.key, t: Math.floor(timeMs / 1000), a: author }))) };
}

async function restore(request: ServiceRequest): Promise<ValueAnswer> {
  const { context, login } = request;
  const removed = await context.store.delete({ ...REVOKED_PATH, key: nameOf(request) }, { author: login.author });
  return { kind: 'value', text: removed === undefined ? '0' : '1' };
}

async function removeAuthority({ context, login }: ServiceRequest): Promise<ValueAnswer> {
  const removed = await context.store.delete(AUTHORITY_ADDRESS, { author: login.author });
  return { kind: 'value', text: removed === undefined ? '0' : '1' };
}

function nameOf({ query, body }: ServiceRequest): string {
  const name = body['k'] ?? query.get('k');
  if (typeof name !== 'string' || !/^[0-9a-z]{1,64}$/.test(name)) throw messagingError('MESSAGING_BAD_OPTION', 'k must be the name of a neuron, or the serial number of a certificate in lower-case hexadecimal digits');
  return name;
}
