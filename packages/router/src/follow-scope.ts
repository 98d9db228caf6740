import type { Clock } from '@xir/couch-client';
import type { Kv4Store, WatchEvent, WatchOptions, WatchScope } from '@xir/kv4-core';

/** What {@link followScope} works with. */
export interface FollowParts {
  readonly store: Pick<Kv4Store, 'watch'>;
  readonly clock: Clock;
  /** Told why a watch ended; not of the end that the signal makes. */
  readonly onError: (error: unknown) => void;
}

/** How a scope is followed. */
export interface FollowOptions extends Omit<WatchOptions, 'signal'> {
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: WatchEvent) => void;
  /** A watch begins, the first or another. */
  readonly onBegin?: () => void;
  /** A watch broke, and another will begin: something may be missed. */
  readonly onBreak?: () => void;
  /** Milliseconds until another begins. */
  readonly pauseMs: () => number;
}

/** Watches a scope until the signal is aborted: a watch that ends is begun again, after a pause. Never rejects. */
export async function followScope({ store, clock, onError }: FollowParts, scope: WatchScope, { signal, onEvent, onBegin, onBreak, pauseMs, ...options }: FollowOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      onBegin?.();
      for await (const event of store.watch(scope, { ...options, signal })) onEvent(event);
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    if (signal.aborted) return;
    onBreak?.();
    await new Promise<void>((resolve) => {
      const end = () => {
        timer.cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = clock.schedule(pauseMs(), end);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
