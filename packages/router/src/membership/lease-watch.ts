import type { Clock } from '@xir/couch-client';
import type { Kv4Store } from '@xir/kv4-core';
import { followScope } from '../follow-scope.ts';
import { LEASE_PATH, type StoredLease } from './lease.ts';
import { storedLease } from './lease-store.ts';

/** Milliseconds until a watch that ended is begun again. */
export const LEASE_WATCH_PAUSE_MS = 500;

/** Who is told of leases. */
export interface LeaseListener {
  readonly lease: (lease: StoredLease) => void;
  readonly gone: (neuron: string) => void;
  /** All leases that there are have been told; all others are gone. */
  readonly complete: (neurons: ReadonlySet<string>) => void;
  /** The watch ended, and is begun again after a pause. */
  readonly failed: (error: unknown) => void;
}

/** Follows the leases of all neurons. */
export class LeaseWatch {
  readonly #store: Pick<Kv4Store, 'watch'>;
  readonly #clock: Clock;
  readonly #listener: LeaseListener;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;

  constructor(store: Pick<Kv4Store, 'watch'>, clock: Clock, listener: LeaseListener) {
    this.#store = store;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Begins. */
  open(): void {
    this.#running ??= this.#run();
  }

  /** Ends. Idempotent. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const parts = { store: this.#store, clock: this.#clock, onError: (error: unknown) => this.#listener.failed(error) };
    let initial: Set<string> | undefined;
    await followScope(
      parts,
      { type: 'path', address: LEASE_PATH },
      {
        latestOnly: true,
        signal: this.#abort.signal,
        pauseMs: () => LEASE_WATCH_PAUSE_MS,
        onBegin: () => (initial = new Set()),
        onEvent: (event) => {
          if (event.type === 'reset') initial = new Set();
          else if (event.type === 'end-of-initial') {
            if (initial !== undefined) this.#listener.complete(initial);
            initial = undefined;
          } else if (event.type === 'delete') {
            initial?.delete(event.address.key);
            this.#listener.gone(event.address.key);
          } else {
            initial?.add(event.record.address.key);
            const lease = storedLease(event.record);
            if (lease !== undefined) this.#listener.lease(lease);
          }
        },
      },
    );
  }
}
