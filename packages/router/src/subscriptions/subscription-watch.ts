import { checkWatchOptions, coverOf, covers, headId, type WatchEvent, type WatchOptions, type WatchScope } from '@xir/kv4-core';

import type { Router } from '../router.ts';
import type { PresenceChange } from './directory.ts';
import { SUBSCRIPTION_LAYER, subscriptionAddress, subscriptionRecord, subscriptionRecords } from './subscription-records.ts';

/** What is said where a position is asked for: a watch of subscriptions begins anew every time. */
const POSITION = 'live';

/**
 * Follows the subscriptions in a scope. It cannot be resumed: with `after` it begins with `reset`, and tells all values again. What changed before the consumer looked
 * is told as it is then. Throws `KV4_BAD_OPTION`, `KV4_BAD_ADDRESS`.
 */
export async function* watchSubscriptions(router: Router, scope: WatchScope, options: WatchOptions = {}): AsyncGenerator<WatchEvent> {
  const maxQueuedEvents = checkWatchOptions(options);
  const cover = coverOf(scope);
  const { bucket, path = '/' } = 'address' in scope ? scope.address : { bucket: scope.bucket };
  const changed = new Map<string, PresenceChange['peer']>();
  let wake: (() => void) | undefined;
  let isTooSlow = false;
  const stop = router.onPresence(({ peer, type, devices }) => {
    if (type === 'move' || peer.bucket !== bucket || (type === 'leave' && devices > 0)) return;
    const id = headId(subscriptionAddress(peer));
    if (!covers(cover, id)) return;
    if (changed.size >= maxQueuedEvents) isTooSlow = true;
    else changed.set(id, peer);
    wake?.();
  });
  const { signal } = options;
  const onAbort = () => wake?.();
  signal?.addEventListener('abort', onAbort, { once: true });
  const told = new Set<string>();
  try {
    if (options.after !== undefined) yield { type: 'reset', position: POSITION, reason: 'position-unknown' };
    const initial = subscriptionRecords(router.channels({ bucket, path })).filter(({ address }) => covers(cover, headId(address)));
    for (const { address } of initial) told.add(headId(address));
    if (options.initial !== false || options.after !== undefined) {
      for (const record of initial) yield { type: 'put', position: POSITION, record };
      yield { type: 'end-of-initial', position: POSITION };
    }
    while (signal?.aborted !== true) {
      const [next] = changed;
      if (next !== undefined) {
        changed.delete(next[0]);
        const event = eventOf(router, next[1], told);
        if (event !== undefined) yield event;
      } else if (isTooSlow) {
        yield { type: 'reset', position: POSITION, reason: 'slow-consumer' };
        return;
      } else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stop();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** What is now of a user whose subscriptions have changed. */
function eventOf(router: Router, peer: PresenceChange['peer'], told: Set<string>): WatchEvent | undefined {
  const node = router.channel(peer);
  const record = node === undefined ? undefined : subscriptionRecord(node, peer.user);
  const address = subscriptionAddress(peer);
  const id = headId(address);
  if (record !== undefined) {
    told.add(id);
    return { type: 'put', position: POSITION, record };
  }
  // Came and went before the consumer looked: nothing to tell.
  return told.delete(id) ? { type: 'delete', position: POSITION, address } : undefined;
}

/** Whether a watch is one of subscriptions. */
export function isSubscriptionScope(scope: WatchScope): boolean {
  return (scope.type === 'layer' ? scope.layer : scope.address?.layer) === SUBSCRIPTION_LAYER;
}
