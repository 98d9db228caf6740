import type { CachedStore } from '@xir/accounts';
import type { KeyAddress, WatchScope } from '@xir/kv4-core';

/** Who follows keys. It must not ask the store for anything when it is told. */
export interface FollowedKeyListener {
  /** A followed key shows something else. */
  changed(address: KeyAddress, version: string | undefined): void;
  /** Nothing is followed any more. */
  lost(): void;
}

/** Keys that are followed. */
export interface FollowedKeys {
  follow(address: KeyAddress): void;
  unfollow(address: KeyAddress): void;
  close(): void;
}

/** A store that may follow many single keys cheaply, and tell at once what a scope shows that a watch keeps. `Memory` of `@xir/kv4` is one; with any other, each key costs a watch, and scopes are told of by watches. */
export interface FollowedStore extends CachedStore {
  followKeys?(listener: FollowedKeyListener): FollowedKeys;
  followScope?(scope: WatchScope, listener: (address: KeyAddress, version: string | undefined) => void): () => void;
}
