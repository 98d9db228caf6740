import type { Accounts, Login } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';
import type { RespRequestLimits } from '@xir/protocol';

import type { FollowedStore } from './changes/followed-store.ts';
import type { MessageRouter } from './messaging.ts';

/** Default of {@link RespLimits.maxConnections}. */
export const DEFAULT_MAX_CONNECTIONS = 10_000;
/** Default of {@link RespLimits.maxOutputBytes}: 32 MiB. */
export const DEFAULT_MAX_OUTPUT_BYTES = 33_554_432;
/** Default of {@link RespLimits.maxBufferedInputBytes}: 256 MiB. */
export const DEFAULT_MAX_BUFFERED_INPUT_BYTES = 268_435_456;
/** Default of {@link RespLimits.outputTimeoutMs}. */
export const DEFAULT_OUTPUT_TIMEOUT_MS = 60_000;
/** Default of {@link RespLimits.loginTimeoutMs}. */
export const DEFAULT_LOGIN_TIMEOUT_MS = 10_000;
/** Default of {@link RespLimits.maxQueuedCommands}. */
export const DEFAULT_MAX_QUEUED_COMMANDS = 10_000;
/** Default of {@link RespLimits.maxTrackedNames}. */
export const DEFAULT_MAX_TRACKED_NAMES = 100_000;
/** Default of {@link RespLimits.maxSubscriptions}. */
export const DEFAULT_MAX_SUBSCRIPTIONS = 1_000;
/** Default of {@link RespLimits.maxScanCursors}. */
export const DEFAULT_MAX_SCAN_CURSORS = 10_000;
/** Default of {@link RespLimits.maxListedNames}. */
export const DEFAULT_MAX_LISTED_NAMES = 1_000_000;

/** What bounds the face. */
export interface RespLimits {
  /** Connections at a time; who comes after that is told so and closed. */
  readonly maxConnections: number;
  /** Bytes of one argument, number of arguments and bytes of one request, after the login. */
  readonly request: RespRequestLimits;
  /** Bytes of requests that are being received, on all connections; past it, who sends more is cut. */
  readonly maxBufferedInputBytes: number;
  /** Bytes that wait for a slow reader before its connection is cut. */
  readonly maxOutputBytes: number;
  /** Milliseconds for which a client may read nothing while 1 MiB of answers wait, before its connection is cut. */
  readonly outputTimeoutMs: number;
  /** Milliseconds for the login to succeed. */
  readonly loginTimeoutMs: number;
  /** Commands between MULTI and EXEC, and keys under WATCH. */
  readonly maxQueuedCommands: number;
  /** Names that are followed for client-side caches, on all connections; past it the oldest are invalidated. */
  readonly maxTrackedNames: number;
  /** Channels, patterns and prefixes that one connection subscribes to. */
  readonly maxSubscriptions: number;
  /** Cursors of SCAN that are remembered, on all connections; the oldest are forgotten first. */
  readonly maxScanCursors: number;
  /** Names in one answer of KEYS and DBSIZE. */
  readonly maxListedNames: number;
}

/** What a neuron is to its clients, as `ServingGate` of `@xir/router` says it. */
export type RespStanding = 'serving' | 'holding' | 'isolated' | 'away';

/** How the face is made. */
export interface RespOptions {
  /** Where values are. Not closed by the face. */
  readonly store: FollowedStore;
  /** Who may log in. Not closed by the face. */
  readonly accounts: Accounts;
  /** Channels over all neurons, such as a `Router`: SUBSCRIBE, PSUBSCRIBE and PUBLISH are theirs. Default: messages stay on this neuron. Not closed by the face. */
  readonly router?: MessageRouter;
  /** What this neuron is to its clients now; where it is not `serving`, nobody publishes to channels of the router or begins to listen to them. Default: `serving`. */
  readonly standing?: () => RespStanding;
  /** The secret from which the key of tokens is derived; default: no token logs in. */
  readonly systemSecret?: string;
  /** Names this neuron in INFO. */
  readonly neuron: string;
  /** Version in INFO and HELLO. */
  readonly version?: string;
  readonly clock?: Clock;
  readonly limits?: Partial<Omit<RespLimits, 'request'>> & { readonly request?: Partial<RespRequestLimits> };
  /** Counts a command of a client that is logged in, for statistics; the entity is `/tcp/` and the command's name in capitals. Called for each: has to be quick, and must not throw. */
  readonly countRequest?: (login: Login, entity: string) => void;
  /** Told about failures that nobody planned for; holds no argument of a request. */
  readonly onError?: (error: unknown) => void;
}
