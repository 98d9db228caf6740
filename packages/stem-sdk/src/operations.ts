import type { Kv4Store } from '@xir/kv4-core';

/** What a neuron is asked: the operations of a store, with addresses and options that were checked. */
export interface Operations extends Omit<Kv4Store, 'supports' | 'close' | typeof Symbol.asyncDispose> {
  /** The signal that ends with the client. */
  readonly closed: AbortSignal;
  /** Ends every request under way with `KV4_CLOSED`. Idempotent. */
  close(): void;
}
