const FEWEST_SLOTS = 256;
const EMPTY = 0;
const HELD = 1;
const DELETED = 2;
const TWO_TO_32 = 0x1_0000_0000;

/**
 * A map from 53-bit hashes to values in flat arrays, at most half full: to set an entry costs neither a number on the heap nor an object. What is deleted keeps its slot
 * until the table is cleared.
 */
export class HashTable<Value> {
  #mask = FEWEST_SLOTS - 1;
  #low = new Uint32Array(FEWEST_SLOTS);
  #high = new Uint32Array(FEWEST_SLOTS);
  #marks = new Uint8Array(FEWEST_SLOTS);
  #values: (Value | undefined)[] = new Array<Value | undefined>(FEWEST_SLOTS).fill(undefined);
  #taken = 0;

  /** Slots in use, those of deleted entries included. */
  get taken(): number {
    return this.#taken;
  }

  has(hash: number): boolean {
    return this.#marks[this.#slotOf(hash)] === HELD;
  }

  /** The value of a hash; `undefined` also where there is none. */
  get(hash: number): Value | undefined {
    const slot = this.#slotOf(hash);
    return this.#marks[slot] === HELD ? this.#values[slot] : undefined;
  }

  set(hash: number, value: Value): void {
    const slot = this.#slotOf(hash);
    if (this.#marks[slot] === EMPTY) {
      this.#low[slot] = hash >>> 0;
      this.#high[slot] = (hash / TWO_TO_32) >>> 0;
      this.#taken += 1;
    }
    this.#marks[slot] = HELD;
    this.#values[slot] = value;
    if (this.#taken * 2 > this.#mask) this.#grow();
  }

  delete(hash: number): void {
    const slot = this.#slotOf(hash);
    if (this.#marks[slot] !== HELD) return;
    this.#marks[slot] = DELETED;
    this.#values[slot] = undefined;
  }

  clear(): void {
    this.#marks.fill(EMPTY);
    this.#values.fill(undefined);
    this.#taken = 0;
  }

  /** Where a hash stands, or the empty slot where it would. */
  #slotOf(hash: number): number {
    const low = hash >>> 0;
    const high = (hash / TWO_TO_32) >>> 0;
    const marks = this.#marks;
    const mask = this.#mask;
    let slot = low & mask;
    while (marks[slot] !== EMPTY && (this.#low[slot] !== low || this.#high[slot] !== high)) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [lows, highs, marks, values] = [this.#low, this.#high, this.#marks, this.#values];
    const slots = marks.length * 2;
    this.#mask = slots - 1;
    this.#low = new Uint32Array(slots);
    this.#high = new Uint32Array(slots);
    this.#marks = new Uint8Array(slots);
    this.#values = new Array<Value | undefined>(slots).fill(undefined);
    this.#taken = 0;
    for (let slot = 0; slot < marks.length; slot += 1) {
      if (marks[slot] !== HELD) continue;
      const to = this.#slotOf((highs[slot] as number) * TWO_TO_32 + (lows[slot] as number));
      this.#low[to] = lows[slot] as number;
      this.#high[to] = highs[slot] as number;
      this.#marks[to] = HELD;
      this.#values[to] = values[slot];
      this.#taken += 1;
    }
  }
}
