import type { HeadStore } from '@xir/kv4-couch';
import { parseDocumentId, pathRange, subtreeRange, type PathAddress } from '@xir/kv4-core';
import type { Cache } from './cache.ts';
import { prefixOf } from './cache-table.ts';
import type { ListingKind } from './listings.ts';

/** Ids compared in one turn. */
const PIECE = 1_000;
/** Listings that are remembered for comparison, just loaded and others each; of more, those that have waited longest are passed over. */
const MOST_LISTINGS = 4_096;

interface Listing {
  readonly kind: ListingKind;
  readonly address: PathAddress;
  /** The id behind which the next piece begins. */
  after: string | undefined;
}

/**
 * Compares the ids of whole listings with the database, a piece at a time, those just loaded first: a replica that was behind when it answered may have lacked a key whose row passed
 * before anybody here could remember it. Such a key is loaded, and told, as if its row came now.
 */
export class ListingAudit {
  readonly #cache: Cache;
  readonly #heads: HeadStore;
  readonly #fresh = new Map<string, Listing>();
  readonly #others = new Map<string, Listing>();
  /** Keys that were found so. */
  lateKeys = 0;

  constructor(cache: Cache, heads: HeadStore) {
    this.#cache = cache;
    this.#heads = heads;
  }

  /** A listing has become whole. */
  loaded(kind: ListingKind, address: PathAddress): void {
    queue(this.#fresh, `${kind} ${prefixOf(address)}`, { kind, address, after: undefined });
  }

  /** Compares the next piece. Rejects when the database cannot be read. */
  async run(): Promise<void> {
    for (const waiting of [this.#fresh, this.#others]) {
      for (const [name, listing] of waiting) {
        waiting.delete(name);
        if (!this.#isWhole(listing)) continue;
        await this.#compare(listing);
        // A large one takes its turns among the others of its kind.
        return queue(listing.after === undefined ? this.#others : waiting, name, listing);
      }
    }
  }

  async #compare(listing: Listing): Promise<void> {
    const range = listing.kind === 'path' ? pathRange(listing.address) : subtreeRange(listing.address);
    const { ids, next } = await this.#heads.scanIds(range, { after: listing.after, limit: PIECE });
    listing.after = next;
    const lacking = ids.filter((id) => this.#lacks(id));
    if (lacking.length === 0) return;
    const shown: Promise<void>[] = [];
    for (const { id, rev, head } of (await this.#heads.readHeads(lacking)).values()) {
      // Deleted meanwhile, or known by now: nothing is lacking.
      if (rev === undefined || head === undefined || head.gone === true || !this.#lacks(id)) continue;
      this.lateKeys += 1;
      this.#cache.row({ id, revision: rev });
      const entry = this.#cache.table.findId(id);
      if (entry !== undefined) shown.push(this.#cache.settled(entry, true));
    }
    await Promise.all(shown);
  }

  /** Whether a whole listing says that a key is not there, without anything that is known of the key itself. */
  #lacks(id: string): boolean {
    const parsed = parseDocumentId(id);
    return parsed?.kind === 'head' && this.#cache.table.findId(id) === undefined && this.#cache.table.isComplete(parsed.address);
  }

  #isWhole({ kind, address }: Listing): boolean {
    const { table } = this.#cache;
    return kind === 'path' ? table.isComplete(address) : table.subtreeOver(prefixOf(address))?.listing === 'complete';
  }
}

function queue(listings: Map<string, Listing>, name: string, listing: Listing): void {
  listings.delete(name);
  listings.set(name, listing);
  const [oldest] = listings.keys();
  if (listings.size > MOST_LISTINGS && oldest !== undefined) listings.delete(oldest);
}
