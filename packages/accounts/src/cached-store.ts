import type { KeyAddress, Kv4Record, Kv4Store } from '@xir/kv4-core';

/**
 * A store that may also answer from memory without a promise. `Memory` of `@xir/kv4` is one; every plain
 * `Kv4Store` is one too, only slower.
 */
export interface CachedStore extends Kv4Store {
  /** The record as the cache holds it; `null`: known not to be there; `undefined`: the cache cannot tell. */
  peek?(address: KeyAddress): Kv4Record | null | undefined;
  /** Milliseconds since the cache was last known to be current; 0 for a store that always reads its database. */
  ageMs?(): number;
  /** The age of what is cached of a key, in milliseconds: more than {@link ageMs} while it is in doubt; `undefined` where nothing is cached. */
  ageOf?(address: KeyAddress): number | undefined;
}
