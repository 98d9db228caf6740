import { Worker } from 'node:worker_threads';
import { OperationsError } from './errors.ts';
import type { Logger } from './logger.ts';
import { WATCHDOG_WORKER_SOURCE } from './watchdog-worker.ts';

/** How the event loop is watched. Times are milliseconds. */
export interface WatchdogOptions {
  /** A stall this long is logged and counted; default {@link DEFAULT_WATCHDOG_WARNING_MS}. */
  readonly stallWarningMs?: number;
  /** A stall this long ends the process; default {@link DEFAULT_STALL_ABORT_MS}; 0: never. */
  readonly stallAbortMs?: number;
  /** How often both threads look; default {@link DEFAULT_WATCHDOG_TICK_MS}. */
  readonly tickMs?: number;
  readonly logger: Logger;
}

/** What the watchdog has seen. */
export interface WatchdogSnapshot {
  /** Stalls past `stallWarningMs` since the start. */
  readonly stalls: number;
  /** Milliseconds of all of them together. */
  readonly stalledMs: number;
  /** The longest of the last minute, in milliseconds. */
  readonly recentStallMs: number;
}

/** A running watchdog. */
export interface Watchdog extends AsyncDisposable {
  snapshot(): WatchdogSnapshot;
  /** Stops watching. Idempotent. */
  close(): Promise<void>;
}

/** Default of {@link WatchdogOptions.stallAbortMs}. */
export const DEFAULT_STALL_ABORT_MS = 10_000;
/** Default of {@link WatchdogOptions.stallWarningMs}. */
export const DEFAULT_WATCHDOG_WARNING_MS = 1000;
/** Default of {@link WatchdogOptions.tickMs}. */
export const DEFAULT_WATCHDOG_TICK_MS = 100;

const RECENT_MS = 60_000;
const MAX_RECENT_STALLS = 600;

/**
 * Watches this thread's event loop from another thread: a blocked loop is logged while it is blocked, counted when it
 * runs again, and past `stallAbortMs` the process is ended (SIGKILL, status 137) with a last line on standard error.
 * Throws `OPERATIONS_BAD_OPTION` for times that make no sense together.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const tickMs = options.tickMs ?? DEFAULT_WATCHDOG_TICK_MS;
  const stallWarningMs = options.stallWarningMs ?? DEFAULT_WATCHDOG_WARNING_MS;
  const stallAbortMs = options.stallAbortMs ?? DEFAULT_STALL_ABORT_MS;
  if (!(tickMs >= 1) || !(stallWarningMs >= 2 * tickMs) || !(stallAbortMs === 0 || stallAbortMs >= stallWarningMs)) {
    const times = `tickMs ${tickMs}, stallWarningMs ${stallWarningMs}, stallAbortMs ${stallAbortMs}`;
    throw new OperationsError('OPERATIONS_BAD_OPTION', `The watchdog needs 2 × tickMs <= stallWarningMs <= stallAbortMs, not ${times}.`);
  }
  const beats = new SharedArrayBuffer(8);
  const state = new Int32Array(beats);
  const beat = setInterval(() => void Atomics.add(state, 0, 1), tickMs);
  beat.unref();
  const recent: { readonly at: number; readonly stallMs: number }[] = [];
  let stalls = 0;
  let stalledMs = 0;
  const worker = new Worker(WATCHDOG_WORKER_SOURCE, {
    eval: true,
    execArgv: [],
    workerData: { beats, tickMs, stallWarningMs, stallAbortMs },
  });
  worker.on('message', ({ stallMs }: { stallMs: number }) => {
    stalls += 1;
    stalledMs += stallMs;
    recent.push({ at: performance.now(), stallMs });
    if (recent.length > MAX_RECENT_STALLS) recent.shift();
  });
  worker.on('error', (error) => options.logger.error({ error }, 'the watchdog thread failed; stalls are no longer noticed'));
  // After the listeners, since a listener for messages holds the process again.
  worker.unref();

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      clearInterval(beat);
      Atomics.store(state, 1, 1);
      await worker.terminate();
    })();
    return closing;
  };
  return {
    snapshot() {
      const since = performance.now() - RECENT_MS;
      while (recent[0] !== undefined && recent[0].at < since) recent.shift();
      return { stalls, stalledMs, recentStallMs: recent.reduce((longest, { stallMs }) => Math.max(longest, stallMs), 0) };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
