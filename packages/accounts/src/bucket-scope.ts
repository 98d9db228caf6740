import { SYSTEM_ACCOUNT } from '@xir/protocol';

import { accountAddress, dataBucket } from './account-addresses.ts';
import type { CachedStore } from './cached-store.ts';
import type { Login } from './login.ts';

/** Whose data a request is about. */
export interface BucketScope {
  readonly bucket: string;
  /** History before this belongs to an earlier account of the same name; milliseconds since 1970 UTC. */
  readonly sinceMs: number;
}

/** A bucket that the login may act in: its own, any for `$sys`, the sub-accounts' for a top-level account; `undefined`: it may not act in that one. */
export async function bucketScope(store: Pick<CachedStore, 'get'>, login: Login, asked: string): Promise<BucketScope | undefined> {
  if (asked === login.bucket) return { bucket: asked, sinceMs: login.sinceMs };
  if (login.bucket === SYSTEM_ACCOUNT) return { bucket: asked, sinceMs: 0 };
  const name = subAccountOf(login, asked);
  const record = name === undefined ? undefined : await store.get(accountAddress(login.bucket, name));
  if (record === undefined) return undefined;
  const { value } = record;
  const created = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['created_ms'] : undefined;
  return { bucket: asked, sinceMs: typeof created === 'number' ? created : 0 };
}

function subAccountOf(login: Login, bucket: string): string | undefined {
  if (login.subAccount !== undefined) return undefined;
  const prefix = dataBucket(login.bucket, '');
  return bucket.startsWith(prefix) && bucket.length > prefix.length ? bucket.slice(prefix.length) : undefined;
}
