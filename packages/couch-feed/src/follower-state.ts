/** What a follower can be doing. See SPEC.md. */
export const FOLLOWER_STATES = [
  'idle',
  'identifying',
  'connecting',
  'streaming',
  'polling',
  'backing-off',
  're-authenticating',
  'failed',
  'closed',
] as const;

/** One of {@link FOLLOWER_STATES}. */
export type FollowerStateKind = (typeof FOLLOWER_STATES)[number];

/** What can happen to a follower. */
export const FOLLOWER_EVENTS = [
  'start',
  'identified',
  'opened',
  'bytes',
  'ended',
  'broken',
  'busy',
  'unauthorized',
  'forbidden',
  'missing',
  'deadline',
  'timer',
  'reconnect',
  'close',
] as const;

/** One of {@link FOLLOWER_EVENTS}. */
export type FollowerEventKind = (typeof FOLLOWER_EVENTS)[number];

/** How changes are asked for: one endless answer, or one answer per change or time-out. */
export type FeedMode = 'continuous' | 'longpoll';

/** What keeps a feed from being followed. */
export const FEED_OBSTACLES = ['unreachable', 'silent', 'busy', 'unauthorized', 'forbidden', 'missing'] as const;

/** One of {@link FEED_OBSTACLES}: no connection, no answer in time, 429 or 503, 401, 403, or a database that does not exist. */
export type FeedObstacle = (typeof FEED_OBSTACLES)[number];

/** Everything a follower's next step depends on. Immutable. */
export interface FollowerState {
  readonly kind: FollowerStateKind;
  readonly mode: FeedMode;
  /** Failures in a row. Only bytes set it back. */
  readonly failures: number;
  /** Harmless endings in a row of connections that neither lasted nor brought rows. */
  readonly endings: number;
  /** Whether this connection brought any byte. */
  readonly sawBytes: boolean;
  /** Whether this connection brought rows. */
  readonly progressed: boolean;
  /** Monotonic time at which this connection was asked for. */
  readonly askedAtMs: number;
  /** Whether the server refused our credentials since it last accepted them. */
  readonly refusedOnce: boolean;
  /** Monotonic time from which a continuous feed is tried again behind a proxy that buffers; `Infinity` when none was met. */
  readonly continuousAgainAtMs: number;
  /** What the last request met; taken away when a feed is opened or gives bytes, not by tries. */
  readonly obstacle: FeedObstacle | undefined;
}

/** One event, with what it tells. */
export interface FollowerEvent {
  readonly type: FollowerEventKind;
  /** With `bytes`: whether rows were among them. */
  readonly rows?: boolean;
  /** With `busy`: what the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Time, chance and settings of one step. */
export interface FollowerStep {
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  /** A number in `[0, 1)`. */
  readonly random: number;
  readonly heartbeatMs: number;
  readonly onMissing: 'wait' | 'fail';
  readonly onUnauthorized: 'wait' | 'fail';
  /** Milliseconds after which a continuous feed is tried again behind a proxy that buffers. */
  readonly retryContinuousMs: number;
  /** Longest pause between two tries, in milliseconds; a server that forbids us is left alone for longer. */
  readonly maxBackoffMs: number;
}

/** What the edge must do after a step. */
export type FollowerAction =
  | { readonly type: 'identify' }
  | { readonly type: 'connect'; readonly mode: FeedMode }
  | { readonly type: 'abort' }
  | { readonly type: 'wait'; readonly delayMs: number }
  | { readonly type: 'warn'; readonly warning: FeedWarning }
  | { readonly type: 'fail'; readonly code: 'FEED_UNAUTHORIZED' | 'FEED_DATABASE_MISSING' };

/** What an operator should know although the feed goes on. */
export const FEED_WARNINGS = [
  'buffering-proxy',
  'silent-connection',
  'forbidden',
  'unauthorized',
  'database-missing',
  'quarantined',
  'stalled',
  'checkpoint-corrupt',
  'checkpoint-failed',
  'purge-unknown',
  'identity-failed',
] as const;

/** One of {@link FEED_WARNINGS}. */
export type FeedWarning = (typeof FEED_WARNINGS)[number];

/** A follower that has not begun. */
export const INITIAL_FOLLOWER_STATE: FollowerState = {
  kind: 'idle',
  mode: 'continuous',
  failures: 0,
  endings: 0,
  sawBytes: false,
  progressed: false,
  askedAtMs: 0,
  refusedOnce: false,
  continuousAgainAtMs: Infinity,
  obstacle: undefined,
};
