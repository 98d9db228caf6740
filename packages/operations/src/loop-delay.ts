import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Delay of the event loop since the last reading, in milliseconds. */
export interface LoopDelay {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Measures how late timers run. */
export interface LoopDelayMonitor extends Disposable {
  /** The delay since the last call, or since the start. */
  read(): LoopDelay;
  /** Stops measuring. Idempotent. */
  close(): void;
}

/** Default resolution of the measurement, in milliseconds. */
export const DEFAULT_LOOP_DELAY_RESOLUTION_MS = 20;

/** Starts measuring the delay of this thread's event loop (`perf_hooks.monitorEventLoopDelay`). */
export function startLoopDelayMonitor(resolutionMs: number = DEFAULT_LOOP_DELAY_RESOLUTION_MS): LoopDelayMonitor {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  const close = () => {
    histogram.disable();
  };
  return {
    read() {
      // The histogram holds whole intervals: an idle loop shows the resolution itself, which is no delay.
      const delayMs = (nanoseconds: number) => (Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - resolutionMs) : 0);
      const reading = histogram.count === 0
        ? { meanMs: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 }
        : {
            meanMs: delayMs(histogram.mean),
            p50Ms: delayMs(histogram.percentile(50)),
            p99Ms: delayMs(histogram.percentile(99)),
            maxMs: delayMs(histogram.max),
          };
      histogram.reset();
      return reading;
    },
    close,
    [Symbol.dispose]: close,
  };
}
