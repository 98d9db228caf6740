import { bucketScope, type BanReach, type BucketScope } from '@xir/accounts';
import { normalisePath, type PathAddress } from '@xir/kv4-core';

import { WebSocketError } from './errors.ts';
import type { Session } from './session.ts';

/** The layer of requests that name none: user data, which REST serves as `_data`. */
export const DEFAULT_LAYER = '*data';

/** The bucket of a request that names none, or the login's own; `undefined`: another one, see {@link otherBucket}. */
export function ownBucket({ login }: Session, asked: string | undefined): BucketScope | undefined {
  return asked === undefined || asked === login.bucket ? login : undefined;
}

/** Another bucket that the login may act in: any for `$sys`, the sub-accounts' for a top-level account. Throws `WEBSOCKET_FORBIDDEN` for others. */
export async function otherBucket({ login, context }: Session, asked: string): Promise<BucketScope> {
  const scope = await bucketScope(context.store, login, asked);
  if (scope === undefined) throw new WebSocketError('WEBSOCKET_FORBIDDEN', 'this login may not act in that bucket');
  return scope;
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
