import type { Accounts, CachedStore, Login } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';

/** Default of {@link WebSocketLimits.maxConnections}. */
export const DEFAULT_MAX_CONNECTIONS = 10_000;
/** Default of {@link WebSocketLimits.maxFrameBytes}: twice the largest value of KV4. */
export const DEFAULT_MAX_FRAME_BYTES = 2_097_152;
/** Default of {@link WebSocketLimits.maxBufferedInputBytes}: 256 MiB. */
export const DEFAULT_MAX_BUFFERED_INPUT_BYTES = 268_435_456;
/** Default of {@link WebSocketLimits.maxOutputBytes}: 32 MiB. */
export const DEFAULT_MAX_OUTPUT_BYTES = 33_554_432;
/** Default of {@link WebSocketLimits.outputTimeoutMs}. */
export const DEFAULT_OUTPUT_TIMEOUT_MS = 60_000;
/** Default of {@link WebSocketLimits.loginTimeoutMs}. */
export const DEFAULT_LOGIN_TIMEOUT_MS = 10_000;
/** Default of {@link WebSocketLimits.maxRequestsInFlight}. */
export const DEFAULT_MAX_REQUESTS_IN_FLIGHT = 1_000;
/** Default of {@link WebSocketLimits.maxWatches}. */
export const DEFAULT_MAX_WATCHES = 1_000;
/** Default of {@link WebSocketLimits.pingIntervalMs}. */
export const DEFAULT_PING_INTERVAL_MS = 30_000;

/** What bounds the face. */
export interface WebSocketLimits {
  /** Connections at a time; who comes after that gets HTTP status 503. */
  readonly maxConnections: number;
  /** Bytes of one message of a client, after the login; before it, 16 KiB. */
  readonly maxFrameBytes: number;
  /** Bytes of messages that are being received, on all connections; past it, who sends more is cut. */
  readonly maxBufferedInputBytes: number;
  /** Bytes that wait for a slow reader before its connection is cut. */
  readonly maxOutputBytes: number;
  /** Milliseconds for which a client may read nothing while 1 MiB waits, before its connection is cut. */
  readonly outputTimeoutMs: number;
  /** Milliseconds for the login to succeed. */
  readonly loginTimeoutMs: number;
  /** Requests of one connection that are not answered yet; those of a batch count one each. More are refused. */
  readonly maxRequestsInFlight: number;
  /** Watches of one connection. */
  readonly maxWatches: number;
  /** Milliseconds between two pings; a client that was silent from one to the next is cut. */
  readonly pingIntervalMs: number;
}

/** How the face is made. */
export interface WebSocketOptions {
  /** Where values are. Not closed by the face. */
  readonly store: CachedStore;
  /** Who may log in. Not closed by the face. */
  readonly accounts: Accounts;
  /** The secret from which the key of tokens is derived. */
  readonly systemSecret: string;
  readonly clock?: Clock;
  /** Take the client's address from the last entry of `X-Forwarded-For`, which a trusted proxy has set. Default false. */
  readonly trustProxy?: boolean;
  /** Offer permessage-deflate (RFC 7692). Default false: it costs several times the work of an answer, and memory per connection. */
  readonly compression?: boolean;
  readonly limits?: Partial<WebSocketLimits>;
  /** Counts a request of a client that is logged in, those of a batch one by one, for statistics; the entity is `/ws/` and the operation. Called for each: has to be quick, and must not throw. */
  readonly countRequest?: (login: Login, entity: string) => void;
  /** Told about failures that nobody planned for; holds nothing of a request. */
  readonly onError?: (error: unknown) => void;
}

/** The limits with defaults for what was not given. Throws `TypeError` for a limit that is no positive number. */
export function completeLimits(limits: Partial<WebSocketLimits> = {}): WebSocketLimits {
  const complete: WebSocketLimits = {
    maxConnections: limits.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    maxFrameBytes: limits.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
    maxBufferedInputBytes: limits.maxBufferedInputBytes ?? DEFAULT_MAX_BUFFERED_INPUT_BYTES,
    maxOutputBytes: limits.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES,
    outputTimeoutMs: limits.outputTimeoutMs ?? DEFAULT_OUTPUT_TIMEOUT_MS,
    loginTimeoutMs: limits.loginTimeoutMs ?? DEFAULT_LOGIN_TIMEOUT_MS,
    maxRequestsInFlight: limits.maxRequestsInFlight ?? DEFAULT_MAX_REQUESTS_IN_FLIGHT,
    maxWatches: limits.maxWatches ?? DEFAULT_MAX_WATCHES,
    pingIntervalMs: limits.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
  };
  for (const [name, value] of Object.entries(complete)) if (!(value >= 1)) throw new TypeError(`${name} must be at least 1`);
  return complete;
}
