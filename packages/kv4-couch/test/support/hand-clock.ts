import { systemClock, type Clock, type Timer } from '@xir/couch-client';

/** Wall-clock time that stands still until it is moved on by hand; timers run as the machine's do. */
export class HandClock implements Clock {
  #nowMs = systemClock.now();

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  schedule(delayMs: number, run: () => void): Timer {
    return systemClock.schedule(delayMs, run);
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
