import { backoffDelayMs, type Clock, type Random } from '@xir/couch-client';
import type { Kv4Store, WatchEvent, WatchScope } from '@xir/kv4-core';

/** Longest pause before a watch that broke begins anew, in milliseconds. */
const MAX_PAUSE_MS = 5_000;

/** What following works with. */
export interface FollowParts {
  readonly store: Pick<Kv4Store, 'watch'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: (error: unknown) => void;
}

/** What is done with what is followed. */
export interface FollowHandlers {
  readonly onEvent: (event: WatchEvent) => void;
  /** The watch broke and begins anew: something may be missed. */
  readonly onBreak: () => void;
  readonly signal: AbortSignal;
}

/** Follows every version that is stored in a scope until the signal is aborted; a watch that breaks begins anew, after a pause that grows. Never rejects. */
export async function followStored({ store, clock, random, onError }: FollowParts, scope: WatchScope, { onEvent, onBreak, signal }: FollowHandlers): Promise<void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      for await (const event of store.watch(scope, { signal, history: true })) {
        failures = 0;
        onEvent(event);
      }
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    if (signal.aborted) return;
    onBreak();
    await new Promise<void>((resolve) => {
      const timer = clock.schedule(backoffDelayMs(failures, random, { maxMs: MAX_PAUSE_MS }), resolve);
      signal.addEventListener('abort', () => (timer.cancel(), resolve()), { once: true });
    });
  }
}
