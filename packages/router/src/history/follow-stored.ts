import { backoffDelayMs, type Random } from '@xir/couch-client';
import type { WatchEvent, WatchScope } from '@xir/kv4-core';

import { followScope, type FollowOptions, type FollowParts } from '../follow-scope.ts';

/** Longest pause before a watch that broke begins anew, in milliseconds. */
const MAX_PAUSE_MS = 5_000;

/** Follows every version that is stored in a scope until the signal is aborted; a watch that breaks begins anew, after a pause that grows. Never rejects. */
export function followStored(parts: FollowParts & { readonly random: Random }, scope: WatchScope, { onEvent, ...options }: Pick<FollowOptions, 'onEvent' | 'onBreak' | 'signal'>): Promise<void> {
  let failures = 0;
  const told = (event: WatchEvent): void => {
    failures = 0;
    onEvent(event);
  };
  return followScope(parts, scope, { ...options, history: true, onEvent: told, pauseMs: () => backoffDelayMs(failures++, parts.random, { maxMs: MAX_PAUSE_MS }) });
}
