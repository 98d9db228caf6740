import { laterRevision } from './entry-order.ts';
import { HashTable } from './hash-table.ts';

/** Default number of ids that {@link RecentRevisions} remembers at least. */
export const DEFAULT_RECENT_REVISIONS = 65_536;

/** Ids that {@link RecentRevisions} keeps as text, the last ones; a power of two. */
export const RECENT_ID_TEXTS = 8192;

/** 53 bits of FNV-1a style mixing over UTF-16 units: two lanes, so that a collision among some ten thousand texts is as good as impossible. */
export function hashText(text: string, seed = 0): number {
  let low = 0x811c9dc5 ^ seed;
  let high = 0x9747b28c ^ seed;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return ((high >>> 0) & 0x1f_ffff) * 0x1_0000_0000 + (low >>> 0);
}

/**
 * The last texts' hashes with a value each: at least `limit` of them, at most twice as many. Two tables, of which the older one is dropped as a whole when the younger is
 * full: nothing is ever moved or deleted one by one to make room.
 */
class RecentMap<Value> {
  readonly #limit: number;
  #young = new HashTable<Value>();
  #old = new HashTable<Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  set(hash: number, value: Value): void {
    if (this.#young.taken >= this.#limit && !this.#young.has(hash)) {
      const dropped = this.#old;
      dropped.clear();
      this.#old = this.#young;
      this.#young = dropped;
    }
    this.#young.set(hash, value);
  }

  has(hash: number): boolean {
    return this.#young.has(hash) || this.#old.has(hash);
  }

  get(hash: number): Value | undefined {
    return this.#young.has(hash) ? this.#young.get(hash) : this.#old.get(hash);
  }

  delete(hash: number): void {
    this.#young.delete(hash);
    this.#old.delete(hash);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}

/**
 * The ids that recently passed in the feed, or left the cache, with the revision where it was read: what guards a load of something nobody had referenced when its row
 * passed. Ids are kept as 53-bit hashes; the oldest are forgotten. Of the very last ones the text is kept as well: what guards a listing, whose answer cannot be asked for what
 * it lacks.
 */
export class RecentRevisions {
  readonly #revisions: RecentMap<string | undefined>;
  readonly #texts: string[] = [];
  #notes = 0;

  /** At least the last `limit` ids are remembered, at most twice as many. */
  constructor(limit: number = DEFAULT_RECENT_REVISIONS) {
    this.#revisions = new RecentMap(limit);
  }

  /** Remembers that a row for this id passed; `revision` where it is known. Of several the latest counts: a feed that was wound back tells earlier ones again. */
  note(id: string, revision?: string): void {
    this.#texts[this.#notes++ & (RECENT_ID_TEXTS - 1)] = id;
    const hash = hashText(id);
    const known = this.#revisions.get(hash);
    this.#revisions.set(hash, revision === undefined || known === undefined ? (revision ?? known) : laterRevision(known, revision));
  }

  /** Whether a row for this id passed recently, or the id was cached. */
  has(id: string): boolean {
    return this.#revisions.has(hashText(id));
  }

  /** The last revision known of this id; `undefined` where none is. */
  revision(id: string): string | undefined {
    return this.#revisions.get(hashText(id));
  }

  /** Those of the last {@link RECENT_ID_TEXTS} noted ids that begin with `prefix` and were not forgotten, each once. */
  withPrefix(prefix: string): Set<string> {
    const found = new Set<string>();
    for (const id of this.#texts) if (id.startsWith(prefix) && this.has(id)) found.add(id);
    return found;
  }

  /** Forgets an id whose revisions may have left without a trace: it was purged. */
  forget(id: string): void {
    this.#revisions.delete(hashText(id));
  }

  clear(): void {
    this.#revisions.clear();
    this.#texts.length = 0;
    this.#notes = 0;
  }
}

/**
 * Revisions that are proved to be ancestors of later ones: our own writes' bases, and the ancestry read with leaves. A row that announces one of them is old news
 * and needs no question to the database. The oldest are forgotten.
 */
export class SupersededRevisions {
  readonly #revisions: RecentMap<true>;

  /** At least the last `limit` revisions are remembered, at most twice as many. */
  constructor(limit: number = DEFAULT_RECENT_REVISIONS) {
    this.#revisions = new RecentMap(limit);
  }

  /** Remembers that a revision of a document has a descendant. */
  add(id: string, revision: string): void {
    this.#revisions.set(hashText(revision, hashText(id) | 0), true);
  }

  /** Whether a revision of a document is known to have a descendant. */
  has(id: string, revision: string): boolean {
    return this.#revisions.has(hashText(revision, hashText(id) | 0));
  }

  clear(): void {
    this.#revisions.clear();
  }
}
