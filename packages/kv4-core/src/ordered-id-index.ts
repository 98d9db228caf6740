import sortedBtree from 'sorted-btree';
import { compareIds } from './id-order.ts';
import type { IdRange } from './id-range.ts';

/** The package is CommonJS with a `default` of its own: Node hands over its exports, some bundlers already unwrap them. */
const BTree = 'default' in sortedBtree ? sortedBtree.default : (sortedBtree as unknown as (typeof import('sorted-btree'))['default']);

/** Entries fetched at once while a range is walked. */
const CHUNK = 128;

/**
 * Values by document id, in the order of ids (`compareIds`), for ranges. Point reads belong into a `Map`; this costs O(log n).
 *
 * Walking is safe against changes made meanwhile: an id is never yielded twice nor out of order, and what stays in the index for the whole
 * walk is yielded. What is added or deleted meanwhile may or may not be.
 */
export class OrderedIdIndex<Value> {
  readonly #tree = new BTree<string, Value>(undefined, compareIds);

  /** The number of ids. */
  get size(): number {
    return this.#tree.size;
  }

  /** Sets an id's value; true when the id is new. */
  set(id: string, value: Value): boolean {
    return this.#tree.set(id, value);
  }

  /** Removes an id; true when it was there. */
  delete(id: string): boolean {
    return this.#tree.delete(id);
  }

  /** An id's value, or `undefined`. */
  get(id: string): Value | undefined {
    return this.#tree.get(id);
  }

  /** Whether an id is there. */
  has(id: string): boolean {
    return this.#tree.has(id);
  }

  /** Removes everything. */
  clear(): void {
    this.#tree.clear();
  }

  /** The first id of a range, at or behind `fromId` where given, with its value. */
  first(range: IdRange, fromId: string = range.startKey): readonly [id: string, value: Value] | undefined {
    const start = compareIds(fromId, range.startKey) < 0 ? range.startKey : fromId;
    const pair = this.#tree.getPairOrNextHigher(start);
    return pair !== undefined && compareIds(pair[0], range.endKey) < 0 ? pair : undefined;
  }

  /** The entries of a range in order, behind `afterId` where given. */
  *range(range: IdRange, afterId?: string): Generator<readonly [id: string, value: Value], void, undefined> {
    let start = range.startKey;
    let last = afterId;
    if (afterId !== undefined && compareIds(afterId, start) > 0) start = afterId;
    for (;;) {
      const chunk = this.#tree.getRange(start, range.endKey, false, CHUNK);
      for (const entry of chunk) {
        if (last === undefined || compareIds(entry[0], last) > 0) yield entry;
      }
      if (chunk.length < CHUNK) return;
      start = (chunk.at(-1) as [string, Value])[0];
      last = start;
    }
  }

  /**
   * Ids of a range with leaps: after each id yielded, the walk goes on at `seek(id)`, or ends where that is `undefined`. A `seek` that does not lead
   * forward ends the walk as well. Distinct prefixes cost O(log n) each, however many ids share them.
   */
  *leap(range: IdRange, seek: (id: string) => string | undefined, fromId?: string): Generator<string, void, undefined> {
    let found = this.first(range, fromId);
    while (found !== undefined) {
      const [id] = found;
      yield id;
      const next = seek(id);
      if (next === undefined || compareIds(next, id) <= 0) return;
      found = this.first(range, next);
    }
  }
}
