/** Ids that are remembered at most; of more it is known that there are more. */
export const MAX_QUARANTINED_IDS = 10_000;

/** Documents that stand under the id of a head and are none: counted, each once, in bounded space. */
export class Quarantine {
  readonly #ids = new Set<string>();

  /** How many are known, up to {@link MAX_QUARANTINED_IDS}. */
  get size(): number {
    return this.#ids.size;
  }

  add(id: string): void {
    if (this.#ids.size < MAX_QUARANTINED_IDS) this.#ids.add(id);
  }

  clear(): void {
    this.#ids.clear();
  }
}
