import type { TableEntry } from './cache-table.ts';

/** Writes of ours that are on their way, and which of their acknowledgements are not the whole truth. */
export class OwnWrites {
  readonly #underway = new Map<TableEntry, number>();
  readonly #mistrusted = new Set<string>();

  begin(entry: TableEntry): void {
    this.#underway.set(entry, (this.#underway.get(entry) ?? 0) + 1);
  }

  end(entry: TableEntry): void {
    const left = (this.#underway.get(entry) ?? 0) - 1;
    if (left > 0) {
      this.#underway.set(entry, left);
      return;
    }
    this.#underway.delete(entry);
    if (this.#mistrusted.size > 0) this.#mistrusted.delete(entry.id);
  }

  /** The entry was purged, or other leaves of it were told of: what a write made meanwhile may be gone, or may not be what readers see. */
  mistrust(entry: TableEntry): void {
    if (this.#underway.has(entry)) this.#mistrusted.add(entry.id);
  }

  /** The cache was reset: writes may have gone to a database that is no more. */
  mistrustAll(): void {
    for (const entry of this.#underway.keys()) this.#mistrusted.add(entry.id);
  }

  /** Whether the database has to be asked instead of believing an acknowledgement. */
  isMistrusted(id: string): boolean {
    return this.#mistrusted.size > 0 && this.#mistrusted.has(id);
  }
}
