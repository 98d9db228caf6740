import { compareIds, decodeCursor, encodeCursor, isServable, type CheckedPage, type Kv4Record, type Page } from '@xir/kv4-core';
import type { Cache } from './cache.ts';
import type { PathNode, TableEntry } from './cache-table.ts';
import { entriesBehind, liveRecord } from './pages.ts';

/** How items of an answer relate to what is cached. */
export interface ItemKind<Item> {
  readonly idOf: (item: Item) => string;
  readonly itemOf: (record: Kv4Record) => Item;
  /** Whether a reader is told the same by both. */
  readonly isSame: (item: Item | undefined, record: Kv4Record | undefined) => boolean;
}

/** What an answer that was read beside the cache is compared with. */
export interface BesideOptions<Item> {
  readonly cache: Cache;
  readonly kind: ItemKind<Item>;
  readonly nowMs: () => number;
}

/**
 * An answer that the database gave beside the cache may be ahead of it, or come from a replica that is behind: what is cached otherwise is compared with the database before
 * anybody sees the answer, so that no read goes back behind it. `shown` (items by id) is set right. Throws `KV4_UNAVAILABLE` where that cannot be read.
 */
export async function setRight<Item>(entries: Iterable<TableEntry>, shown: Map<string, Item>, options: BesideOptions<Item>): Promise<boolean> {
  const { cache, kind, nowMs } = options;
  const isSame = (entry: TableEntry): boolean => kind.isSame(shown.get(entry.id), liveRecord(entry, nowMs()));
  const different = [...entries].filter((entry) => entry.state === 'loading' || (isServable(entry) && !isSame(entry)));
  await Promise.all(different.map((entry) => compare(cache, entry, isSame)));
  for (const entry of different) {
    const record = liveRecord(entry, nowMs());
    // What was dropped meanwhile says nothing.
    if (!isServable(entry)) continue;
    if (record === undefined) shown.delete(entry.id);
    else if (!isSame(entry)) shown.set(entry.id, kind.itemOf(record));
  }
  return different.length > 0;
}

async function compare(cache: Cache, entry: TableEntry, isSame: (entry: TableEntry) => boolean): Promise<void> {
  entry.pins += 1;
  try {
    await cache.settled(entry, true);
    if (!isServable(entry) || isSame(entry)) return;
    cache.doubt(entry);
    await cache.settled(entry, true);
  } finally {
    cache.unpin(entry);
  }
}

/** A page of a listing that does not fit into the cache, set right. */
export async function pageBeside<Item>(page: Page<Item>, nodes: Iterable<PathNode>, { limit, afterId }: CheckedPage, options: BesideOptions<Item>): Promise<Page<Item>> {
  const shown = new Map(page.items.map((item) => [options.kind.idOf(item), item]));
  const endId = page.next === undefined ? undefined : decodeCursor(page.next);
  if (!(await setRight(entriesBehind(nodes, afterId, endId), shown, options))) return page;
  const ordered = [...shown].sort(([a], [b]) => compareIds(a, b));
  const items = ordered.map(([, item]) => item);
  if (ordered.length <= limit) return { ...page, items };
  const [lastId] = ordered[limit - 1] as [string, Item];
  return { items: items.slice(0, limit), next: encodeCursor(lastId) };
}
