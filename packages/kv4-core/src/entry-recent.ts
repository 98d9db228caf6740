/** Default number of ids that {@link RecentRevisions} remembers. */
export const DEFAULT_RECENT_REVISIONS = 65_536;

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
 * The ids that recently passed in the feed, or left the cache, with the revision where it was read: what guards a load of something nobody had referenced when its row
 * passed. Ids are kept as 53-bit hashes; the oldest are forgotten.
 */
export class RecentRevisions {
  readonly #revisions = new Map<number, string | undefined>();
  readonly #limit: number;

  /** `limit` is the number of ids remembered. */
  constructor(limit: number = DEFAULT_RECENT_REVISIONS) {
    this.#limit = limit;
  }

  /** Number of ids remembered. */
  get size(): number {
    return this.#revisions.size;
  }

  /** Remembers that a row for this id passed; `revision` where it is known. */
  note(id: string, revision?: string): void {
    const hash = hashText(id);
    this.#revisions.delete(hash);
    this.#revisions.set(hash, revision);
    if (this.#revisions.size <= this.#limit) return;
    const oldest = this.#revisions.keys().next();
    if (oldest.done !== true) this.#revisions.delete(oldest.value);
  }

  /** Whether a row for this id passed recently, or the id was cached. */
  has(id: string): boolean {
    return this.#revisions.has(hashText(id));
  }

  /** The last revision known of this id; `undefined` where none is. */
  revision(id: string): string | undefined {
    return this.#revisions.get(hashText(id));
  }

  clear(): void {
    this.#revisions.clear();
  }
}

/**
 * Revisions that are proved to be ancestors of later ones: our own writes' bases, and the ancestry read with leaves. A row that announces one of them is old news
 * and needs no question to the database. The oldest are forgotten.
 */
export class SupersededRevisions {
  readonly #hashes = new Set<number>();
  readonly #limit: number;

  /** `limit` is the number of revisions remembered. */
  constructor(limit: number = DEFAULT_RECENT_REVISIONS) {
    this.#limit = limit;
  }

  /** Remembers that a revision of a document has a descendant. */
  add(id: string, revision: string): void {
    this.#hashes.add(hashText(revision, hashText(id) | 0));
    if (this.#hashes.size <= this.#limit) return;
    const oldest = this.#hashes.values().next();
    if (oldest.done !== true) this.#hashes.delete(oldest.value);
  }

  /** Whether a revision of a document is known to have a descendant. */
  has(id: string, revision: string): boolean {
    return this.#hashes.has(hashText(revision, hashText(id) | 0));
  }

  clear(): void {
    this.#hashes.clear();
  }
}
