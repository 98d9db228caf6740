/** Milliseconds within which joins and leaves share one write in a crowd, where {@link CROWD_PER_SECOND} and more come and go in a second. */
export const CROWDED_WRITE_DELAY_MS = 40;
const CROWD_PER_SECOND = 250;
/** As few as these are no crowd, however fast. */
const FEW_CHANGES = 5;
/** As many as these show how fast they come, however short the time. */
const MANY_CHANGES = 20;
/** How long a slot waits in a crowd until it is full, in milliseconds: long enough that all but the slowest crowd fills it. A crowd is over once it has been quiet for as long. */
export const CROWD_PATIENCE_MS = 800;

/** Tells whether many come and go (SPEC, S14). Pure: the time is handed in. */
export class Crowd {
  #changes = 0;
  #isThere = false;
  /** A crowd comes in bursts: it lasts until then though fewer come now. */
  #lastsUntilMs = Number.NEGATIVE_INFINITY;
  /** Since when changes are counted. */
  #countedFromMs = Number.NEGATIVE_INFINITY;

  /** Whether it was there when it was looked for last. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** Somebody came, went or changed. */
  count(): void {
    this.#changes += 1;
  }

  /** Looks whether a crowd is there. */
  look(atMs: number): boolean {
    const elapsedMs = atMs - this.#countedFromMs;
    if (elapsedMs < CROWDED_WRITE_DELAY_MS && this.#changes < MANY_CHANGES) return this.#isThere;
    if (this.#changes > FEW_CHANGES && this.#changes * 1000 >= CROWD_PER_SECOND * elapsedMs) this.#lastsUntilMs = atMs + CROWD_PATIENCE_MS;
    this.#isThere = atMs < this.#lastsUntilMs;
    this.#countedFromMs = atMs;
    this.#changes = 0;
    return this.#isThere;
  }
}
