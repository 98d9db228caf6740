import { AccountsError, BAN_LAYER, normaliseIpAddress } from '@xir/accounts';
import { withVersionText } from '@xir/protocol';

import { bucketScope } from '../bucket-scope.ts';
import { namesKey, readKey } from '../key-reading.ts';
import { deleteKeys } from '../key-writing.ts';
import { asksForWatch, readPath, watchPath } from '../path-reading.ts';
import type { Service, ServiceRequest, ValueAnswer } from '../service.ts';
import { requireBody, requireKey } from '../write-parameters.ts';

/** `_auth`: IP addresses that are banned from a path and below. */
export const banService: Service = {
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
  async handle(request) {
    const { bucket, sinceMs } = await bucketScope(request);
    const address = { bucket, layer: BAN_LAYER, path: request.path };
    const normalised = withNormalisedKey(request);
    if (request.method === 'GET' && asksForWatch(request)) return watchPath(normalised, { address, sinceMs });
    if (request.method === 'GET') return namesKey(request.query) ? readKey(normalised, { address, sinceMs }) : readPath(normalised, { address, sinceMs });
    if (request.method === 'DELETE') return lift(normalised, bucket);
    return ban(request, bucket);
  },
};

async function ban(request: ServiceRequest, bucket: string): Promise<ValueAnswer> {
  const body = requireBody(request);
  const key = normaliseIpAddress(requireKey(request, body));
  if (key === undefined) throw new AccountsError('ACCOUNTS_BAD_ADDRESS', 'the key must be an IP address');
  const { context, path, login } = request;
  const given = body['v'];
  const value = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {};
  const { _ver_: _lock, ...kept } = value;
  const write = await context.store.put({ bucket, layer: BAN_LAYER, path, key }, kept, { author: login.author });
  context.accounts.bans.applyPut(bucket, key, path);
  return { kind: 'value', text: withVersionText(write.record?.valueText ?? '{}', write.version), version: write.version, durable: write.durable };
}

async function lift(request: ServiceRequest, bucket: string): Promise<ValueAnswer> {
  const { context, path, query } = request;
  const answer = await deleteKeys(request, { bucket, layer: BAN_LAYER, path });
  const key = query.get('k') ?? '';
  if (key !== '') context.accounts.bans.applyDelete(bucket, key, path);
  return answer;
}

/** Bans are kept under the one form of an address; clients may write it differently. */
function withNormalisedKey(request: ServiceRequest): ServiceRequest {
  const given = request.query.get('k') ?? request.body['k'];
  const key = typeof given === 'string' ? normaliseIpAddress(given) : undefined;
  return key === undefined ? request : { ...request, query: new Map([...request.query, ['k', key]]) };
}
