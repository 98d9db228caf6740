import type { Memory } from '@xir/kv4';
import type { PathAddress } from '@xir/kv4-core';

import { keyOf, scattered } from '../load/keys.ts';

/** Nanoseconds per read, each way of reading measured in the same round. */
export interface GetTimes {
  readonly mapNs: number;
  readonly peekNs: number;
  readonly awaitedMapNs: number;
  readonly awaitedGetNs: number;
}

/** Reads of one pass over the addresses: few enough that both sides live in the processor's caches for a while, many enough that neither lives there for good. */
const ADDRESSES = 10_000;

/** Times reads of cached keys beside reads of a map with the same records, whose key is built from the parts of the address at each read. One round; the caller alternates. */
export async function timeGets(memory: Memory, path: PathAddress, { keys, looks }: { readonly keys: number; readonly looks: number }): Promise<GetTimes> {
  const map = new Map<string, unknown>();
  for (let n = 0; n < keys; n += 1) {
    const record = memory.peek({ ...path, key: keyOf(n) });
    if (record === undefined || record === null) throw new Error('a key is not cached');
    map.set(`${path.bucket}/${path.layer}${path.path}/${keyOf(n)}`, record);
  }
  const addresses = scattered(ADDRESSES, keys).map((n) => ({ bucket: path.bucket, layer: path.layer, path: path.path, key: keyOf(n) }));
  const passes = Math.ceil(looks / ADDRESSES);
  let found = 0;
  const timed = (pass: () => void): number => {
    pass();
    const startedMs = performance.now();
    for (let n = 0; n < passes; n += 1) pass();
    return ((performance.now() - startedMs) * 1e6) / (passes * ADDRESSES);
  };
  const timedAwaits = async (pass: () => Promise<void>): Promise<number> => {
    await pass();
    const startedMs = performance.now();
    for (let n = 0; n < passes; n += 1) await pass();
    return ((performance.now() - startedMs) * 1e6) / (passes * ADDRESSES);
  };
  const mapNs = timed(() => {
    for (const { bucket, layer, path: at, key } of addresses) if (map.get(`${bucket}/${layer}${at}/${key}`) !== undefined) found += 1;
  });
  const peekNs = timed(() => {
    for (const address of addresses) if (memory.peek(address) !== undefined) found += 1;
  });
  const awaitedMapNs = await timedAwaits(async () => {
    for (const { bucket, layer, path: at, key } of addresses) if ((await map.get(`${bucket}/${layer}${at}/${key}`)) !== undefined) found += 1;
  });
  const awaitedGetNs = await timedAwaits(async () => {
    for (const address of addresses) if ((await memory.get(address)) !== undefined) found += 1;
  });
  if (found !== 4 * (passes + 1) * ADDRESSES) throw new Error('a key was not found');
  return { mapNs, peekNs, awaitedMapNs, awaitedGetNs };
}
