import type { ChangeRow } from './change-row.ts';
import type { FeedMode, FeedWarning, FollowerStateKind } from './follower-state.ts';

/** Why everything that was learnt from the feed so far must be forgotten. */
export const RESET_REASONS = ['recreated', 'restored', 'purged', 'checkpoint-expired'] as const;

/** One of {@link RESET_REASONS}. */
export type ResetReason = (typeof RESET_REASONS)[number];

/** Rows in the order of the feed. At least once: the same row may come again, and old rows too. */
export interface ChangesEvent {
  readonly type: 'changes';
  /** Wanted rows. */
  readonly rows: readonly ChangeRow[];
  /** Position behind these rows; `undefined` for rows a probe brought ahead of the stream. */
  readonly lastSeq: string | undefined;
  /** Marks the rows as finished. Called for you when the next event is asked for, unless the feed was opened with `acknowledge: 'manual'`. Idempotent. */
  ack(): void;
}

/** Everything committed before `asOfMs` has been handed over. Comes after the start, after a reset and after a disturbance. */
export interface CaughtUpEvent {
  readonly type: 'caught-up';
  /** Monotonic milliseconds of the feed's clock. */
  readonly asOfMs: number;
  /** The database's `purge_seq` as far as purges have been handed over. Opaque. */
  readonly purgeSeq: string;
}

/** The database is not the one it was: forget everything. Rows follow from `since`. */
export interface ResetEvent {
  readonly type: 'reset';
  readonly reason: ResetReason;
  readonly since: string;
  /** The database's `purge_seq` now. Opaque. */
  readonly purgeSeq: string;
  /** Marks the reset as carried out, like `ChangesEvent.ack`: until then no checkpoint is saved, so that a crash repeats it. */
  ack(): void;
}

/** Documents that were purged: they left without a row. May name documents purged long ago. */
export interface PurgedEvent {
  readonly type: 'purged';
  readonly ids: readonly string[];
  /** The database's `purge_seq` behind them. Opaque. */
  readonly purgeSeq: string;
  /** Marks the purge as carried out, like `ChangesEvent.ack`. */
  ack(): void;
}

/** The follower's state changed. Informative: old ones are dropped when nobody reads. */
export interface StatusEvent {
  readonly type: 'status';
  readonly state: FollowerStateKind;
  readonly mode: FeedMode;
}

/** Something an operator should know; the feed goes on. Informative like a status. */
export interface WarningEvent {
  readonly type: 'warning';
  readonly warning: FeedWarning;
  readonly message: string;
}

/** What a feed yields. */
export type FeedEvent = ChangesEvent | CaughtUpEvent | ResetEvent | PurgedEvent | StatusEvent | WarningEvent;

/** Figures since the feed was opened. */
export interface FeedCounters {
  /** Rows received, wanted or not. */
  readonly rows: number;
  readonly rowBytes: number;
  /** Rows handed on. */
  readonly wantedRows: number;
  /** Lines that could not be understood. */
  readonly quarantined: number;
  /** Rows that show several leaf revisions (`style=all_docs`). */
  readonly conflicted: number;
  readonly heartbeats: number;
  readonly bytes: number;
  readonly connections: number;
  readonly resets: number;
  readonly probes: number;
  readonly purged: number;
  readonly checkpoints: number;
  /** Milliseconds spent not reading because the consumer was slow. */
  readonly pausedMs: number;
}
