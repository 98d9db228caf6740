import type { Clock, Timer } from '@xir/couch-client';
import type { TableEntry } from './cache-table.ts';

/** How long after a key's expiry, in milliseconds, a write that was made in time may still be on its way before the expiry is told. */
export const EXPIRY_GRACE_MS = 200;
/** Pause before a proof that failed, or an entry that is being compared, is looked at again, in milliseconds. */
const AGAIN_MS = 100;

export interface ExpiryGateOptions {
  readonly clock: Clock;
  /** Whether anybody watches. */
  readonly isWatched: () => boolean;
  /** Resolves when everything committed before the call is applied. */
  readonly prove: () => Promise<unknown>;
  readonly onExpired: (entry: TableEntry) => void;
}

/**
 * Holds back what is told of expiries until the feed is proved to be past them: the key may have been written in time, its row still on its way.
 * Without anybody watching nothing is held.
 */
export class ExpiryGate {
  readonly #options: ExpiryGateOptions;
  readonly #waiting = new Map<TableEntry, number>();
  #running = false;
  #closed = false;
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;

  constructor(options: ExpiryGateOptions) {
    this.#options = options;
  }

  /** When the earliest of what is held expired, in milliseconds since 1970 UTC; `Infinity`: nothing is held. */
  get firstMs(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const atMs of this.#waiting.values()) if (atMs < first) first = atMs;
    return first;
  }

  /** Whether the entry's expiry has come and not been told. */
  holds(entry: TableEntry): boolean {
    return this.#waiting.has(entry);
  }

  /** The entry's value has expired. */
  due(entry: TableEntry): void {
    const atMs = entry.record?.expiresAtMs;
    if (atMs === undefined || this.#closed) return;
    if (!this.#options.isWatched()) return this.#options.onExpired(entry);
    this.#waiting.set(entry, atMs);
    if (!this.#running) void this.#run();
  }

  clear(): void {
    this.#waiting.clear();
  }

  close(): void {
    this.#closed = true;
    this.clear();
    this.#timer?.cancel();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.size > 0 && !this.#closed) {
      const waitMs = this.firstMs + EXPIRY_GRACE_MS - this.#options.clock.now();
      if (waitMs > 0) await this.#pause(waitMs);
      else await this.#tellProved();
    }
    this.#running = false;
  }

  async #tellProved(): Promise<void> {
    const { clock, prove, onExpired } = this.#options;
    const ripeMs = clock.now() - EXPIRY_GRACE_MS;
    try {
      await prove();
    } catch {
      // The feed is away; until it is back nobody can say what has expired.
      return this.#pause(AGAIN_MS);
    }
    let unsettled = false;
    for (const [entry, atMs] of [...this.#waiting].sort((a, b) => a[1] - b[1])) {
      if (atMs > ripeMs || this.#waiting.get(entry) !== atMs) continue;
      if (entry.state === 'verifying' || entry.state === 'loading') {
        unsettled = true;
        continue;
      }
      this.#waiting.delete(entry);
      if (entry.slot >= 0 && entry.record?.expiresAtMs === atMs) onExpired(entry);
    }
    if (unsettled) await this.#pause(AGAIN_MS);
  }

  #pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = this.#options.clock.schedule(durationMs, resolve);
    });
  }
}
