import type { Clock, CouchDatabase, Random } from '@xir/couch-client';
import type { CheckpointStore } from './checkpoint.ts';
import type { IdentityCheck } from './identity.ts';
import type { RawRow } from './changes-parser.ts';
import type { IncludeDocsMode } from './include-docs.ts';

/** Milliseconds between two signs of life asked of the server. The idle deadline is three of them. */
export const DEFAULT_HEARTBEAT_MS = 10_000;
/** Heartbeats without a byte after which a connection is given up. */
export const DEADLINE_HEARTBEATS = 3;
/** Milliseconds between two looks at the database's identity, purges and standstill. */
export const DEFAULT_INSPECT_INTERVAL_MS = 60_000;
/** Milliseconds after which a continuous feed is tried again behind a proxy that buffers. */
export const DEFAULT_RETRY_CONTINUOUS_MS = 600_000;
/** Milliseconds that `prove` waits. */
export const DEFAULT_PROVE_TIMEOUT_MS = 10_000;
/** Milliseconds until a probe must be answered. */
export const PROBE_DEADLINE_MS = 10_000;
/** Shortest time between two switches of `include_docs`, in milliseconds. */
export const INCLUDE_DOCS_DWELL_MS = 30_000;

/** Settings of `followChanges`; numbers must be positive. */
export interface FollowOptions {
  /** The database to follow. Nothing is written to it unless a checkpoint store or an identity check does. */
  readonly database: CouchDatabase;
  /** Where to begin without a checkpoint: `'now'` (default), `'0'` for everything, or a sequence. */
  readonly since?: string;
  /** Where to begin after a reset. Default: `'0'` when `since` is `'0'`, else `'now'`. */
  readonly resetTo?: 'now' | '0';
  /** Keeps the position across restarts. Default: none. */
  readonly checkpoint?: CheckpointStore;
  /** Default `DEFAULT_CHECKPOINT_INTERVAL_MS`. */
  readonly checkpointIntervalMs?: number;
  /** Default `DEFAULT_MAX_CHECKPOINT_AGE_MS`. */
  readonly maxCheckpointAgeMs?: number;
  /** A further proof of identity. Default: none (`instance_start_time` alone). */
  readonly identity?: IdentityCheck;
  /**
   * Looks at the bytes of a row first: true passes it over, and neither `wanted` nor `passed` is asked. Called for rows whose id is ASCII without escapes; must be quick, and
   * keep nothing of what it is given. What it throws counts as false. Default: nobody looks.
   */
  readonly skip?: (row: RawRow) => boolean;
  /** Which rows to hand over, decided by id before anything is parsed. Default: all. */
  readonly wanted?: (id: string) => boolean;
  /**
   * Told of each row that is not handed over, as it is received, with its winning revision where that can be read without a parse. Must be quick; what it throws is
   * ignored. Default: nobody.
   */
  readonly passed?: (id: string, revision: string | undefined) => void;
  /** Default `'auto'`. */
  readonly includeDocs?: IncludeDocsMode;
  /** `all_docs` (default) lists all leaf revisions, so that conflicts can be counted. */
  readonly style?: 'main_only' | 'all_docs';
  /** `'next'` (default): asking for the next event finishes the one before. `'manual'`: `ack()` does. */
  readonly acknowledge?: 'next' | 'manual';
  /** What a database that does not exist leads to: waiting for it (default) or `FEED_DATABASE_MISSING`. */
  readonly onMissing?: 'wait' | 'fail';
  /** What credentials that are refused a second time in a row lead to: `FEED_UNAUTHORIZED` (default), or trying again with long pauses until they are accepted. */
  readonly onUnauthorized?: 'wait' | 'fail';
  /** Default {@link DEFAULT_HEARTBEAT_MS}. */
  readonly heartbeatMs?: number;
  /** Default {@link DEFAULT_INSPECT_INTERVAL_MS}. */
  readonly inspectIntervalMs?: number;
  /** Default {@link DEFAULT_RETRY_CONTINUOUS_MS}. */
  readonly retryContinuousMs?: number;
  /** Longest pause between two tries while the server cannot be reached, in milliseconds. Default `DEFAULT_BACKOFF_MAX_MS` of `@xir/couch-client`, 57,000. */
  readonly maxBackoffMs?: number;
  /** Default `DEFAULT_MAX_LINE_BYTES`. */
  readonly maxLineBytes?: number;
  /** Default `DEFAULT_MAX_QUEUE_ROWS`. */
  readonly maxQueueRows?: number;
  /** Default `DEFAULT_MAX_QUEUE_BYTES`. */
  readonly maxQueueBytes?: number;
  /** Default `DEFAULT_MAX_BATCH_ROWS`. */
  readonly maxBatchRows?: number;
  /** Default: the client's. */
  readonly clock?: Clock;
  /** Default: the client's. */
  readonly random?: Random;
  /** Ends the feed. */
  readonly signal?: AbortSignal;
}
