import { accountAddress, dataBucket, type BanReach, type Login } from '@xir/accounts';
import { normalisePath, type PathAddress } from '@xir/kv4-core';
import { SYSTEM_ACCOUNT } from '@xir/protocol';

import { WebSocketError } from './errors.ts';
import type { Session } from './session.ts';

/** The layer of requests that name none: user data, which REST serves as `_data`. */
export const DEFAULT_LAYER = '*data';

/** Whose data a request is about. */
export interface BucketScope {
  readonly bucket: string;
  /** History before this belongs to an earlier account of the same name; milliseconds since 1970 UTC. */
  readonly sinceMs: number;
}

/** The bucket of a request that names none, or the login's own; `undefined`: another one, see {@link otherBucket}. */
export function ownBucket({ login }: Session, asked: string | undefined): BucketScope | undefined {
  return asked === undefined || asked === login.bucket ? login : undefined;
}

/** Another bucket that the login may act in: any for `$sys`, the sub-accounts' for a top-level account. Throws `WEBSOCKET_FORBIDDEN` for others. */
export async function otherBucket({ login, context }: Session, asked: string): Promise<BucketScope> {
  if (login.bucket === SYSTEM_ACCOUNT) return { bucket: asked, sinceMs: 0 };
  const name = subAccountOf(login, asked);
  const record = name === undefined ? undefined : await context.store.get(accountAddress(login.bucket, name));
  if (record === undefined) throw new WebSocketError('WEBSOCKET_FORBIDDEN', 'this login may not act in that bucket');
  const { value } = record;
  const created = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['created_ms'] : undefined;
  return { bucket: asked, sinceMs: typeof created === 'number' ? created : 0 };
}

function subAccountOf(login: Login, bucket: string): string | undefined {
  if (login.subAccount !== undefined) return undefined;
  const prefix = dataBucket(login.bucket, '');
  return bucket.startsWith(prefix) && bucket.length > prefix.length ? bucket.slice(prefix.length) : undefined;
}

/** The layer of a request. Throws `WEBSOCKET_LAYER_NOT_ALLOWED` for the layers of other services. */
export function allowedLayer(layer: string | undefined): string {
  if (layer === undefined || layer === DEFAULT_LAYER) return DEFAULT_LAYER;
  if (layer.startsWith('*') && !layer.startsWith('*data:')) throw new WebSocketError('WEBSOCKET_LAYER_NOT_ALLOWED', 'this layer belongs to another service');
  return layer;
}

/** Where a request leads, in the bucket of the scope. Throws `KV4_BAD_ADDRESS`, `WEBSOCKET_FORBIDDEN`, `WEBSOCKET_LAYER_NOT_ALLOWED`. */
export function placeOf(session: Session, { bucket }: BucketScope, asked: { readonly path: string; readonly layer?: string | undefined; readonly reach?: BanReach }): PathAddress {
  const path = normalisePath(asked.path);
  const layer = allowedLayer(asked.layer);
  session.refuseBanned(bucket, path, asked.reach ?? 'path');
  return { bucket, layer, path };
}
