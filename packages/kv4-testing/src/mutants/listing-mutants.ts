import { compareIds, decodeCursor, encodeCursor, headId, type Kv4Record, type Page, type PageOptions, type PathAddress } from '@xir/kv4-core';
import type { MemoryReferenceStore } from '../reference/memory-reference-store.ts';
import { kv4Mutant, type Kv4StoreMutant } from './mutant.ts';

/** Everything in a layer. */
async function everything(store: MemoryReferenceStore, address: PathAddress): Promise<readonly Kv4Record[]> {
  return (await store.tree({ ...address, path: '/' }, { limit: 10_000 })).items;
}

async function recordsAt(store: MemoryReferenceStore, address: PathAddress): Promise<readonly Kv4Record[]> {
  return (await store.list(address, { limit: 10_000 })).items;
}

/** A mutant whose key listings are paged wrongly. */
function paging(name: string, caughtBy: string, page: (keys: readonly Kv4Record[], limit: number, after: string | undefined) => Page<Kv4Record>): Kv4StoreMutant {
  return kv4Mutant(name, caughtBy, (store) => ({
    keys: async (address, options: PageOptions = {}) => {
      await store.keys(address, options.after === undefined ? options : { limit: options.limit ?? 1 });
      const { items, next } = page(await recordsAt(store, address), options.limit ?? 1000, options.after);
      return next === undefined ? { items: items.map((record) => record.address.key) } : { items: items.map((record) => record.address.key), next };
    },
  }));
}

/** Stores that list or delete wrongly. */
export const listingMutants: readonly Kv4StoreMutant[] = [
  kv4Mutant('delete does nothing', 'delete: the key is gone', (store) => ({
    delete: async (address) => {
      const record = await store.get(address);
      return record && { address: record.address, version: `${record.version}z`, timeMs: record.timeMs, durable: true };
    },
  })),

  kv4Mutant('delete wipes keys that begin alike', 'delete: leaves keys alone that begin alike', (store) => ({
    delete: async (address, options) => {
      for (const { address: found } of await recordsAt(store, address)) {
        if (found.key !== address.key && found.key.startsWith(address.key)) await store.delete(found);
      }
      return store.delete(address, options);
    },
  })),

  kv4Mutant('delete wipes its path', 'delete: leaves keys alone that begin alike', (store) => ({
    delete: async (address, options) => {
      const deleted = await store.delete(address, options);
      if (deleted !== undefined) await store.deletePath(address);
      return deleted;
    },
  })),

  kv4Mutant('a deletion has the version of what it deleted', 'delete: the key is gone, and the deletion has a version', (store) => ({
    delete: async (address, options) => {
      const record = await store.get(address);
      const deleted = await store.delete(address, options);
      return deleted && { ...deleted, version: record?.version ?? deleted.version };
    },
  })),

  kv4Mutant('deleting what is not there succeeds', 'delete: a key that is not there is undefined', (store) => ({
    delete: async (address, options) => (await store.delete(address, options)) ?? { address, version: '0000000000010000-n', timeMs: 1, durable: true },
  })),

  kv4Mutant('delete ignores its condition', 'delete with version', (store) => ({ delete: (address, { condition: _, ...options } = {}) => store.delete(address, options) })),
  kv4Mutant('deletePath deletes the subtree', 'deletePath: deletes the keys at the path', (store) => ({ deletePath: (address, options) => store.deleteSubtree(address, options) })),
  kv4Mutant('deleteSubtree leaves what is beneath', 'deleteSubtree: deletes the keys at the path and beneath', (store) => ({
    deleteSubtree: (address, options) => store.deletePath(address, options),
  })),
  kv4Mutant('deleteSubtree counts once too often', 'deletePath and deleteSubtree: where there is nothing, 0', (store) => ({
    deleteSubtree: async (address, options) => 1 + (await store.deleteSubtree(address, options)),
  })),
  kv4Mutant('deleteSubtree deletes one page', 'deleteSubtree: deletes more keys than a page', (store) => ({
    deleteSubtree: async (address, options) => {
      const { items } = await store.tree(address);
      for (const record of items) await store.delete(record.address, options);
      return items.length;
    },
  })),

  kv4Mutant('deleteSubtree reaches siblings that begin alike', 'deleteSubtree: deletes the keys at the path and beneath', (store) => ({
    deleteSubtree: async (address, options) => {
      const doomed = (await everything(store, address)).filter((record) => record.address.path.startsWith(address.path));
      for (const record of doomed) await store.delete(record.address, options);
      return doomed.length;
    },
  })),

  kv4Mutant('tree leaks to siblings that begin alike', 'tree: the records at the path and beneath it', (store) => ({
    tree: async (address) => ({ items: (await everything(store, address)).filter((record) => record.address.path.startsWith(address.path)) }),
  })),
  kv4Mutant('keys leak from beneath', 'keys: the keys at the path in order', (store) => ({
    keys: async (address, options) => {
      const page = await store.tree(address, options);
      return { ...page, items: page.items.map((record) => record.address.key) };
    },
  })),
  kv4Mutant('tree ignores the depth', 'tree and paths: go down to the depth', (store) => ({ tree: (address, { depth: _, ...options } = {}) => store.tree(address, options) })),
  kv4Mutant('paths goes one too deep', 'tree and paths: go down to the depth', (store) => ({
    paths: (address, options = {}) => store.paths(address, options.depth === undefined ? options : { ...options, depth: options.depth + 1 }),
  })),
  kv4Mutant('paths lists a path for each key', 'paths: a path is there as long as it holds keys', (store) => ({
    paths: async (address, options) => {
      const page = await store.tree(address, options);
      return { ...page, items: page.items.map((record) => record.address.path) };
    },
  })),
  kv4Mutant('layers come in any order', 'layers: a bucket of its own lists exactly its layers', (store) => ({
    layers: async (bucket, options) => [...(await store.layers(bucket, options))].reverse(),
  })),
  kv4Mutant('keys come in the order of UTF-16', 'names: odd keys keep apart', (store) => ({
    keys: async (address, options) => {
      const page = await store.keys(address, options);
      return { ...page, items: [...page.items].sort() };
    },
  })),
  kv4Mutant('a listing is not refreshed', 'keys: shows at once what was written', (store) => {
    const cached = new Map<string, Promise<Page<string>>>();
    return {
      keys: (address, options) => {
        const name = JSON.stringify([address, options]);
        const page = cached.get(name) ?? store.keys(address, options);
        cached.set(name, page);
        return page;
      },
    };
  }),

  paging('a cursor repeats an item', 'keys: pages of any size together are the whole', (records, limit, after) => {
    const rest = records.filter((record) => after === undefined || compareIds(headId(record.address), decodeCursor(after)) >= 0);
    const items = rest.slice(0, limit);
    return rest.length > limit ? { items, next: encodeCursor(headId((items.at(-1) as Kv4Record).address)) } : { items };
  }),
  paging('a cursor is an offset', 'keys: a cursor holds while items come and go', (records, limit, after) => {
    const start = after === undefined ? 0 : Number(decodeCursor(after));
    const items = records.slice(start, start + limit);
    return start + limit < records.length ? { items, next: encodeCursor(String(start + limit)) } : { items };
  }),
  paging('a full last page has a cursor', 'keys: pages of any size together are the whole', (records, limit, after) => {
    const rest = records.filter((record) => after === undefined || compareIds(headId(record.address), decodeCursor(after)) > 0);
    const items = rest.slice(0, limit);
    return items.length === limit ? { items, next: encodeCursor(headId((items.at(-1) as Kv4Record).address)) } : { items };
  }),
  paging('the limit is ignored', 'keys: pages of any size together are the whole', (records) => ({ items: records })),

  kv4Mutant('find looks beneath the path', 'secondary: nothing is found by another name', (store) => ({
    find: async (address, name, value) => (await store.tree(address)).items.find((record) => record.secondary[name] === value),
  })),
  kv4Mutant('find takes the last of several', 'secondary: of several records the first', (store) => ({
    find: async (address, name, value) => (await store.list(address)).items.findLast((record) => record.secondary[name] === value),
  })),
  kv4Mutant('a closed store still answers', 'closed store: get', (store) => ({ close: async () => undefined, [Symbol.asyncDispose]: () => store.close() })),
  kv4Mutant('an aborted signal is not looked at', 'aborted signal: put', (store) => ({ put: (address, value, { signal: _, ...options } = {}) => store.put(address, value, options) })),
];
