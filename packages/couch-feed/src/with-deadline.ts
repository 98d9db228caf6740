import type { Clock } from '@xir/couch-client';

/** Runs a request with a signal that is aborted after `deadlineMs` on the given clock, or with `parent`. */
export async function withDeadline<T>(clock: Clock, deadlineMs: number, parent: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(parent.reason);
  const timer = clock.schedule(deadlineMs, () => controller.abort(new DOMException(`no answer within ${deadlineMs} ms`, 'TimeoutError')));
  if (parent.aborted) onAbort();
  else parent.addEventListener('abort', onAbort, { once: true });
  try {
    return await run(controller.signal);
  } finally {
    timer.cancel();
    parent.removeEventListener('abort', onAbort);
  }
}
