import type { FeedCounters, FollowerStateKind } from '@xir/couch-feed';
import type { HeadStoreStats } from '@xir/kv4-couch';
import type { MemoryParts } from './memory.ts';

/** Reads counted by a memory. */
export interface ReadCounters {
  hits: number;
  misses: number;
  negatives: number;
}

/** Figures of a memory: counters since it was opened, gauges of now. */
export interface MemoryStats {
  /** Keys in the cache, those known not to be there included. */
  readonly entries: number;
  /** What they take, in bytes as estimated. */
  readonly bytes: number;
  readonly paths: number;
  readonly hits: number;
  /** Hits that answered "not there". */
  readonly negatives: number;
  readonly misses: number;
  readonly evictions: number;
  /** Heads read because they were missed or announced without their document. */
  readonly loads: number;
  /** Requests that carried them. */
  readonly loadRequests: number;
  readonly loadFailures: number;
  readonly pendingLoads: number;
  readonly listingLoads: number;
  /** Comparisons by revision tree. */
  readonly verifications: number;
  readonly verifying: number;
  /** Answers that were taken although they lacked a revision that had been seen. */
  readonly regressions: number;
  /** Keys whose document is no head, up to `MAX_QUARANTINED_IDS`. */
  readonly quarantined: number;
  /** Rows that could not be applied. */
  readonly poisonousRows: number;
  readonly watchers: number;
  readonly watchEvents: number;
  readonly audits: number;
  readonly auditedEntries: number;
  readonly auditFailures: number;
  /** Entries that were wrong: 0, or there is a bug. */
  readonly divergences: number;
  /** Keys that a whole listing lacked because the replica it was read from was behind; found by the audit. */
  readonly lateKeys: number;
  readonly resets: number;
  readonly ageMs: number;
  readonly feedState: FollowerStateKind;
  readonly appliedRows: number;
  /** Milliseconds from the making of the newest version that came by the feed to its being applied; `undefined` before the first. */
  readonly lagMs: number | undefined;
  /** Own writes that the database accepted below its quorum (202). */
  readonly notDurable: number;
  /** Rows of the feed that were received and are not applied. */
  readonly waitingRows: number;
  readonly feed: FeedCounters;
  readonly store: HeadStoreStats;
}

/** Gathers the figures of a memory. */
export function collectStats(parts: MemoryParts, reads: ReadCounters): MemoryStats {
  const { cache, listings, loop, feed, hub, audit, store } = parts;
  const { table, reader } = cache;
  return {
    entries: table.ring.length,
    bytes: table.bytes,
    paths: table.nodes.size,
    hits: reads.hits,
    negatives: reads.negatives,
    misses: reads.misses,
    evictions: table.evictions,
    loads: reader.loads,
    loadRequests: reader.loadRequests,
    loadFailures: reader.failures,
    pendingLoads: reader.pending,
    listingLoads: listings.loads,
    verifications: reader.verifications,
    verifying: cache.verifying,
    regressions: cache.regressions,
    quarantined: cache.quarantined,
    poisonousRows: loop.poisonousRows,
    watchers: hub.watchers,
    watchEvents: hub.events,
    audits: audit.runs,
    auditedEntries: audit.compared,
    auditFailures: audit.failures,
    divergences: audit.divergences,
    lateKeys: audit.lateKeys,
    resets: loop.resets,
    ageMs: loop.ageMs(),
    feedState: feed.state,
    appliedRows: loop.appliedRows,
    lagMs: loop.lagMs,
    notDurable: cache.notDurable,
    waitingRows: feed.waitingRows,
    feed: feed.counters,
    store: store.stats(),
  };
}
