import { headId, type WatchScope } from '@xir/kv4-core';
import { prefixOf, type TableEntry } from './cache-table.ts';

/** Files things by the scope they are about, and finds those whose scope an entry lies in. */
export class ScopeShelves<Thing> {
  readonly #keys = new Map<string, Set<Thing>>();
  readonly #paths = new Map<string, Set<Thing>>();
  readonly #subtrees = new Map<string, Set<Thing>>();

  /** Files something under a checked scope; the answer takes it out again. */
  add(scope: WatchScope, thing: Thing): () => void {
    const { shelves, name } = this.#shelfOf(scope);
    const shelf = shelves.get(name) ?? new Set<Thing>();
    shelves.set(name, shelf);
    shelf.add(thing);
    let filed = true;
    return () => {
      if (!filed) return;
      filed = false;
      shelf.delete(thing);
      if (shelf.size === 0) shelves.delete(name);
    };
  }

  /** What is filed under scopes that cover an entry. */
  over(entry: TableEntry): Thing[] {
    const { prefix } = entry.node;
    const found: Thing[] = [];
    if (this.#keys.size > 0) found.push(...(this.#keys.get(entry.id) ?? []));
    if (this.#paths.size > 0) found.push(...(this.#paths.get(prefix) ?? []));
    if (this.#subtrees.size === 0) return found;
    for (let end = prefix.length; end > 2; end = prefix.lastIndexOf('!', end - 1)) found.push(...(this.#subtrees.get(prefix.slice(0, end)) ?? []));
    return found;
  }

  /** Everything that is filed. */
  *all(): Generator<Thing, void, undefined> {
    for (const shelves of [this.#keys, this.#paths, this.#subtrees]) for (const shelf of shelves.values()) yield* shelf;
  }

  #shelfOf(scope: WatchScope): { readonly shelves: Map<string, Set<Thing>>; readonly name: string } {
    switch (scope.type) {
      case 'key':
        return { shelves: this.#keys, name: headId(scope.address) };
      case 'path':
        return { shelves: this.#paths, name: prefixOf(scope.address) };
      case 'subtree':
        return { shelves: this.#subtrees, name: prefixOf(scope.address) };
      case 'layer':
        return { shelves: this.#subtrees, name: prefixOf({ bucket: scope.bucket, layer: scope.layer, path: '/' }) };
    }
  }
}
