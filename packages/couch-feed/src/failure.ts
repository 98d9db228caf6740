import { isCouchError } from '@xir/couch-client';
import type { FollowerEvent } from './follower-state.ts';

/** The follower's event for what a request failed with. Pure. */
export function failureEvent(error: unknown): FollowerEvent {
  if (!isCouchError(error)) return { type: 'broken' };
  switch (error.code) {
    case 'COUCH_UNAUTHORIZED':
      return { type: 'unauthorized' };
    case 'COUCH_FORBIDDEN':
      return { type: 'forbidden' };
    case 'COUCH_NOT_FOUND':
      return { type: 'missing' };
    case 'COUCH_BUSY':
      return { type: 'busy', retryAfterMs: error.retryAfterMs };
    default:
      return { type: 'broken' };
  }
}
