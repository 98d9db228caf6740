import type { Clock, Timer } from '@xir/couch-client';

/** Milliseconds between two ticks. */
const TICK_MS = 200;
/** Milliseconds without a tick that count as a standstill; an age may be too small by this much. */
export const STANDSTILL_MS = 400;

/**
 * Notices that this process stood still (stopped, starved, or blocked by a long computation). What is read afterwards may have lain in the sockets all that time: it is
 * stamped with the present and proves the past.
 */
export class StandstillWatch {
  readonly #clock: Clock;
  readonly #feed: { readonly lastSignMs: number | undefined };
  readonly #onStandstill: (sinceMs: number) => void;
  #timer: Timer | undefined;
  #tickedAtMs: number;
  /** The feed's last sign of life as it was at the last tick. */
  #signMs: number;

  /** `onStandstill` is told the last sign of life before the standstill. */
  constructor(clock: Clock, feed: { readonly lastSignMs: number | undefined }, onStandstill: (sinceMs: number) => void) {
    this.#clock = clock;
    this.#feed = feed;
    this.#onStandstill = onStandstill;
    this.#tickedAtMs = clock.monotonic();
    this.#signMs = feed.lastSignMs ?? this.#tickedAtMs;
    this.#arm();
  }

  /** While a standstill has ended and no tick has told of it yet: the last sign of life before it, in monotonic milliseconds. */
  sinceMs(): number | undefined {
    return this.#timer !== undefined && this.#clock.monotonic() - this.#tickedAtMs > STANDSTILL_MS ? this.#signMs : undefined;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = this.#clock.schedule(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const sinceMs = this.sinceMs();
    this.#tickedAtMs = this.#clock.monotonic();
    this.#arm();
    if (sinceMs === undefined) this.#signMs = this.#feed.lastSignMs ?? this.#signMs;
    else this.#onStandstill(sinceMs);
  }
}
