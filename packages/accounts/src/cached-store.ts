import type { KeyAddress, Kv4Record, Kv4Store } from '@xir/kv4-core';

/**
 * A store that may also answer from memory without a promise. `Memory` of `@xir/kv4` is one; every plain
 * `Kv4Store` is one too, only slower.
 */
export interface CachedStore extends Kv4Store {
  /** The record as the cache holds it; `null`: known not to be there; `undefined`: the cache cannot tell. */
  peek?(address: KeyAddress): Kv4Record | null | undefined;
  /**
   * Removes everything that the database holds of a bucket, history included, for ever; resolves to the number of documents. Stores that cannot do it lack the
   * method: what is deleted then stays readable as history. Repeatable; calls under way at the same time are allowed.
   */
  eraseBucket?(bucket: string): Promise<number>;
  /** Milliseconds since the cache was last known to be current; 0 for a store that always reads its database. */
  ageMs?(): number;
  /** The age of what is cached of a key, in milliseconds: more than {@link ageMs} while it is in doubt; `undefined` where nothing is cached. */
  ageOf?(address: KeyAddress): number | undefined;
}
