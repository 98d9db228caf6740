import type { Clock, CouchAuth, CouchClient, Random } from '@xir/couch-client';
import type { IncludeDocsMode } from '@xir/couch-feed';
import type { CouchStoreOptions } from '@xir/kv4-couch';

/** Default of {@link MemoryOptions.maxCacheBytes}: 256 MiB. */
export const DEFAULT_MAX_CACHE_BYTES = 268_435_456;
/** Default of {@link MemoryOptions.openTimeoutMs}. */
export const DEFAULT_OPEN_TIMEOUT_MS = 30_000;
/** Default of {@link MemoryOptions.freshTimeoutMs}. */
export const DEFAULT_FRESH_TIMEOUT_MS = 10_000;
/** Default of {@link MemoryOptions.healthyAgeMs}: a little more than three of the feed's heartbeats. */
export const DEFAULT_HEALTHY_AGE_MS = 35_000;
/** Default of {@link MemoryOptions.closeTimeoutMs}. */
export const DEFAULT_CLOSE_TIMEOUT_MS = 1_000;
/** Default of {@link MemoryOptions.feedMaxBackoffMs}: what an outage of the database costs at most beyond its own length. */
export const DEFAULT_FEED_MAX_BACKOFF_MS = 3_000;
/** Share of the cache that one listing may take. */
export const MAX_LISTING_SHARE = 0.5;

/** How a memory is opened. Settings of the store beneath (retention, limits of group commit) are passed on. */
export interface MemoryOptions extends Omit<CouchStoreOptions, 'client' | 'hooks'> {
  /** Address of the database server, with or without credentials; or hand in `client`. */
  readonly url?: string;
  /** With `url`: how to authenticate. Default: the URL's credentials, or none. */
  readonly auth?: CouchAuth;
  /** A client to share; it is not closed by the memory. */
  readonly client?: CouchClient;
  readonly clock?: Clock;
  readonly random?: Random;
  /** What cached values may take, in bytes as estimated; what is watched stays regardless. Default {@link DEFAULT_MAX_CACHE_BYTES}. */
  readonly maxCacheBytes?: number;
  /** Milliseconds until opening fails with `KV4_UNAVAILABLE`. Default {@link DEFAULT_OPEN_TIMEOUT_MS}. */
  readonly openTimeoutMs?: number;
  /** Milliseconds until a `fresh` read fails with `KV4_FRESHNESS_UNPROVED`. Default {@link DEFAULT_FRESH_TIMEOUT_MS}. */
  readonly freshTimeoutMs?: number;
  /** Age of the feed from which the memory calls itself unhealthy, in milliseconds. Default {@link DEFAULT_HEALTHY_AGE_MS}. */
  readonly healthyAgeMs?: number;
  /** Milliseconds that `close` waits for what is under way with the database; after that its connections are cut. Default {@link DEFAULT_CLOSE_TIMEOUT_MS}. */
  readonly closeTimeoutMs?: number;
  /** Milliseconds between two samples of the audit, 0 for none. Default `DEFAULT_AUDIT_INTERVAL_MS`. */
  readonly auditIntervalMs?: number;
  /** Entries in a sample. Default `DEFAULT_AUDIT_SAMPLE`. */
  readonly auditSample?: number;
  /** How long an audit waits where the database is ahead of the cache, before that counts. Default `DEFAULT_AUDIT_PATIENCE_MS`. */
  readonly auditPatienceMs?: number;
  /** Reads of heads on their way at once. Default `DEFAULT_MAX_CONCURRENT_LOADS`. */
  readonly maxConcurrentLoads?: number;
  /** Heads in one read. Default `DEFAULT_MAX_LOAD_BATCH`. */
  readonly maxLoadBatch?: number;
  /** Milliseconds between two signs of life asked of the feed. Default: the feed's. */
  readonly heartbeatMs?: number;
  /** Longest pause between two tries to reach the feed again, in milliseconds. Default {@link DEFAULT_FEED_MAX_BACKOFF_MS}. */
  readonly feedMaxBackoffMs?: number;
  /** Milliseconds between two looks at the database's identity and purges. Default: the feed's. */
  readonly inspectIntervalMs?: number;
  /** Milliseconds between two barriers that this neuron writes. Default: the feed's. */
  readonly barrierIntervalMs?: number;
  /** Whether documents come with the feed's rows. Default `'auto'`. */
  readonly includeDocs?: IncludeDocsMode;
}
