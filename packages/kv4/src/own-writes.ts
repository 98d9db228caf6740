import type { TableEntry } from './cache-table.ts';

/**
 * Why an acknowledgement is not the whole truth: other leaves of the document were told of while the write was on its way (`contested`: it stands, and another may win), or the
 * document was purged, or the cache reset (`void`: it may be gone).
 */
export type Mistrust = 'contested' | 'void';

/** Writes of ours that are on their way, and which of their acknowledgements are not the whole truth. */
export class OwnWrites {
  readonly #underway = new Map<TableEntry, number>();
  readonly #mistrusted = new Map<string, Mistrust>();

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

  /** What happened to the entry makes the acknowledgements of the writes under way less than the whole truth. */
  mistrust(entry: TableEntry, reason: Mistrust): void {
    if (this.#underway.has(entry) && this.#mistrusted.get(entry.id) !== 'void') this.#mistrusted.set(entry.id, reason);
  }

  /** The cache was reset: writes may have gone to a database that is no more. */
  mistrustAll(): void {
    for (const entry of this.#underway.keys()) this.#mistrusted.set(entry.id, 'void');
  }

  /** Why the database has to be asked besides an acknowledgement, or instead of believing it; `undefined`: it has not. */
  mistrustOf(id: string): Mistrust | undefined {
    return this.#mistrusted.size === 0 ? undefined : this.#mistrusted.get(id);
  }
}
