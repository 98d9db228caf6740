import type { CachedStore } from '@xir/accounts';
import type { KeyAddress, Kv4Record, Kv4Store } from '@xir/kv4-core';

const idOf = ({ bucket, layer, path, key }: KeyAddress) => [bucket, layer, path, key].join('\n');

/** A store with a `peek` that knows what has been read or written by key: as a cache would, without being one. */
export function peekingStore(store: Kv4Store): CachedStore {
  const known = new Map<string, Kv4Record | null>();
  const forget = async <Result>(run: Promise<Result>): Promise<Result> => {
    known.clear();
    return run;
  };
  const overrides: Partial<CachedStore> = {
    peek: (address) => known.get(idOf(address)),
    ageMs: () => 7.4,
    async get(address, options) {
      const record = await store.get(address, options);
      known.set(idOf(address), record ?? null);
      return record;
    },
    put: (address, value, options) => forget(store.put(address, value, options)).finally(() => known.clear()),
    delete: (address, options) => forget(store.delete(address, options)).finally(() => known.clear()),
    deletePath: (address, options) => forget(store.deletePath(address, options)).finally(() => known.clear()),
    deleteSubtree: (address, options) => forget(store.deleteSubtree(address, options)).finally(() => known.clear()),
  };
  return new Proxy(store as CachedStore, {
    get(target, name) {
      const override = Reflect.get(overrides, name) as unknown;
      if (override !== undefined) return override;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
