import type { Clock, Timer } from '@xir/couch-client';

/** Longest time a timer is set for, in milliseconds: timers of the platform overflow past 2^31. */
const LONGEST_TIMER_MS = 3_600_000;

/**
 * Remembers when keys that this store wrote expire, and tells when the time has come. Bounded: past the limit an expiry is not remembered, and the key is
 * cleared when it is next read.
 */
export class ExpiryAlarm {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #onExpired: (id: string) => void;
  readonly #expiries = new Map<string, number>();
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, limit: number, onExpired: (id: string) => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#onExpired = onExpired;
  }

  get size(): number {
    return this.#expiries.size;
  }

  /** Notes a key's expiry in milliseconds since 1970 UTC; `undefined`: it has none any more. */
  set(id: string, expiresAtMs: number | undefined): void {
    if (expiresAtMs === undefined) {
      this.#expiries.delete(id);
      return;
    }
    if (!this.#expiries.has(id) && this.#expiries.size >= this.#limit) return;
    this.#expiries.set(id, expiresAtMs);
    this.#arm(expiresAtMs);
  }

  close(): void {
    this.#timer?.cancel();
    this.#expiries.clear();
  }

  #arm(atMs: number): void {
    if (atMs >= this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = atMs;
    const delayMs = Math.min(Math.max(0, atMs - this.#clock.now()), LONGEST_TIMER_MS);
    this.#timer = this.#clock.schedule(delayMs, () => this.#due());
  }

  #due(): void {
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [id, atMs] of this.#expiries) {
      if (atMs > now) {
        next = Math.min(next, atMs);
        continue;
      }
      this.#expiries.delete(id);
      this.#onExpired(id);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next);
  }
}
