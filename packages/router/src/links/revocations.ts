import type { Clock } from '@xir/couch-client';
import type { Kv4Store, PathAddress } from '@xir/kv4-core';
import { followScope } from '../follow-scope.ts';
import { LINK_LAYER } from './system-authority.ts';

/** Where the revoked are: a key for each, the name of a neuron or the serial number of a certificate in lower-case hexadecimal digits. */
export const REVOKED_PATH: PathAddress = Object.freeze({ bucket: '$sys', layer: LINK_LAYER, path: '/revoked' });
const PAUSE_MS = 1000;

/** The list of revoked neurons and certificates, kept current by a watch. While the database is away, the list as it was last known holds. */
export class Revocations {
  readonly #store: Pick<Kv4Store, 'watch'>;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #abort = new AbortController();
  #revoked = new Set<string>();
  #running: Promise<void> | undefined;
  #loaded: () => void = () => {};

  constructor(store: Pick<Kv4Store, 'watch'>, clock: Clock, onChange: () => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Resolves once the list is known. */
  open(): Promise<void> {
    const loaded = new Promise<void>((resolve) => (this.#loaded = resolve));
    this.#running ??= this.#run();
    return loaded;
  }

  /** Whether a neuron, or this certificate, is not to be believed any more. */
  has(neuron: string, serial: string): boolean {
    return this.#revoked.has(neuron) || this.#revoked.has(serial);
  }

  /** Ends. Idempotent. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#loaded();
    await this.#running;
  }

  async #run(): Promise<void> {
    let initial: Set<string> | undefined;
    await followScope(
      // While there is no watch, what is known holds.
      { store: this.#store, clock: this.#clock, onError: () => undefined },
      { type: 'path', address: REVOKED_PATH },
      {
        latestOnly: true,
        signal: this.#abort.signal,
        pauseMs: () => PAUSE_MS,
        onBegin: () => (initial = new Set()),
        onEvent: (event) => {
          if (event.type === 'reset') initial = new Set();
          else if (event.type === 'end-of-initial') {
            this.#revoked = initial ?? this.#revoked;
            initial = undefined;
            this.#loaded();
            this.#onChange();
          } else {
            const target: Set<string> = initial ?? this.#revoked;
            if (event.type === 'put') target.add(event.record.address.key);
            else target.delete(event.address.key);
            if (initial === undefined) this.#onChange();
          }
        },
      },
    );
  }
}
