import type { IncomingHttpHeaders } from 'node:http';

import type { Accounts, CachedStore } from '@xir/accounts';
import type { Clock, Random } from '@xir/couch-client';

import type { RequestReport } from './request-report.ts';
import type { Service } from './service.ts';

/** Default of {@link RestLimits.maxUrlCharacters}. */
export const DEFAULT_MAX_URL_CHARACTERS = 8192;
/** Default of {@link RestLimits.maxBodyBytes}: CouchDB's own default for a document. */
export const DEFAULT_MAX_BODY_BYTES = 8_000_000;
/** Default of {@link RestLimits.maxBufferedBodyBytes}. */
export const DEFAULT_MAX_BUFFERED_BODY_BYTES = 256_000_000;
/** Default of {@link RestLimits.maxConcurrentRequests}. */
export const DEFAULT_MAX_CONCURRENT_REQUESTS = 4096;
/** Default of {@link RestLimits.answerTimeoutMs}. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 30_000;
/** Default of {@link RestLimits.maxWatches}. */
export const DEFAULT_MAX_WATCHES = 10_000;
/** Default of {@link RestLimits.maxWatchBufferBytes}. */
export const DEFAULT_MAX_WATCH_BUFFER_BYTES = 1_048_576;
/** Default of {@link RestLimits.watchHeartbeatMs}. */
export const DEFAULT_WATCH_HEARTBEAT_MS = 15_000;
/** Default of {@link RestLimits.compressionMinBytes}. */
export const DEFAULT_COMPRESSION_MIN_BYTES = 2048;
/** Default of {@link RestOptions.statsIntervalMs}. */
export const DEFAULT_STATS_INTERVAL_MS = 15_000;
/** Default of {@link RestLimits.maxStatsEntries}. */
export const DEFAULT_MAX_STATS_ENTRIES = 50_000;
/** Default of {@link TurnOptions.defaultTtlSeconds}. */
export const DEFAULT_TURN_TTL_SECONDS = 60;
/** Largest `expire` of `_turn`, in seconds. */
export const MAX_TURN_TTL_SECONDS = 21_600;
/** Default life of a signalling token, in seconds. */
export const DEFAULT_TOKEN_TTL_SECONDS = 60;

/** What bounds the face. */
export interface RestLimits {
  readonly maxUrlCharacters: number;
  /** Bytes of one body. */
  readonly maxBodyBytes: number;
  /** Bytes of all bodies that are being received. */
  readonly maxBufferedBodyBytes: number;
  /** Requests under way, watches not counted. */
  readonly maxConcurrentRequests: number;
  /** Milliseconds for the body to arrive and the answer to be found. */
  readonly answerTimeoutMs: number;
  readonly maxWatches: number;
  /** Bytes of events that wait for a slow reader of a watch before it is cut off. */
  readonly maxWatchBufferBytes: number;
  /** Milliseconds between two heartbeat comments of a watch. */
  readonly watchHeartbeatMs: number;
  /** Answers from this size on are compressed for clients that accept it. */
  readonly compressionMinBytes: number;
  /** Measurements (per minute, entity and key) that wait to be written. */
  readonly maxStatsEntries: number;
}

/** What `_turn` answers from. */
export interface TurnOptions {
  /** Hosts for which the usual seven URLs are answered. */
  readonly hosts?: readonly string[];
  /** STUN URLs beyond those of the hosts. */
  readonly stunUrls?: readonly string[];
  /** TURN URLs beyond those of the hosts. */
  readonly turnUrls?: readonly string[];
  /** The secret that is shared with the TURN servers (coturn: `static-auth-secret`). */
  readonly secret: string;
  /** Life of credentials when the client does not say, in seconds. */
  readonly defaultTtlSeconds?: number;
}

/** For whom a signalling server is looked for. */
export interface SignalWish {
  readonly bucket: string;
  /** The channel, `/` where none was named. */
  readonly path: string;
  /** The peer that is to be met there. */
  readonly key?: string;
}

/** What `_host` answers from. */
export interface HostOptions {
  /** Chooses the URL of a signalling server; where it knows none, one of `signal` is picked. */
  readonly chooseSignal?: (wish: SignalWish) => string | undefined;
  /** WebSocket URLs, for example `wss://example.org:443/ws`; one of them is picked. */
  readonly signal?: readonly string[];
  /** The URL at which signalling is served where this request came in. It is asked where no other is known, unless the request says `own=0`. */
  readonly ownSignal?: (headers: IncomingHttpHeaders) => string | undefined;
  /** TURN hosts; one of them is picked. */
  readonly turn?: readonly string[];
}

/** How the REST face is made. */
export interface RestOptions {
  readonly store: CachedStore;
  readonly accounts: Accounts;
  /** The secret from which the key of signalling tokens is derived. */
  readonly systemSecret: string;
  /** Names this process in the documents it writes measurements to; 1–24 characters `a`–`z`, `0`–`9`. */
  readonly neuron: string;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Makes user names and token ids. */
  readonly randomUuid?: () => string;
  readonly turn?: TurnOptions;
  readonly hosts?: HostOptions;
  /** Services besides the usual ones, or in their place, by their names in the path without the underscore. */
  readonly services?: ReadonlyMap<string, Service>;
  readonly limits?: Partial<RestLimits>;
  /** Take the client's address from the last entry of `X-Forwarded-For`, which a trusted proxy has set. Default false. */
  readonly trustProxy?: boolean;
  /** Count requests per account in `*stats:api:3`. Default true. */
  readonly apiStats?: boolean;
  /** Milliseconds between two writes of measurements. */
  readonly statsIntervalMs?: number;
  /** Told about every finished request; holds no secret. Must not throw. */
  readonly onRequest?: (report: RequestReport) => void;
  /** Told about failures that nobody planned for; holds no secret of a request. */
  readonly onError?: (error: unknown) => void;
}

/** The limits with defaults for what was not given. */
export function completeLimits(limits: Partial<RestLimits> = {}): RestLimits {
  return {
    maxUrlCharacters: limits.maxUrlCharacters ?? DEFAULT_MAX_URL_CHARACTERS,
    maxBodyBytes: limits.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    maxBufferedBodyBytes: limits.maxBufferedBodyBytes ?? DEFAULT_MAX_BUFFERED_BODY_BYTES,
    maxConcurrentRequests: limits.maxConcurrentRequests ?? DEFAULT_MAX_CONCURRENT_REQUESTS,
    answerTimeoutMs: limits.answerTimeoutMs ?? DEFAULT_ANSWER_TIMEOUT_MS,
    maxWatches: limits.maxWatches ?? DEFAULT_MAX_WATCHES,
    maxWatchBufferBytes: limits.maxWatchBufferBytes ?? DEFAULT_MAX_WATCH_BUFFER_BYTES,
    watchHeartbeatMs: limits.watchHeartbeatMs ?? DEFAULT_WATCH_HEARTBEAT_MS,
    compressionMinBytes: limits.compressionMinBytes ?? DEFAULT_COMPRESSION_MIN_BYTES,
    maxStatsEntries: limits.maxStatsEntries ?? DEFAULT_MAX_STATS_ENTRIES,
  };
}
