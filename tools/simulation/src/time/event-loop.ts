import type { SimulatedClock } from './simulated-clock.ts';

/** The platform's own: one turn of it comes when no promise is ready any more. */
const platformImmediate = globalThis.setImmediate;

/** Events after which a run is taken to go in circles. */
const MAX_EVENTS = 20_000;

/**
 * Drives a clock: runs one event after the other, and after each one every promise that has become ready. While it is installed, `setImmediate` of the code under
 * test is an event of this loop too, so that a run is the same every time.
 */
export class EventLoop {
  readonly clock: SimulatedClock;
  #immediates: (() => void)[] = [];
  /** Called when everything that an event has led to has run, without time passing. */
  readonly onSettled = new Set<() => void>();
  /** Events that were run. */
  events = 0;

  constructor(clock: SimulatedClock) {
    this.clock = clock;
  }

  /** Puts this loop in the place of the platform's `setImmediate`; the answer takes it out again. */
  install(): () => void {
    const before = globalThis.setImmediate;
    const immediate = (run: (...values: unknown[]) => void, ...values: unknown[]): void => void this.#immediates.push(() => run(...values));
    globalThis.setImmediate = immediate as unknown as typeof setImmediate;
    return () => (globalThis.setImmediate = before);
  }

  /** Resolves when everything that is ready has run, without time passing. */
  async settle(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => platformImmediate(resolve));
      if (this.#immediates.length === 0) {
        for (const look of this.onSettled) look();
        return;
      }
      const due = this.#immediates;
      this.#immediates = [];
      for (const run of due) this.#run(run);
    }
  }

  /** Lets time pass up to a monotonic moment, or until `done` holds after an event. */
  async runUntil(untilMs: number, done?: () => boolean): Promise<void> {
    await this.settle();
    while (done?.() !== true) {
      const run = this.clock.take(untilMs);
      if (run === undefined) return;
      this.#run(run);
      await this.settle();
    }
  }

  /** Lets time pass. */
  run(forMs: number, done?: () => boolean): Promise<void> {
    return this.runUntil(this.clock.monotonic() + forMs, done);
  }

  #run(run: () => void): void {
    this.events += 1;
    if (this.events > MAX_EVENTS) throw new Error(`more than ${MAX_EVENTS} events`);
    run();
  }
}
