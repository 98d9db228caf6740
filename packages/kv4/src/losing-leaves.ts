import type { TableEntry } from './cache-table.ts';

/**
 * Losing leaves that what is known of an entry accounts for: a row that tells of them again is no news. Kept beside the entries, since hardly any has some.
 */
export class LosingLeaves {
  readonly #known = new WeakMap<TableEntry, readonly string[]>();

  /** The revisions of the losing leaves that were read. */
  of(entry: TableEntry): readonly string[] {
    return this.#known.get(entry) ?? [];
  }

  /** An answer that was taken accounts for these. */
  weigh(entry: TableEntry, losers: readonly { readonly rev: string }[]): void {
    if (entry.state !== 'present' && entry.state !== 'negative') return;
    if (losers.length > 0) this.#known.set(entry, losers.map(({ rev }) => rev));
    else this.forget(entry);
  }

  /** Whether leaves that a row tells of still have to be read. */
  isContested(entry: TableEntry, losers: readonly string[] | undefined): boolean {
    if (losers === undefined) return false;
    const known = this.of(entry);
    return losers.some((loser) => !known.includes(loser));
  }

  /** Nothing is known of the entry any more. */
  forget(entry: TableEntry): void {
    this.#known.delete(entry);
  }
}
