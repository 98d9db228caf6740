/** Remembers texts for a while, and a bounded number of them, each with what became of it. Pure. */
export class DedupWindow<Value> {
  readonly #maxEntries: number;
  readonly #windowMs: number;
  /** Oldest first. */
  readonly #seen = new Map<string, { readonly atMs: number; readonly value: Value }>();

  constructor(maxEntries: number, windowMs: number) {
    this.#maxEntries = maxEntries;
    this.#windowMs = windowMs;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** What became of a text that was there before, within the window. */
  find(text: string, nowMs: number): Value | undefined {
    const entry = this.#seen.get(text);
    return entry !== undefined && nowMs - entry.atMs < this.#windowMs ? entry.value : undefined;
  }

  add(text: string, nowMs: number, value: Value): void {
    this.#seen.delete(text);
    this.#seen.set(text, { atMs: nowMs, value });
    for (const [oldest, { atMs }] of this.#seen) {
      if (this.#seen.size <= this.#maxEntries && nowMs - atMs < this.#windowMs) return;
      this.#seen.delete(oldest);
    }
  }
}
