/** Remembers the texts that came last, a bounded number of them. Pure. */
export class RecentIds {
  readonly #maxEntries: number;
  readonly #ids = new Set<string>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** False: it was there already. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#maxEntries) for (const oldest of this.#ids) return this.#ids.delete(oldest);
    return true;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}
