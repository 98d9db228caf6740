import { compareIds, type Kv4Record, type SecondaryKeyName } from '@xir/kv4-core';

const NAMES: readonly SecondaryKeyName[] = ['k2', 'k3', 'k4'];

/** The keys of one path by their additional keys. */
export class SecondaryIndex {
  readonly #keys = new Map<string, Set<string>>();

  /** Replaces what one record stood under by what its successor stands under. */
  replace(key: string, before: Kv4Record | undefined, after: Kv4Record | undefined): void {
    for (const name of NAMES) {
      const old = before?.secondary[name];
      const next = after?.secondary[name];
      if (old === next) continue;
      if (old !== undefined) this.#remove(`${name}=${old}`, key);
      if (next !== undefined) this.#add(`${name}=${next}`, key);
    }
  }

  /** The keys that stand under an additional key, in order. */
  keys(name: SecondaryKeyName, value: string): string[] {
    return [...(this.#keys.get(`${name}=${value}`) ?? [])].sort(compareIds);
  }

  #add(name: string, key: string): void {
    const keys = this.#keys.get(name);
    if (keys === undefined) this.#keys.set(name, new Set([key]));
    else keys.add(key);
  }

  #remove(name: string, key: string): void {
    const keys = this.#keys.get(name);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(name);
  }
}
