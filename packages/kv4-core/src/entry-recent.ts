import { HashTable } from './hash-table.ts';
import { hashText, type IdHash } from './id-hash.ts';
import { PackedRevision } from './packed-revision.ts';
import { RecentIds } from './recent-ids.ts';
import { RevisionTable } from './revision-table.ts';

/** Default number of ids that {@link RecentRevisions} remembers at least. */
export const DEFAULT_RECENT_REVISIONS = 65_536;

const TWO_TO_32 = 0x1_0000_0000;
const decoder = new TextDecoder();

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

/** Where the parts of a row lie that is remembered as it came: its id and its winning revision; `revisionStart` is -1 where that cannot be seen. */
export interface RowParts {
  readonly idStart: number;
  readonly idEnd: number;
  readonly revisionStart: number;
  readonly revisionEnd: number;
}

/**
 * The ids that recently passed in the feed, or left the cache, with the revision where it was read: what guards a load of something nobody had referenced when its row
 * passed. Ids are kept as 53-bit hashes; the oldest are forgotten. Of the very last ones the text is kept as well: what guards a listing, whose answer cannot be asked for what
 * it lacks.
 */
export class RecentRevisions {
  readonly #limit: number;
  #young = new RevisionTable();
  #old = new RevisionTable();
  readonly #ids = new RecentIds();
  readonly #packed = new PackedRevision();

  /** At least the last `limit` ids are remembered, at most twice as many. */
  constructor(limit: number = DEFAULT_RECENT_REVISIONS) {
    this.#limit = limit;
  }

  /** Remembers that a row for this id passed; `revision` where it is known. Of several the latest counts: a feed that was wound back tells earlier ones again. */
  note(id: string, revision?: string): void {
    this.#ids.addText(id);
    const hash = hashText(id);
    this.#note(highOf(hash), lowOf(hash), revision);
  }

  /** As {@link note}, out of the bytes of a row: `hash` has read its id, which is ASCII without escapes. Makes no texts. */
  noteRow(hash: IdHash, bytes: Uint8Array, row: RowParts): void {
    const { idStart, idEnd, revisionStart, revisionEnd } = row;
    const { high, low } = hash;
    this.#ids.add(bytes, idStart, idEnd);
    if (revisionStart >= 0 && this.#packed.read(bytes, revisionStart, revisionEnd)) {
      this.#makeYoung(high, low);
      this.#young.notePacked(high, low, this.#packed);
    } else {
      this.#note(high, low, revisionStart < 0 ? undefined : decoder.decode(bytes.subarray(revisionStart, revisionEnd)));
    }
  }

  /** Whether a row for this id passed recently, or the id was cached. */
  has(id: string): boolean {
    const hash = hashText(id);
    return this.#young.has(highOf(hash), lowOf(hash)) || this.#old.has(highOf(hash), lowOf(hash));
  }

  /** The last revision known of this id; `undefined` where none is. */
  revision(id: string): string | undefined {
    const hash = hashText(id);
    const table = this.#young.has(highOf(hash), lowOf(hash)) ? this.#young : this.#old;
    return table.get(highOf(hash), lowOf(hash));
  }

  /** Those of the last {@link RECENT_ID_TEXTS} noted ids that begin with `prefix` and were not forgotten, each once. */
  withPrefix(prefix: string): Set<string> {
    const found = this.#ids.withPrefix(prefix);
    for (const id of found) if (!this.has(id)) found.delete(id);
    return found;
  }

  /** Forgets an id whose revisions may have left without a trace: it was purged. */
  forget(id: string): void {
    const hash = hashText(id);
    this.#young.delete(highOf(hash), lowOf(hash));
    this.#old.delete(highOf(hash), lowOf(hash));
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#ids.clear();
  }

  #note(high: number, low: number, revision: string | undefined): void {
    this.#makeYoung(high, low);
    if (revision === undefined) this.#young.noteBare(high, low);
    else if (this.#packed.readText(revision)) this.#young.notePacked(high, low, this.#packed);
    else this.#young.noteText(high, low, revision);
  }

  /** Brings what is known of an id into the younger table; when that is full, it becomes the older one, and what that held is forgotten. */
  #makeYoung(high: number, low: number): void {
    if (this.#young.has(high, low)) return;
    if (this.#young.taken >= this.#limit) {
      const dropped = this.#old;
      dropped.copyTo(this.#young, high, low);
      dropped.clear();
      this.#old = this.#young;
      this.#young = dropped;
    }
    this.#old.copyTo(this.#young, high, low);
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

function highOf(hash: number): number {
  return Math.floor(hash / TWO_TO_32);
}

function lowOf(hash: number): number {
  return hash >>> 0;
}
