import type { Kv4Record, WatchEvent } from '@xir/kv4-core';

import { BAN_LAYER } from './account-addresses.ts';
import type { CachedStore } from './cached-store.ts';

/** The bans of one bucket: address to the paths it is banned from. */
type BucketBans = Map<string, Set<string>>;

/** What a request touches: one path, or everything beneath it too. */
export type BanReach = 'path' | 'subtree';

interface Follower {
  readonly bans: BucketBans;
  readonly abort: AbortController;
  /** Resolves when the bans that were there have been read; rejects when they could not be. */
  readonly ready: Promise<void>;
  live: boolean;
}

/**
 * IP bans of all buckets that ask, each followed with one watch so that a check costs no read. Where the store has no watch, every
 * check reads the bucket's bans.
 */
export class BanList {
  readonly #store: CachedStore;
  readonly #maxBuckets: number;
  readonly #followers = new Map<string, Follower>();
  #closed = false;

  constructor(store: CachedStore, maxBuckets: number) {
    this.#store = store;
    this.#maxBuckets = maxBuckets;
  }

  /**
   * Whether an address is banned from a path or one above it, or, with the reach `subtree`, from one beneath it; `undefined` where that is
   * not known without waiting.
   */
  peek(bucket: string, address: string, path: string, reach: BanReach = 'path'): boolean | undefined {
    const follower = this.#followers.get(bucket);
    if (follower === undefined || !follower.live) return undefined;
    return follower.bans.size !== 0 && isBanned(follower.bans, { address, path, reach });
  }

  /** The same, waiting where it must. Throws what the store throws. */
  async check(bucket: string, address: string, path: string, reach: BanReach = 'path'): Promise<boolean> {
    if (!this.#store.supports.watch || this.#closed) return isBanned(await this.#read(bucket), { address, path, reach });
    const follower = this.#follower(bucket);
    await follower.ready;
    return isBanned(follower.bans, { address, path, reach });
  }

  /** Lets a ban that this neuron has just written count at once. */
  applyPut(bucket: string, address: string, path: string): void {
    const follower = this.#followers.get(bucket);
    if (follower !== undefined) add(follower.bans, address, path);
  }

  /** The same for a ban that this neuron has just lifted. */
  applyDelete(bucket: string, address: string, path: string): void {
    const follower = this.#followers.get(bucket);
    if (follower !== undefined) remove(follower.bans, address, path);
  }

  /** Ends all watches. */
  close(): void {
    this.#closed = true;
    for (const follower of this.#followers.values()) follower.abort.abort();
    this.#followers.clear();
  }

  #follower(bucket: string): Follower {
    const known = this.#followers.get(bucket);
    if (known !== undefined) return known;
    if (this.#followers.size >= this.#maxBuckets) this.#dropOldest();
    const abort = new AbortController();
    const bans: BucketBans = new Map();
    let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
    const ready = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
    // Whoever waits gets the failure; without one waiting it must not count as unhandled.
    ready.catch(() => undefined);
    const follower: Follower = { bans, abort, ready, live: false };
    this.#followers.set(bucket, follower);
    this.#follow(bucket, follower, () => settle?.resolve()).then(
      () => settle?.reject(new Error('the watch of the bans ended')),
      (error: unknown) => settle?.reject(error),
    );
    return follower;
  }

  async #follow(bucket: string, follower: Follower, ready: () => void): Promise<void> {
    try {
      for await (const event of this.#store.watch({ type: 'layer', bucket, layer: BAN_LAYER }, { signal: follower.abort.signal })) {
        // What was missed is unknown: whoever asks next begins a new watch and waits for it.
        if (event.type === 'reset' && follower.live) return;
        apply(follower, event);
        if (event.type === 'end-of-initial') {
          follower.live = true;
          ready();
        }
      }
    } finally {
      follower.live = false;
      if (this.#followers.get(bucket) === follower) this.#followers.delete(bucket);
    }
  }

  #dropOldest(): void {
    for (const [bucket, follower] of this.#followers) {
      this.#followers.delete(bucket);
      follower.abort.abort();
      return;
    }
  }

  async #read(bucket: string): Promise<BucketBans> {
    const bans: BucketBans = new Map();
    let after: string | undefined;
    do {
      const page: { items: readonly Kv4Record[]; next?: string } = await this.#store.tree(
        { bucket, layer: BAN_LAYER, path: '/' },
        after === undefined ? {} : { after },
      );
      for (const record of page.items) add(bans, record.address.key, record.address.path);
      after = page.next;
    } while (after !== undefined);
    return bans;
  }
}

function apply(follower: Follower, event: WatchEvent): void {
  switch (event.type) {
    case 'put':
      add(follower.bans, event.record.address.key, event.record.address.path);
      return;
    case 'delete':
      remove(follower.bans, event.address.key, event.address.path);
      return;
    case 'reset':
      follower.bans.clear();
      return;
    case 'end-of-initial':
      return;
  }
}

function add(bans: BucketBans, address: string, path: string): void {
  const paths = bans.get(address);
  if (paths === undefined) bans.set(address, new Set([path]));
  else paths.add(path);
}

function remove(bans: BucketBans, address: string, path: string): void {
  const paths = bans.get(address);
  paths?.delete(path);
  if (paths?.size === 0) bans.delete(address);
}

interface Visit {
  readonly address: string;
  readonly path: string;
  readonly reach: BanReach;
}

function isBanned(bans: BucketBans, { address, path, reach }: Visit): boolean {
  const beneath = path === '/' ? '/' : path + '/';
  const paths = bans.get(address);
  if (paths === undefined) return false;
  for (const banned of paths) {
    if (banned === '/' || path === banned || path.startsWith(banned + '/')) return true;
    if (reach === 'subtree' && banned.startsWith(beneath)) return true;
  }
  return false;
}
