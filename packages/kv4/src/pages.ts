import { compareIds, encodeCursor, headId, parseDocumentId, pathRange, type CheckedPage, type Kv4Record, type Page } from '@xir/kv4-core';
import type { PathNode, TableEntry } from './cache-table.ts';

/** What a reader sees of an entry at a time: its record, unless that has expired. */
export function liveRecord(entry: TableEntry, nowMs: number): Kv4Record | undefined {
  const { record } = entry;
  return record?.expiresAtMs !== undefined && record.expiresAtMs <= nowMs ? undefined : record;
}

/** The keys of a path behind a cursor's id. */
function* keysBehind(node: PathNode, afterId: string | undefined): Generator<string, void, undefined> {
  const keys = node.orderedKeys();
  let index = 0;
  if (afterId !== undefined) {
    const range = pathRange(node.address);
    if (compareIds(afterId, range.endKey) >= 0) return;
    if (compareIds(afterId, range.startKey) > 0) index = firstBehind(keys, node, afterId);
  }
  for (; index < keys.length; index += 1) yield keys[index] as string;
}

function firstBehind(keys: readonly string[], node: PathNode, afterId: string): number {
  const parsed = parseDocumentId(afterId);
  const isBehind = (key: string): boolean => (parsed?.kind === 'head' ? compareIds(key, parsed.address.key) > 0 : compareIds(headId({ ...node.address, key }), afterId) > 0);
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBehind(keys[middle] as string)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What is cached of paths behind an id, up to another and with it. */
export function* entriesBehind(nodes: Iterable<PathNode>, afterId: string | undefined, endId: string | undefined): Generator<TableEntry, void, undefined> {
  for (const node of nodes) {
    for (const key of keysBehind(node, afterId)) {
      const entry = node.entries.get(key) as TableEntry;
      if (endId !== undefined && compareIds(entry.id, endId) > 0) return;
      yield entry;
    }
  }
}

/** One page of the live records of paths, in order. */
export function pageOfRecords<Item>(nodes: Iterable<PathNode>, page: CheckedPage & { readonly nowMs: number }, itemOf: (record: Kv4Record, entry: TableEntry) => Item): Page<Item> {
  const items: Item[] = [];
  let last: TableEntry | undefined;
  for (const node of nodes) {
    for (const key of keysBehind(node, page.afterId)) {
      const entry = node.entries.get(key) as TableEntry;
      const record = liveRecord(entry, page.nowMs);
      if (record === undefined) continue;
      if (items.length === page.limit) return { items, next: encodeCursor((last as TableEntry).id) };
      entry.used = true;
      items.push(itemOf(record, entry));
      last = entry;
    }
  }
  return { items };
}

/** One page of the paths that hold live keys. A path's cursor is the beginning of its range. */
export function pageOfPaths(nodes: Iterable<PathNode>, page: CheckedPage & { readonly nowMs: number }): Page<string> {
  const items: string[] = [];
  let last = '';
  for (const node of nodes) {
    const range = pathRange(node.address);
    if (page.afterId !== undefined && compareIds(range.startKey, page.afterId) <= 0) continue;
    let holdsKeys = false;
    for (const entry of node.entries.values()) {
      holdsKeys = liveRecord(entry, page.nowMs) !== undefined;
      if (holdsKeys) break;
    }
    if (!holdsKeys) continue;
    if (items.length === page.limit) return { items, next: encodeCursor(last) };
    items.push(node.address.path);
    last = range.startKey;
  }
  return { items };
}
