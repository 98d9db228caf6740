import type { JsonObject, JsonValue, Kv4Record } from '@xir/kv4-core';
import { SYSTEM_ACCOUNT, withVersionText } from '@xir/protocol';
import { requireBody, type Service, type ServiceRequest, type ValueAnswer } from '@xir/rest';
import { encodeWebhook, MAX_STORED_WEBHOOKS, shownWebhook, WEBHOOK_LAYER, webhookAddress, type StoredWebhookFields } from '@xir/webhooks';

import { messagingError } from './errors.ts';

const FIELDS = ['url', 'secret', 'events', 'bucket'];

/** `_webhooks`: webhooks of a path and what is beneath it, for the system account. What they are signed with, and more of their URL than its origin, is never shown. */
export function webhookService({ systemSecret }: { readonly systemSecret: string }): Service {
  return {
    methods: ['GET', 'PUT', 'POST', 'DELETE'],
    async handle(request) {
      if (request.login.bucket !== SYSTEM_ACCOUNT) throw messagingError('MESSAGING_UNAUTHORIZED', 'webhooks are set by the system account');
      const name = nameOf(request);
      if (request.method === 'GET') return name === undefined ? list(request) : read(request, name);
      if (request.method === 'DELETE') return remove(request, name);
      return write(request, name, systemSecret);
    },
  };
}

async function write(request: ServiceRequest, name: string | undefined, systemSecret: string): Promise<ValueAnswer> {
  const { context, path, login } = request;
  const body = requireBody(request);
  if (name === undefined) throw messagingError('MESSAGING_BAD_OPTION', 'k must be a name of the webhook: 1 to 64 letters, digits, - and _');
  const value = encoded(fieldsOf(body['v']), systemSecret);
  const address = webhookAddress(path, name);
  const { store } = context;
  if ((await store.get(address)) === undefined) {
    const { items } = await store.tree({ bucket: address.bucket, layer: WEBHOOK_LAYER, path: '/' }, { limit: MAX_STORED_WEBHOOKS });
    if (items.length >= MAX_STORED_WEBHOOKS) throw messagingError('MESSAGING_TOO_MANY_WEBHOOKS', `there are ${MAX_STORED_WEBHOOKS} webhooks, and may be no more`);
  }
  const { version, durable } = await store.put(address, value, { author: login.author });
  return { kind: 'value', text: withVersionText(JSON.stringify(shownWebhook(value)), version), version, durable };
}

async function read({ context, path }: ServiceRequest, name: string): Promise<ValueAnswer> {
  const record = await context.store.get(webhookAddress(path, name));
  const shown = record === undefined ? undefined : shownWebhook(record.value);
  if (record === undefined || shown === undefined) throw messagingError('MESSAGING_NO_WEBHOOK', 'there is no such webhook');
  return { kind: 'value', text: withVersionText(JSON.stringify(shown), record.version), version: record.version };
}

/** Those of the path and beneath it; they are few. */
async function list({ context, path }: ServiceRequest): Promise<ValueAnswer> {
  const { items } = await context.store.tree({ bucket: SYSTEM_ACCOUNT, layer: WEBHOOK_LAYER, path }, { limit: 10 * MAX_STORED_WEBHOOKS });
  const shown = items.map(({ address, value }: Kv4Record) => ({ path: address.path, k: address.key, ...shownWebhook(value) }));
  return { kind: 'value', text: JSON.stringify(shown) };
}

async function remove({ context, path, login }: ServiceRequest, name: string | undefined): Promise<ValueAnswer> {
  const options = { author: login.author };
  if (name === undefined) return { kind: 'value', text: String(await context.store.deletePath({ bucket: SYSTEM_ACCOUNT, layer: WEBHOOK_LAYER, path }, options)) };
  return { kind: 'value', text: (await context.store.delete(webhookAddress(path, name), options)) === undefined ? '0' : '1' };
}

function nameOf({ query, body }: ServiceRequest): string | undefined {
  const name = body['k'] ?? query.get('k');
  if (name === undefined || name === null || name === '') return undefined;
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw messagingError('MESSAGING_BAD_OPTION', 'k must be a name of the webhook: 1 to 64 letters, digits, - and _');
  return name;
}

function fieldsOf(value: JsonValue | undefined): StoredWebhookFields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('v must hold url and secret');
  const unknown = Object.keys(value).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw bad(`v has a field that there is not; there are ${FIELDS.join(', ')}`);
  const { url, secret, events = ['join', 'leave'], bucket } = value as JsonObject;
  if (typeof url !== 'string' || typeof secret !== 'string') throw bad('url and secret must be texts');
  if (!Array.isArray(events) || !events.every((event) => typeof event === 'string')) throw bad('events must be a list of texts');
  if (bucket !== undefined && (typeof bucket !== 'string' || bucket === '')) throw bad('bucket must be the name of an account');
  // What they are is checked where they are encoded.
  return { url, secret, events: events as unknown as StoredWebhookFields['events'], ...(bucket === undefined ? {} : { bucket }) };
}

function encoded(fields: StoredWebhookFields, systemSecret: string): JsonObject {
  try {
    return encodeWebhook(fields, systemSecret);
  } catch (error) {
    if (error instanceof TypeError) throw bad(error.message);
    throw error;
  }
}

function bad(message: string) {
  return messagingError('MESSAGING_BAD_WEBHOOK', message);
}
