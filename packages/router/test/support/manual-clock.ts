import type { Clock, Timer } from '@xir/couch-client';

/** A clock that a test drives. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #wallMs = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Lets time pass: runs what is due, in order, and what follows from it. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    for (let due = this.#next(endMs); due !== undefined; due = this.#next(endMs)) {
      this.#move(due.atMs);
      this.#timers.delete(due);
      due.run();
      await settled();
    }
    this.#move(endMs);
    await settled();
  }

  /** Time passes, and nothing runs: the process stands still. What is due runs afterwards. */
  standStill(byMs: number): void {
    this.#move(this.#nowMs + byMs);
  }

  /** The wall clock steps. */
  step(byMs: number): void {
    this.#wallMs += byMs;
  }

  #next(endMs: number) {
    return [...this.#timers].filter(({ atMs }) => atMs <= endMs).sort((left, right) => left.atMs - right.atMs)[0];
  }

  #move(toMs: number): void {
    if (toMs <= this.#nowMs) return;
    this.#wallMs += toMs - this.#nowMs;
    this.#nowMs = toMs;
  }
}

/** All promises that can be settled without time are. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
