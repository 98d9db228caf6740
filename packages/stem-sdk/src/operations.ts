import type { Kv4Store, WatchOptions, WatchScope } from '@xir/kv4-core';

import type { WatchSource } from './remote-watch.ts';

/** What a neuron is asked: the operations of a store, with addresses and options that were checked. */
export interface Operations extends Omit<Kv4Store, 'supports' | 'close' | typeof Symbol.asyncDispose> {
  /** The signal that ends with the client. */
  readonly closed: AbortSignal;
  /** One connection after the other of a watch, whose losses the caller sees. */
  watchSource(scope: WatchScope, options: WatchOptions): WatchSource;
  /** Ends every request under way with `KV4_CLOSED`. Idempotent. */
  close(): void;
}
