import { accountAddress, dataBucket, type Login } from '@xir/accounts';
import { SYSTEM_ACCOUNT } from '@xir/protocol';

import { RestError } from './errors.ts';
import type { ServiceRequest } from './service.ts';

/** Whose data a request is about. */
export interface BucketScope {
  readonly bucket: string;
  /** History before this belongs to an earlier account of the same name; milliseconds since 1970 UTC. */
  readonly sinceMs: number;
}

/**
 * The bucket of a request: the login's own, or with `w=<bucket>` another one that the login may act in: any for `$sys`, the
 * sub-accounts' for a top-level account. Throws `REST_FORBIDDEN` for others.
 */
export async function bucketScope(request: ServiceRequest): Promise<BucketScope> {
  const { login, query, context } = request;
  const asked = query.get('w');
  if (asked === undefined || asked === '' || asked === login.bucket) return { bucket: login.bucket, sinceMs: login.sinceMs };
  if (login.bucket === SYSTEM_ACCOUNT) return { bucket: asked, sinceMs: 0 };
  const name = subAccountOf(login, asked);
  const record = name === undefined ? undefined : await context.store.get(accountAddress(login.bucket, name));
  if (record === undefined) throw new RestError('REST_FORBIDDEN', 'this login may not act in that bucket');
  const { value } = record;
  const created = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['created_ms'] : undefined;
  return { bucket: asked, sinceMs: typeof created === 'number' ? created : 0 };
}

function subAccountOf(login: Login, bucket: string): string | undefined {
  if (login.subAccount !== undefined) return undefined;
  const prefix = dataBucket(login.bucket, '');
  return bucket.startsWith(prefix) && bucket.length > prefix.length ? bucket.slice(prefix.length) : undefined;
}
