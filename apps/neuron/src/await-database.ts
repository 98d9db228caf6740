import { backoffDelayMs, type Clock, type Random } from '@xir/couch-client';

/** How long a neuron that starts waits for its database, in milliseconds. */
export const DEFAULT_DATABASE_WAIT_MS = 600_000;
/** Longest pause between two attempts to open the database, in milliseconds. */
export const MAX_DATABASE_RETRY_MS = 10_000;

/** What {@link awaitDatabase} works with. */
export interface AwaitDatabaseOptions {
  /** Milliseconds from the first attempt on after which no other is made. 0: one attempt. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the waiting; the reason is thrown. */
  readonly signal: AbortSignal;
  /** Whether a failure may be over at the next attempt: a refused login is not. */
  readonly isPassing: (error: unknown) => boolean;
  /** An attempt failed, and the next one comes in so many milliseconds. */
  readonly onWait: (error: unknown, retryInMs: number) => void;
}

/**
 * Opens the database as soon as it is there: hosts that start together start their services in any order. Rejects with the last failure when the time is up or the failure
 * is not one that passes, and with the signal's reason.
 */
export async function awaitDatabase<Opened>(open: () => Promise<Opened>, options: AwaitDatabaseOptions): Promise<Opened> {
  const { waitMs, clock, random, signal, isPassing, onWait } = options;
  const untilMs = clock.monotonic() + waitMs;
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await open();
    } catch (error) {
      signal.throwIfAborted();
      const leftMs = untilMs - clock.monotonic();
      if (leftMs <= 0 || !isPassing(error)) throw error;
      const retryInMs = Math.min(leftMs, backoffDelayMs(attempt, random, { maxMs: MAX_DATABASE_RETRY_MS }));
      onWait(error, retryInMs);
      await pause(clock, retryInMs, signal);
    }
  }
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    const timer = clock.schedule(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
