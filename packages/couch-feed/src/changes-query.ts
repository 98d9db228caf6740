import type { Query } from '@xir/couch-client';
import type { FeedMode } from './follower-state.ts';

/** Rows asked for by one long poll. */
export const LONGPOLL_LIMIT = 5000;
/** Most rows a probe fetches ahead of the stream. */
export const PROBE_LIMIT = 500;

/** What shapes the rows of a feed. */
export interface RowShape {
  readonly includeDocs: boolean;
  readonly style: 'main_only' | 'all_docs';
}

/** The query of a request that streams changes from `since`. Unfiltered: a filter on the server lets documents leave without a row. Pure. */
export function changesQuery(since: string, mode: FeedMode, heartbeatMs: number, shape: RowShape): Query {
  const rows = { since, style: shape.style, include_docs: shape.includeDocs ? true : undefined };
  if (mode === 'continuous') return { feed: 'continuous', heartbeat: heartbeatMs, ...rows };
  return { feed: 'longpoll', timeout: heartbeatMs, limit: LONGPOLL_LIMIT, ...rows };
}

/** The query of a request that asks what there is behind `since`. Pure. */
export function probeQuery(since: string, limit: number, shape: RowShape): Query {
  return { since, limit, style: shape.style, include_docs: shape.includeDocs ? true : undefined };
}
