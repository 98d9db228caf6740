import type { HeadStore } from '@xir/kv4-couch';
import { isServable, parseDocumentId, pathRange, subtreeRange, type PathAddress } from '@xir/kv4-core';
import type { Cache } from './cache.ts';
import { prefixOf, type PathNode, type SubtreeListing } from './cache-table.ts';

/** Heads read at once while a listing is loaded. */
const LISTING_PIECE = 1_000;
/** How long a listing that does not fit is served from the database before it is tried again, in milliseconds. */
export const OVERSIZED_LISTING_MS = 60_000;

/** Something that is listed: a path, or a path with everything beneath it. */
export type ListingKind = 'path' | 'subtree';

/** Loads listings, each once, and tells whether they are whole. */
export class Listings {
  readonly #cache: Cache;
  readonly #heads: HeadStore;
  readonly #maxBytes: number;
  readonly #loading = new Map<string, Promise<boolean>>();
  readonly #oversized = new Map<string, number>();
  readonly #onWhole: (kind: ListingKind, address: PathAddress) => void;
  loads = 0;

  /** `maxBytes`: what one listing may take of the cache; `onWhole` is told of each listing that was loaded. */
  constructor(cache: Cache, heads: HeadStore, { maxBytes, onWhole }: { readonly maxBytes: number; readonly onWhole: (kind: ListingKind, address: PathAddress) => void }) {
    this.#cache = cache;
    this.#heads = heads;
    this.#maxBytes = maxBytes;
    this.#onWhole = onWhole;
  }

  /** Whether a listing is whole and nothing in it is being loaded. */
  isWhole(kind: ListingKind, address: PathAddress): boolean {
    if (this.#find(kind, address) === undefined) return false;
    // Nearly always nothing is being loaded at all, and a page costs no look at every entry.
    if (!this.#cache.isLoading) return true;
    for (const node of this.nodes(kind, address)) for (const entry of node.entries.values()) if (entry.state === 'loading') return false;
    return true;
  }

  /** Makes a listing whole. False: it does not fit into the cache. Rejects when the database cannot be read. */
  async ensure(kind: ListingKind, address: PathAddress): Promise<boolean> {
    for (;;) {
      const listing = this.#find(kind, address);
      if (listing !== undefined) {
        await this.#settled(kind, address);
        if (this.#find(kind, address) !== undefined) return true;
        continue;
      }
      const name = `${kind} ${prefixOf(address)}`;
      const oversizedUntil = this.#oversized.get(name);
      if (oversizedUntil !== undefined) {
        if (this.#heads.clock.monotonic() < oversizedUntil) return false;
        this.#oversized.delete(name);
      }
      let loading = this.#loading.get(name);
      if (loading === undefined) {
        loading = this.#load(kind, address).finally(() => this.#loading.delete(name));
        this.#loading.set(name, loading);
      }
      if (!(await loading)) {
        this.#oversized.set(name, this.#heads.clock.monotonic() + OVERSIZED_LISTING_MS);
        return false;
      }
    }
  }

  /** Waits until nothing in a listing is being loaded. Meanwhile the listing stays, however full the cache is. */
  async #settled(kind: ListingKind, address: PathAddress): Promise<void> {
    if (!this.#cache.isLoading) return;
    const waits: Promise<void>[] = [];
    for (const node of this.nodes(kind, address)) {
      for (const entry of node.entries.values()) if (entry.state === 'loading') waits.push(this.#cache.settled(entry));
    }
    if (waits.length === 0) return;
    const pinned = this.#cache.table.pinListings(kind, address);
    try {
      await Promise.all(waits);
    } finally {
      for (const listing of pinned) listing.pins -= 1;
    }
  }

  /** Waits until nothing in a listing is being loaded or verified. */
  async verified(kind: ListingKind, address: PathAddress): Promise<void> {
    const waits: Promise<void>[] = [];
    for (const node of this.nodes(kind, address)) {
      for (const entry of node.entries.values()) {
        if (entry.state === 'verifying' || (!isServable(entry) && entry.state !== 'reserved')) waits.push(this.#cache.settled(entry, true));
      }
    }
    await Promise.all(waits);
  }

  /** The paths of a listing, in order. */
  nodes(kind: ListingKind, address: PathAddress): Iterable<PathNode> {
    if (kind === 'subtree') return this.#cache.table.nodesBeneath(address);
    const node = this.#cache.table.findNode(address);
    return node === undefined ? [] : [node];
  }

  #find(kind: ListingKind, address: PathAddress): true | undefined {
    const { table } = this.#cache;
    if (kind === 'path') {
      if (!table.isComplete(address)) return undefined;
      const node = table.findNode(address);
      if (node !== undefined) node.listingUsed = true;
      return true;
    }
    const subtree = table.subtreeOver(prefixOf(address));
    if (subtree?.listing !== 'complete') return undefined;
    subtree.used = true;
    return true;
  }

  async #load(kind: ListingKind, address: PathAddress): Promise<boolean> {
    this.loads += 1;
    const { table } = this.#cache;
    const listing: PathNode | SubtreeListing = kind === 'path' ? table.addNode(address) : table.addSubtree(address);
    // A path that is being loaded for a wider listing keeps its own state.
    listing.listing = 'loading';
    const isCurrent = (): boolean => (kind === 'path' ? table.findNode(address) === listing : table.subtrees.get(listing.prefix) === listing);
    try {
      const fits = await this.#read(kind, address, isCurrent);
      if (!isCurrent()) return true;
      listing.listing = fits ? 'complete' : 'none';
      if (fits) this.#onWhole(kind, address);
      else this.#giveUp(listing);
      return fits;
    } catch (error) {
      if (isCurrent()) this.#giveUp(listing);
      throw error;
    }
  }

  #giveUp(listing: PathNode | SubtreeListing): void {
    listing.listing = 'none';
    const { table } = this.#cache;
    if ('entries' in listing) table.tidy(listing);
    else if (listing.pins === 0) table.subtrees.delete(listing.prefix);
  }

  async #read(kind: ListingKind, address: PathAddress, isCurrent: () => boolean): Promise<boolean> {
    const range = kind === 'path' ? pathRange(address) : subtreeRange(address);
    let after: string | undefined;
    let bytes = 0;
    for (;;) {
      const scan = await this.#heads.scanHeads(range, { after, limit: LISTING_PIECE });
      // After a reset the answer belongs to a cache that is no more.
      if (!isCurrent()) return true;
      for (const head of scan.heads) {
        const parsed = parseDocumentId(head._id);
        if (parsed?.kind !== 'head') continue;
        const node = this.#cache.table.addNode(parsed.address);
        this.#cache.offer(parsed.address, head);
        bytes += node.entries.get(parsed.address.key)?.bytes ?? 0;
      }
      if (bytes > this.#maxBytes) return false;
      if (scan.next === undefined) {
        this.#cache.recall(range.startKey);
        return this.#bytesOf(kind, address) <= this.#maxBytes;
      }
      after = scan.next;
    }
  }

  /** Bytes of everything that is kept for a listing, keys known not to be there included. */
  #bytesOf(kind: ListingKind, address: PathAddress): number {
    let bytes = 0;
    for (const { entries } of this.nodes(kind, address)) for (const entry of entries.values()) bytes += entry.bytes;
    return bytes;
  }
}
