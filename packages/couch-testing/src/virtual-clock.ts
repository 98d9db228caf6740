import type { Clock, Timer } from '@xir/couch-client';

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A clock that stands still until it is driven. Timers run in the order of their due time, then of their making; after each one everything that
 * became ready settles before time goes on, so that a run is the same every time.
 */
export class VirtualClock implements Clock {
  #monotonicMs = 0;
  #wallOffsetMs: number;
  #order = 0;
  readonly #entries = new Set<Entry>();

  /** `startMs` is the wall-clock time at the beginning. Default: 2026-01-01T00:00:00Z. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallOffsetMs = startMs;
  }

  now(): number {
    return this.#wallOffsetMs + this.#monotonicMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  schedule(delayMs: number, run: () => void): Timer {
    const entry: Entry = { dueMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#entries.add(entry);
    return { cancel: () => void this.#entries.delete(entry) };
  }

  /** Moves the wall clock alone, as an administrator or NTP does. */
  stepWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Number of timers that have not run. */
  get pendingTimers(): number {
    return this.#entries.size;
  }

  /** Milliseconds until the next timer is due, or `undefined` when there is none. */
  get nextDelayMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.dueMs - this.#monotonicMs;
  }

  /** Lets time pass, running what becomes due. Resolves when everything has settled. */
  async advance(byMs: number): Promise<void> {
    const targetMs = this.#monotonicMs + byMs;
    await settle();
    for (let next = this.#next(); next !== undefined && next.dueMs <= targetMs; next = this.#next()) {
      this.#entries.delete(next);
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      next.run();
      await settle();
    }
    this.#monotonicMs = targetMs;
    await settle();
  }

  /**
   * Lets time pass until `fact` holds, at most `withinMs`; rejects when it does not come true in that time.
   * Time goes from timer to timer, so it stops at the first moment at which the fact holds.
   */
  async advanceUntil(fact: () => boolean, withinMs: number): Promise<void> {
    const endMs = this.#monotonicMs + withinMs;
    await settle();
    while (!fact()) {
      const next = this.#next();
      if (next === undefined || next.dueMs > endMs) throw new Error(`not true within ${withinMs} ms of virtual time`);
      await this.advance(next.dueMs - this.#monotonicMs);
    }
  }

  #next(): Entry | undefined {
    let best: Entry | undefined;
    for (const entry of this.#entries) {
      if (best === undefined || entry.dueMs < best.dueMs || (entry.dueMs === best.dueMs && entry.order < best.order)) best = entry;
    }
    return best;
  }
}

/** Resolves when everything that is ready to run has run: promises and what they lead to, without time passing. */
export async function settle(): Promise<void> {
  // Two turns of the event loop: one drains the promises that are ready, the second those that a stream releases by `nextTick`.
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
