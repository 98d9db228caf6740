import type { KeyAddress, WatchEvent, WatchScope } from '@xir/kv4-core';

import { addressText } from '../transaction.ts';
import type { FollowedStore } from './followed-store.ts';

/** A value that was written or deleted. */
export type Change = Extract<WatchEvent, { type: 'put' | 'delete' }>;

/** Who wants to know of changes. */
export interface ChangeListener {
  changed(change: Change): void;
  /** Changes may have been missed. With an error no further ones come. */
  lost(error: unknown): void;
}

/** Which key shows something else, and the version of its value or deletion where there is one. */
export interface Cause {
  readonly address: KeyAddress;
  readonly version: string | undefined;
}

/** Who wants to know that keys show something else. It must not ask the store for anything when it is told. */
export interface NoticeListener {
  changed(cause: Cause): void;
  /** Changes may have been missed. With an error no further ones come. */
  lost(error: unknown): void;
}

/**
 * From when on changes are told: from the call on (`now`: what is read afterwards goes stale only with notice), or from the moment at which what there is has been looked through (`ready`, which says so).
 */
export type FollowFrom = 'now' | 'ready';

/** A scope that is followed. */
export interface Following {
  /** Resolves when every later change will be told; rejects where the scope cannot be followed. */
  readonly ready: Promise<void>;
  stop(): void;
}

interface Shared {
  readonly listeners: Set<ChangeListener>;
  readonly abort: AbortController;
  readonly ready: Promise<void>;
}

/** Follows scopes of the store, each with one watch however many ask. */
export class ChangeFollower {
  readonly #store: FollowedStore;
  readonly #shared = new Map<string, Shared>();

  constructor(store: FollowedStore) {
    this.#store = store;
  }

  /** Watches that are open. */
  get watches(): number {
    return this.#shared.size;
  }

  /** Tells a listener of every change in a scope. */
  follow(scope: WatchScope, listener: ChangeListener, from: FollowFrom): Following {
    const id = `${from} ${scopeText(scope)}`;
    const shared = this.#shared.get(id) ?? this.#begin(id, scope, from);
    shared.listeners.add(listener);
    let isFollowing = true;
    return {
      ready: shared.ready,
      stop: () => {
        if (!isFollowing) return;
        isFollowing = false;
        shared.listeners.delete(listener);
        if (shared.listeners.size === 0) this.#end(id, shared);
      },
    };
  }

  /** Tells a listener that a key of a scope shows something else, before anybody can read it where the store can: a watch tells of an own write only with its row. */
  notice(scope: WatchScope, listener: NoticeListener, from: FollowFrom): Following {
    const lost = (error: unknown): void => listener.lost(error);
    if (this.#store.followScope === undefined) return this.follow(scope, { changed: (change) => listener.changed(causeOf(change)), lost }, from);
    // The watch keeps what is followed in the cache.
    const { ready, stop } = this.follow(scope, { changed: () => undefined, lost }, from);
    const unfollow = this.#store.followScope(scope, (address, version) => listener.changed({ address, version }));
    return {
      ready,
      stop: () => {
        unfollow();
        stop();
      },
    };
  }

  /** Ends all watches. */
  close(): void {
    for (const [id, shared] of this.#shared) this.#end(id, shared);
  }

  #begin(id: string, scope: WatchScope, from: FollowFrom): Shared {
    let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
    const ready = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
    // Whoever waits gets the failure; without one waiting it must not count as unhandled.
    ready.catch(() => undefined);
    const shared: Shared = { listeners: new Set(), abort: new AbortController(), ready };
    this.#shared.set(id, shared);
    this.#run(scope, shared, { from, ready: () => settle?.resolve() }).then(
      () => this.#ended(id, shared, new Error('the watch ended')),
      (error: unknown) => {
        settle?.reject(error);
        this.#ended(id, shared, error);
      },
    );
    return shared;
  }

  async #run(scope: WatchScope, shared: Shared, { from, ready }: { readonly from: FollowFrom; readonly ready: () => void }): Promise<void> {
    // The end of what was there says that the watch stands.
    const initial = from === 'ready';
    let live = !initial;
    if (live) ready();
    for await (const event of this.#store.watch(scope, { initial, latestOnly: true, signal: shared.abort.signal })) {
      switch (event.type) {
        case 'put':
        case 'delete':
          if (live) for (const listener of [...shared.listeners]) listener.changed(event);
          break;
        case 'end-of-initial':
          live = true;
          ready();
          break;
        case 'reset':
          // What follows are the values that are there; that they may have changed is told once.
          live = false;
          for (const listener of [...shared.listeners]) listener.lost(undefined);
      }
    }
  }

  #ended(id: string, shared: Shared, error: unknown): void {
    if (this.#shared.get(id) === shared) this.#shared.delete(id);
    if (shared.abort.signal.aborted) return;
    for (const listener of [...shared.listeners]) listener.lost(error);
    shared.listeners.clear();
  }

  #end(id: string, shared: Shared): void {
    if (this.#shared.get(id) === shared) this.#shared.delete(id);
    shared.abort.abort();
  }
}

function causeOf(change: Change): Cause {
  return change.type === 'put' ? { address: change.record.address, version: change.record.version } : { address: change.address, version: change.version };
}

function scopeText(scope: WatchScope): string {
  const address = scope.type === 'layer' ? { bucket: scope.bucket, layer: scope.layer, path: '/' } : scope.address;
  return `${scope.type} ${addressText({ key: '', ...address })}`;
}
