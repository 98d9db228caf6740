import { checkKeyAddress, type KeyAddress, type WatchScope } from '@xir/kv4-core';
import type { Cache, CacheListener, ChangeCause, EntryBefore } from './cache.ts';
import type { TableEntry } from './cache-table.ts';
import { normalScope } from './normal-scope.ts';
import { ScopeShelves } from './scope-shelves.ts';

/** Who follows keys. What it does must not throw, and takes place while the cache is at work: it must not ask the memory for anything. */
export interface KeyFollowListener {
  /** A followed key shows something else, or its value has expired. The version is that of the value or of the deletion, where there is one. */
  changed(address: KeyAddress, version: string | undefined): void;
  /** Continuity was lost: nothing is followed any more. */
  lost(): void;
}

/** Is told at once when a key shows something else, or its value has expired. It must not throw, nor ask the memory for anything. */
export type ScopeListener = (address: KeyAddress, version: string | undefined) => void;

/** Keys that are followed, each for the price of an entry in a map: for who has to know that something changed, and not each version of it. */
export interface KeyFollower {
  /** Keys that are followed. */
  readonly size: number;
  /** From this call on, changes of a key are told; those of what is read of it afterwards are not missed. Throws `KV4_BAD_ADDRESS`. */
  follow(address: KeyAddress): void;
  unfollow(address: KeyAddress): void;
  /** Follows nothing any more. Idempotent. */
  close(): void;
}

/** Hands changes of entries on, and tells followers of those they follow. Followed entries stay in the cache. */
export class KeyFollowers implements CacheListener {
  readonly #next: CacheListener;
  readonly #followers = new Set<Follower>();
  readonly #scopes = new ScopeShelves<ScopeListener>();

  constructor(next: CacheListener) {
    this.#next = next;
  }

  /** Begins to follow keys of a cache. */
  open(cache: Cache, listener: KeyFollowListener): KeyFollower {
    const follower = new Follower(cache, listener, () => this.#followers.delete(follower));
    this.#followers.add(follower);
    return follower;
  }

  /** Begins to follow a scope; the answer ends it. Throws `KV4_BAD_ADDRESS`. */
  followScope(scope: WatchScope, listener: ScopeListener): () => void {
    return this.#scopes.add(normalScope(scope), listener);
  }

  onChanged(entry: TableEntry, before: EntryBefore, cause: ChangeCause): void {
    this.#next.onChanged(entry, before, cause);
    const version = entry.version ?? entry.record?.version;
    // A row of upkeep, or the end of a doubt, that leaves everything as it was.
    const isSame = version !== undefined && version === before.version && entry.record?.version === before.record?.version;
    if (cause !== 'load' && !isSame) this.#tell(entry, version);
  }

  onRepeated(entry: TableEntry): void {
    this.#next.onRepeated(entry);
  }

  onExpired(entry: TableEntry): void {
    this.#next.onExpired(entry);
    this.#tell(entry, undefined);
  }

  /** Everything known is forgotten. */
  reset(): void {
    for (const follower of this.#followers) follower.lost();
  }

  #tell(entry: TableEntry, version: string | undefined): void {
    for (const follower of this.#followers) follower.changed(entry, version);
    for (const listener of this.#scopes.over(entry)) listener({ ...entry.node.address, key: entry.key }, version);
  }
}

class Follower implements KeyFollower {
  readonly #cache: Cache;
  readonly #listener: KeyFollowListener;
  readonly #onClose: () => void;
  readonly #entries = new Set<TableEntry>();
  #released: TableEntry[] = [];

  constructor(cache: Cache, listener: KeyFollowListener, onClose: () => void) {
    this.#cache = cache;
    this.#listener = listener;
    this.#onClose = onClose;
  }

  get size(): number {
    return this.#entries.size;
  }

  follow(address: KeyAddress): void {
    const entry = this.#cache.reference(this.#cache.table.find(address) === undefined ? checkKeyAddress(address) : address);
    if (this.#entries.has(entry)) return;
    entry.pins += 1;
    this.#entries.add(entry);
  }

  unfollow(address: KeyAddress): void {
    const entry = this.#cache.table.find(address);
    if (entry !== undefined && this.#entries.delete(entry)) this.#release(entry);
  }

  close(): void {
    for (const entry of this.#entries) this.#release(entry);
    this.#entries.clear();
    this.#onClose();
  }

  changed(entry: TableEntry, version: string | undefined): void {
    if (this.#entries.size > 0 && this.#entries.has(entry)) this.#listener.changed({ ...entry.node.address, key: entry.key }, version);
  }

  lost(): void {
    // The entries have left the table with their pins.
    this.#entries.clear();
    this.#listener.lost();
  }

  /** Entries are let go of when the cache is not at work on them. */
  #release(entry: TableEntry): void {
    this.#released.push(entry);
    if (this.#released.length > 1) return;
    queueMicrotask(() => {
      const released = this.#released;
      this.#released = [];
      for (const one of released) if (one.slot >= 0) this.#cache.unpin(one);
    });
  }
}
