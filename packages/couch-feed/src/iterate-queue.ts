import type { FeedEvent } from './events.ts';
import type { FeedQueue } from './feed-queue.ts';

/**
 * The consumer's side of a queue. With `'next'`, asking for an event finishes the one before; leaving the loop early does not. `close` is called when
 * the loop is left. Not a generator, whose `return` would wait for an event that may never come.
 */
export function iterateQueue(queue: FeedQueue, acknowledge: 'next' | 'manual', close: () => Promise<void>): AsyncIterator<FeedEvent, undefined> {
  let last: { ack(): void } | undefined;
  return {
    async next() {
      if (acknowledge === 'next') last?.ack();
      last = undefined;
      const event = await queue.next();
      if (event === undefined) return { done: true, value: undefined };
      if ('ack' in event) last = event;
      return { done: false, value: event };
    },
    async return() {
      await close();
      return { done: true, value: undefined };
    },
  };
}
