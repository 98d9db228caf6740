/** The floor of a cache: a `Map` of strings, its keys built from the parts of an address. */
import { benchPath, keyOf, valueOf } from '../load/keys.ts';
import { heapBytes } from './heap.ts';
import { serve } from './serve.ts';

const held: Map<string, string>[] = [];

serve({
  /** Bytes per key of a map of so many. `flat`: its keys are copied, so that the engine holds them in one piece and not as the parts they were put together from. */
  fill({ keys, flat }: { readonly keys: number; readonly flat: boolean }) {
    const before = heapBytes();
    const map = new Map<string, string>();
    const { bucket, layer, path } = benchPath(keys);
    for (let n = 0; n < keys; n += 1) {
      const key = `${bucket}/${layer}${path}/${keyOf(n)}`;
      const text = JSON.stringify(valueOf(n));
      map.set(flat ? Buffer.from(key).toString() : key, Buffer.from(text).toString());
    }
    held.push(map);
    return (heapBytes() - before) / keys;
  },
});
