import type { CachedStore } from './cached-store.ts';

/**
 * Deletes every key of every layer of a bucket; resolves to their number. On a store that can erase, the history goes too: after the keys, so that
 * watches and caches have seen them go.
 */
export async function dropBucket(store: CachedStore, bucket: string): Promise<number> {
  let count = 0;
  for (const layer of await store.layers(bucket)) count += await store.deleteSubtree({ bucket, layer, path: '/' });
  await store.eraseBucket?.(bucket);
  return count;
}
