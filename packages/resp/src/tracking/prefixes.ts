import type { WatchScope } from '@xir/kv4-core';

import { bytesOfText } from '../byte-text.ts';
import type { Cause } from '../changes/change-follower.ts';
import type { Client } from '../client.ts';
import type { RespContext } from '../context.ts';
import { namesOfChange, placeOfPrefix } from '../key-name.ts';
import { invalidate } from './invalidation.ts';
import type { Tracking } from './tracking.ts';

/** Follows everything whose name begins with one of the prefixes (all of the layer *data where there is none). Rejects where that cannot be followed. */
export async function followPrefixes(context: RespContext, client: Client, { bucket, tracking }: { readonly bucket: string; readonly tracking: Tracking }): Promise<void> {
  const { prefixes } = tracking.settings;
  const readiness: Promise<void>[] = [];
  for (const prefix of prefixes.length === 0 ? [''] : prefixes) {
    const listener = {
      changed: (cause: Cause) => tell(context, client, { prefix, cause }),
      lost: () => invalidate(context, client, { names: undefined, cause: undefined }),
    };
    const following = context.changes.notice(prefixScope(bucket, prefix), listener, 'ready');
    tracking.followings.push(following);
    readiness.push(following.ready);
  }
  try {
    await Promise.all(readiness);
  } catch (error) {
    tracking.stop();
    throw error;
  }
}

function tell(context: RespContext, client: Client, { prefix, cause }: { readonly prefix: string; readonly cause: Cause }): void {
  const names = namesOfChange(cause.address).map(bytesOfText).filter((name) => name.startsWith(prefix));
  if (names.length > 0) invalidate(context, client, { names, cause });
}

/** What has to be watched for names that begin with a prefix (byte text). */
export function prefixScope(bucket: string, prefix: string): WatchScope {
  const { layer, path } = placeOfPrefix(prefix);
  return path === '/' ? { type: 'layer', bucket, layer } : { type: 'subtree', address: { bucket, layer, path } };
}
