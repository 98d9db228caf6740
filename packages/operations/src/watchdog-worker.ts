/** Exit status of a process that the watchdog ended: 128 + SIGKILL, the only end a blocked main thread cannot hinder. */
export const WATCHDOG_EXIT_STATUS = 137;

/**
 * The thread that watches. It is handed to `Worker` as text, so that it runs from sources and from a bundle alike.
 *
 * The main thread counts beats in shared memory. Time is added to the stall by the watcher's own ticks, at most two
 * tick lengths each: a whole process that was stopped (SIGSTOP, a suspended laptop) is not mistaken for a blocked loop.
 * It writes to file descriptor 2 itself, since a worker's `console` needs the main thread.
 */
export const WATCHDOG_WORKER_SOURCE = `
'use strict';
const { workerData, parentPort } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { beats, tickMs, stallWarningMs, stallAbortMs } = workerData;
const state = new Int32Array(beats);
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const log = (level, stallMs, msg) => {
  const line = JSON.stringify({ level, time: new Date().toISOString(), pid: process.pid, component: 'watchdog', stallMs, msg });
  try { writeSync(2, line + '\\n'); } catch { /* standard error may be closed or full: the watchdog goes on */ }
};
let seen = Atomics.load(state, 0);
let last = performance.now();
let stallMs = 0;
let warned = false;
while (Atomics.load(state, 1) === 0) {
  Atomics.wait(sleeper, 0, 0, tickMs);
  const now = performance.now();
  const elapsedMs = Math.min(now - last, 2 * tickMs);
  last = now;
  const beat = Atomics.load(state, 0);
  if (beat !== seen) {
    seen = beat;
    if (warned) {
      parentPort.postMessage({ stallMs: Math.round(stallMs) });
      log('warn', Math.round(stallMs), 'the event loop runs again');
    }
    stallMs = 0;
    warned = false;
    continue;
  }
  stallMs += elapsedMs;
  if (!warned && stallMs >= stallWarningMs) {
    warned = true;
    log('error', Math.round(stallMs), 'the event loop is blocked');
  }
  if (stallAbortMs > 0 && stallMs >= stallAbortMs) {
    log('fatal', Math.round(stallMs), 'OPERATIONS_LOOP_BLOCKED: the event loop is blocked for ' + Math.round(stallMs)
      + ' ms, more than ' + stallAbortMs + ' ms; the process ends itself so that its supervisor starts it again');
    process.kill(process.pid, 'SIGKILL');
  }
}
`;
