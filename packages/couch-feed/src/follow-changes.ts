import type { ChangeFeed } from './feed.ts';
import { Follower } from './follower.ts';
import type { FollowOptions } from './options.ts';

/**
 * Follows the change feed of a CouchDB database and keeps following through everything servers, proxies and networks do. At least once, in the feed's
 * order per document; unfiltered on the server. Begins at once; iterate the answer.
 *
 * Throws a `TypeError` for settings that make no sense.
 */
export function followChanges(options: FollowOptions): ChangeFeed {
  const { heartbeatMs, maxQueueRows, maxQueueBytes, maxBatchRows, maxLineBytes } = options;
  for (const [name, value] of Object.entries({ heartbeatMs, maxQueueRows, maxQueueBytes, maxBatchRows, maxLineBytes })) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) throw new TypeError(`${name} must be a positive number`);
  }
  return new Follower(options);
}
