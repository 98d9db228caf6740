import type { FeedCounters, FeedEvent } from './events.ts';
import type { FeedObstacle, FollowerStateKind } from './follower-state.ts';

/** A proof that everything committed before `asOfMs` was handed over and acknowledged. */
export interface FreshnessProof {
  /** Monotonic milliseconds of the feed's clock at which the proving probe began. */
  readonly asOfMs: number;
}

/** What one probe found. */
export interface ProbeResult {
  /** Monotonic milliseconds at which it began. */
  readonly startedAtMs: number;
  /** Rows behind the last received position that were not fetched by the probe. 0: everything is queued. */
  readonly pending: number;
  /** Rows the probe fetched ahead of the stream and queued. */
  readonly rows: number;
}

/** Settings of {@link ChangeFeed.prove}. */
export interface ProveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until `FEED_NOT_PROVED`. Default `DEFAULT_PROVE_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

/**
 * A followed change feed. Iterate it once. Asking for the next event marks the one before as finished (with `acknowledge: 'manual'`, its `ack()` does);
 * the checkpoint never passes what is unfinished. Ends when it is closed or its signal is aborted; rejects with a `FeedError` when it cannot go on.
 */
export interface ChangeFeed extends AsyncIterable<FeedEvent>, AsyncDisposable {
  readonly state: FollowerStateKind;
  /** What keeps the feed from being followed; `undefined` while nothing does. Stays while it is tried again. */
  readonly obstacle: FeedObstacle | undefined;
  /** Position behind everything finished; `undefined` until the first connection. Opaque. */
  readonly lastAppliedSeq: string | undefined;
  /** Monotonic milliseconds at which bytes last came, or a probe was answered that found nothing missing; `undefined` before the first. Attempts do not count. */
  readonly lastSignMs: number | undefined;
  /** Milliseconds since `lastSignMs`; `Infinity` before the first sign. */
  ageMs(): number;
  /** Rows received that the consumer has not finished: queued, or handed over and not acknowledged. */
  readonly waitingRows: number;
  readonly counters: FeedCounters;
  /**
   * Waits until everything committed before this call is handed over and acknowledged. Probes are shared by all who asked before one began. Rejects with
   * `FEED_NOT_PROVED` when time runs out or the signal is aborted, `FEED_CLOSED` when the feed ends.
   */
  prove(options?: ProveOptions): Promise<FreshnessProof>;
  /** Asks the database once what there is behind the last received position and queues it. Rejects with a `CouchError`, or `FEED_CLOSED`. */
  probe(signal?: AbortSignal): Promise<ProbeResult>;
  /**
   * Looks now, not at the next interval, whether the database is still the one it was and whether documents were purged, and connects anew if so; a `prove` that
   * follows waits until what that led to is acknowledged. Does nothing while no connection stands. Rejects with a `CouchError`, or `FEED_CLOSED`.
   */
  inspect(): Promise<void>;
  /** Stops following, saves the checkpoint, ends the iteration. Idempotent. */
  close(): Promise<void>;
}
