import { laterRevision } from './entry-order.ts';
import { joinHash } from './id-hash.ts';
import { revisionText, type PackedRevision } from './packed-revision.ts';

const FEWEST_SLOTS = 256;
const EMPTY = 0;
/** An id of which no revision is known. */
const BARE = 1;
const PACKED = 2;
/** A revision of another form, kept as text. */
const TEXT = 3;
const DELETED = 4;

/**
 * A map from hashes of ids (21 and 32 bits) to revisions in flat arrays, at most half full: to set an entry leaves nothing to collect. What is deleted keeps its slot until the
 * table grows or is cleared.
 */
export class RevisionTable {
  #mask = FEWEST_SLOTS - 1;
  #low = new Uint32Array(FEWEST_SLOTS);
  #high = new Uint32Array(FEWEST_SLOTS);
  #marks = new Uint8Array(FEWEST_SLOTS);
  #generations = new Uint32Array(FEWEST_SLOTS);
  #words = new Uint32Array(FEWEST_SLOTS * 4);
  readonly #texts = new Map<number, string>();
  #taken = 0;

  /** Slots in use, those of deleted entries included. */
  get taken(): number {
    return this.#taken;
  }

  has(high: number, low: number): boolean {
    const mark = this.#marks[this.#slotOf(high, low)];
    return mark !== EMPTY && mark !== DELETED;
  }

  /** The revision of a hash; `undefined` also where there is none. */
  get(high: number, low: number): string | undefined {
    const slot = this.#slotOf(high, low);
    if (this.#marks[slot] === PACKED) return revisionText(this.#generations[slot] as number, this.#words, slot * 4);
    return this.#marks[slot] === TEXT ? this.#texts.get(joinHash(high, low)) : undefined;
  }

  /** Remembers a hash without a revision, unless one is known. */
  noteBare(high: number, low: number): void {
    const slot = this.#take(high, low);
    if (this.#marks[slot] === EMPTY || this.#marks[slot] === DELETED) this.#marks[slot] = BARE;
    this.#growWhenFull();
  }

  /** Remembers a revision, unless a later one is known. */
  notePacked(high: number, low: number, revision: PackedRevision): void {
    const slot = this.#take(high, low);
    const mark = this.#marks[slot];
    if (mark === TEXT) return this.noteText(high, low, revisionText(revision.generation, revision.words));
    if (mark !== PACKED || this.#isLater(slot, revision)) {
      this.#marks[slot] = PACKED;
      this.#generations[slot] = revision.generation;
      const at = slot * 4;
      const words = this.#words;
      const from = revision.words;
      words[at] = from[0] as number;
      words[at + 1] = from[1] as number;
      words[at + 2] = from[2] as number;
      words[at + 3] = from[3] as number;
    }
    this.#growWhenFull();
  }

  /** As {@link notePacked}, for revisions of any form. */
  noteText(high: number, low: number, revision: string): void {
    const later = laterRevision(this.get(high, low), revision);
    this.#marks[this.#take(high, low)] = TEXT;
    this.#texts.set(joinHash(high, low), later);
    this.#growWhenFull();
  }

  /** Copies what is known of a hash into another table, which has nothing of it. */
  copyTo(other: RevisionTable, high: number, low: number): void {
    const slot = this.#slotOf(high, low);
    const mark = this.#marks[slot];
    if (mark === TEXT) return other.noteText(high, low, this.#texts.get(joinHash(high, low)) as string);
    if (mark === BARE) return other.noteBare(high, low);
    if (mark !== PACKED) return;
    const to = other.#take(high, low);
    other.#marks[to] = PACKED;
    other.#generations[to] = this.#generations[slot] as number;
    for (let word = 0; word < 4; word += 1) other.#words[to * 4 + word] = this.#words[slot * 4 + word] as number;
    other.#growWhenFull();
  }

  delete(high: number, low: number): void {
    const slot = this.#slotOf(high, low);
    if (this.#marks[slot] === TEXT) this.#texts.delete(joinHash(high, low));
    if (this.#marks[slot] !== EMPTY) this.#marks[slot] = DELETED;
  }

  clear(): void {
    this.#marks.fill(EMPTY);
    this.#texts.clear();
    this.#taken = 0;
  }

  #isLater(slot: number, { generation, words }: PackedRevision): boolean {
    const known = this.#generations[slot] as number;
    if (generation !== known) return generation > known;
    for (let word = 0; word < 4; word += 1) {
      const difference = (words[word] as number) - (this.#words[slot * 4 + word] as number);
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  /** Where a hash stands, or the empty slot where it would. */
  #slotOf(high: number, low: number): number {
    const marks = this.#marks;
    const mask = this.#mask;
    let slot = low & mask;
    while (marks[slot] !== EMPTY && (this.#low[slot] !== low || this.#high[slot] !== high)) slot = (slot + 1) & mask;
    return slot;
  }

  /** The slot of a hash, its own from now on. Its mark has to be set next. */
  #take(high: number, low: number): number {
    const slot = this.#slotOf(high, low);
    if (this.#marks[slot] === EMPTY) {
      this.#low[slot] = low;
      this.#high[slot] = high;
      this.#taken += 1;
    }
    return slot;
  }

  #growWhenFull(): void {
    if (this.#taken * 2 <= this.#marks.length) return;
    const [lows, highs, marks, generations, words] = [this.#low, this.#high, this.#marks, this.#generations, this.#words];
    const slots = marks.length * 2;
    this.#mask = slots - 1;
    this.#low = new Uint32Array(slots);
    this.#high = new Uint32Array(slots);
    this.#marks = new Uint8Array(slots);
    this.#generations = new Uint32Array(slots);
    this.#words = new Uint32Array(slots * 4);
    this.#taken = 0;
    for (let slot = 0; slot < marks.length; slot += 1) {
      const mark = marks[slot] as number;
      if (mark === EMPTY || mark === DELETED) continue;
      const to = this.#take(highs[slot] as number, lows[slot] as number);
      this.#marks[to] = mark;
      this.#generations[to] = generations[slot] as number;
      for (let word = 0; word < 4; word += 1) this.#words[to * 4 + word] = words[slot * 4 + word] as number;
    }
  }
}
