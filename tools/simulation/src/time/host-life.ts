import type { Clock, Timer } from '@xir/couch-client';
import type { SimulatedClock } from './simulated-clock.ts';

/** The wall clock of a host. */
export interface WallClock {
  /** By how much it is wrong, in milliseconds. */
  skewMs: number;
}

/**
 * One life of a process, as far as time and others reach it: what is due, or comes from outside, waits while the process stands still, and is lost once it has ended. When
 * it goes on, everything that waited happens in its order before anything that comes later.
 */
export class HostLife implements Clock {
  readonly #time: SimulatedClock;
  readonly #wall: WallClock;
  readonly #held: (() => void)[] = [];
  #isFrozen = false;
  #isDraining = false;
  #hasEnded = false;

  constructor(time: SimulatedClock, wall: WallClock) {
    this.#time = time;
    this.#wall = wall;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  now(): number {
    return this.#time.now() + this.#wall.skewMs;
  }

  monotonic(): number {
    return this.#time.monotonic();
  }

  schedule(delayMs: number, run: () => void): Timer {
    let isOver = false;
    const timer = this.#time.schedule(delayMs, () =>
      this.enter(() => {
        if (!isOver) run();
      }),
    );
    return {
      cancel: () => {
        isOver = true;
        timer.cancel();
      },
    };
  }

  /** Something comes from outside. */
  readonly enter = (run: () => void): void => {
    if (this.#hasEnded) return;
    if (this.#isFrozen || this.#isDraining) this.#held.push(run);
    else run();
  };

  /** The process stands still. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** The process goes on. */
  thaw(): void {
    this.#isFrozen = false;
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#drain();
  }

  /** The process ends without warning. */
  end(): void {
    this.#hasEnded = true;
    this.#held.length = 0;
  }

  #drain(): void {
    this.#time.schedule(0, () => {
      const next = this.#isFrozen ? undefined : this.#held.shift();
      if (next === undefined) this.#isDraining = false;
      else {
        next();
        this.#drain();
      }
    });
  }
}
