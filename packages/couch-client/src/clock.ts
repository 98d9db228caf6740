/** A pending timer of a {@link Clock}. */
export interface Timer {
  /** Keeps the timer from running; harmless when it already has. */
  cancel(): void;
}

/** Time, handed in so that tests and simulations can drive it. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970 UTC. May step. */
  now(): number;
  /** Milliseconds since some fixed moment. Never goes back. */
  monotonic(): number;
  /** Runs `run` once after `delayMs` milliseconds. Does not keep the process alive. */
  schedule(delayMs: number, run: () => void): Timer;
}

/** A source of numbers in `[0, 1)`, handed in for the same reason. */
export type Random = () => number;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** The machine's own randomness. */
export const systemRandom: Random = () => Math.random();
