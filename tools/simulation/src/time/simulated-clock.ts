import type { Clock, Timer } from '@xir/couch-client';

class Entry implements Timer {
  readonly dueMs: number;
  readonly order: number;
  run: (() => void) | undefined;

  constructor(dueMs: number, order: number, run: () => void) {
    this.dueMs = dueMs;
    this.order = order;
    this.run = run;
  }

  cancel(): void {
    this.run = undefined;
  }
}

/** Wall-clock time at the beginning of every run: 2026-01-01T00:00:00Z. */
export const START_MS = Date.UTC(2026, 0, 1);

/** Moments lie on a grid of binary fractions, so that sums and differences of them are exact. */
const TICKS_PER_MS = 16;

/**
 * A clock that stands still until it is driven. What is due first runs first; of what is due at the same moment, what was scheduled first. Timers lie in a binary
 * heap; a cancelled one is dropped when its time comes.
 */
export class SimulatedClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  now(): number {
    return START_MS + Math.floor(this.#nowMs);
  }

  monotonic(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): Timer {
    const entry = new Entry(this.#nowMs + Math.ceil(Math.max(0, delayMs) * TICKS_PER_MS) / TICKS_PER_MS, this.#order++, run);
    this.#push(entry);
    return entry;
  }

  /** Takes the next event that is due by `untilMs` and moves time to it; `undefined`: there is none, and time stands at `untilMs`. */
  take(untilMs: number): (() => void) | undefined {
    const heap = this.#heap;
    for (;;) {
      const first = heap[0];
      if (first === undefined || first.dueMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return undefined;
      }
      this.#pop();
      const { run } = first;
      if (run === undefined) continue;
      this.#nowMs = Math.max(this.#nowMs, first.dueMs);
      first.run = undefined;
      return run;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (isBefore(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    const { length } = heap;
    if (length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      const below = heap[child] as Entry;
      if (isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

/** The clock of one host: the same time, but a wall clock of its own. */
export class HostClock implements Clock {
  readonly #inner: SimulatedClock;
  /** By how much the host's wall clock is wrong, in milliseconds. */
  skewMs: number;

  constructor(inner: SimulatedClock, skewMs: number) {
    this.#inner = inner;
    this.skewMs = skewMs;
  }

  now(): number {
    return this.#inner.now() + this.skewMs;
  }

  monotonic(): number {
    return this.#inner.monotonic();
  }

  schedule(delayMs: number, run: () => void): Timer {
    return this.#inner.schedule(delayMs, run);
  }
}
