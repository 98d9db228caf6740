import type { Kv4Store } from '@xir/kv4-core';

/** Deletes every key of every layer of a bucket; resolves to their number. */
export async function dropBucket(store: Kv4Store, bucket: string): Promise<number> {
  let count = 0;
  for (const layer of await store.layers(bucket)) count += await store.deleteSubtree({ bucket, layer, path: '/' });
  return count;
}
