import { CouchClient, isCouchError } from '@xir/couch-client';
import { epochIdentity, followChanges, type ChangeFeed, type EpochIdentity, type EpochIdentityOptions, type IdentityCheck } from '@xir/couch-feed';
import { DEFAULT_LAYER_RETENTION, Kv4Error } from '@xir/kv4-core';
import { openCouchStore, type CouchStore } from '@xir/kv4-couch';
import { Audit, DEFAULT_AUDIT_INTERVAL_MS, DEFAULT_AUDIT_PATIENCE_MS, DEFAULT_AUDIT_SAMPLE } from './audit.ts';
import { Cache } from './cache.ts';
import { DEFAULT_MAX_CONCURRENT_LOADS, DEFAULT_MAX_LOAD_BATCH } from './entry-reader.ts';
import { ExpiryGate } from './expiry-gate.ts';
import { FeedLoop } from './feed-loop.ts';
import { KeyFollowers } from './key-followers.ts';
import { ListingAudit } from './listing-audit.ts';
import { Listings } from './listings.ts';
import { Memory } from './memory.ts';
import { DEFAULT_CLOSE_TIMEOUT_MS, DEFAULT_FEED_MAX_BACKOFF_MS, DEFAULT_FRESH_TIMEOUT_MS, DEFAULT_HEALTHY_AGE_MS, DEFAULT_MAX_CACHE_BYTES, DEFAULT_OPEN_TIMEOUT_MS, MAX_LISTING_SHARE, type MemoryOptions } from './options.ts';
import { RowFilter } from './row-filter.ts';
import { WatchHub } from './watch-hub.ts';

/**
 * Opens a memory: a database is created when it is missing, and its change feed followed from the present. Resolves when the feed has caught up.
 * Rejects with `KV4_UNAVAILABLE` when the database cannot be reached in time; throws `TypeError` for settings that make no sense.
 */
export async function openMemory(options: MemoryOptions): Promise<Memory> {
  const { maxCacheBytes = DEFAULT_MAX_CACHE_BYTES } = options;
  if (!(maxCacheBytes > 0)) throw new TypeError('maxCacheBytes must be above 0');
  const client = options.client ?? newClient(options);
  const clock = options.clock ?? client.clock;
  const random = options.random ?? client.random;
  let feed: ChangeFeed | undefined;
  const expiries: ExpiryGate = new ExpiryGate({
    clock,
    isWatched: () => hub.watchers > 0,
    prove: async () => feed?.prove(),
    onExpired: (entry) => hub.expire(entry),
  });
  const hub: WatchHub = new WatchHub({
    nowMs: () => clock.now(),
    layers: () => options.layers ?? DEFAULT_LAYER_RETENTION,
    oldestBehind: () => cache.oldestBehind,
    nextExpiryMs: () => Math.min(expiries.firstMs, cache.expiries.nextMs),
    onDue: (entry) => expiries.due(entry),
    onReset: () => followers.reset(),
  });
  const followers = new KeyFollowers(hub);
  let loop: FeedLoop | undefined;
  const cache: Cache = new Cache({
    clock,
    random,
    maxBytes: maxCacheBytes,
    maxConcurrentLoads: options.maxConcurrentLoads ?? DEFAULT_MAX_CONCURRENT_LOADS,
    maxLoadBatch: options.maxLoadBatch ?? DEFAULT_MAX_LOAD_BATCH,
    listener: followers,
    place: () => hub.placeBeforeRow,
    ageMs: () => loop?.ageMs() ?? 0,
  });
  const dispose = async (): Promise<void> => {
    if (options.client === undefined) await client.close();
  };
  const hooks = { baseHead: (id: string) => cache.baseHead(id), onCommitted: cache.committed.bind(cache) };
  let store: CouchStore | undefined;
  try {
    store = await openCouchStore({ ...options, client, clock, random, hooks });
    cache.attach(store.heads);
    const { database } = store.heads;
    const filter = new RowFilter(cache.table, cache.recent);
    const followed = followChanges({
      database,
      since: 'now',
      resetTo: 'now',
      clock,
      random,
      identity: watchedIdentity({ database, neuron: options.neuron, clock, random, ...(options.barrierIntervalMs === undefined ? {} : { barrierIntervalMs: options.barrierIntervalMs }) }, (epoch) => {
        hub.learnEpoch(epoch);
      }),
      skip: (row) => filter.skips(row),
      wanted: (id) => cache.table.isReferenced(id),
      passed: (id, revision) => cache.passed(id, revision),
      includeDocs: options.includeDocs ?? 'auto',
      ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
      // Whoever runs a neuron may set right what refuses it while it runs.
      onUnauthorized: 'wait',
      maxBackoffMs: options.feedMaxBackoffMs ?? DEFAULT_FEED_MAX_BACKOFF_MS,
      ...(options.inspectIntervalMs === undefined ? {} : { inspectIntervalMs: options.inspectIntervalMs }),
    });
    feed = followed;
    const applied = new FeedLoop({ feed: followed, cache, hub, clock, onEnd: () => undefined });
    loop = applied;
    void applied.run();
    try {
      await withinTime(applied.ready(), { clock, timeoutMs: options.openTimeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS });
    } catch (error) {
      await followed.close();
      throw error;
    }
    const listingAudit = new ListingAudit(cache, store.heads);
    return new Memory({
      store,
      cache,
      listings: new Listings(cache, store.heads, { maxBytes: maxCacheBytes * MAX_LISTING_SHARE, onWhole: (kind, address) => listingAudit.loaded(kind, address) }),
      feed: followed,
      loop: applied,
      hub,
      expiries,
      followers,
      audit: new Audit({
        cache,
        listings: listingAudit,
        heads: store.heads,
        feed: followed,
        clock,
        random,
        intervalMs: options.auditIntervalMs ?? DEFAULT_AUDIT_INTERVAL_MS,
        sample: options.auditSample ?? DEFAULT_AUDIT_SAMPLE,
        patienceMs: options.auditPatienceMs ?? DEFAULT_AUDIT_PATIENCE_MS,
      }),
      clock,
      freshTimeoutMs: options.freshTimeoutMs ?? DEFAULT_FRESH_TIMEOUT_MS,
      healthyAgeMs: options.healthyAgeMs ?? DEFAULT_HEALTHY_AGE_MS,
      closeTimeoutMs: options.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS,
      dispose,
    });
  } catch (error) {
    await store?.close();
    await dispose();
    if (isCouchError(error)) throw new Kv4Error('KV4_UNAVAILABLE', 'the database cannot be reached', { cause: error });
    throw error;
  }
}

function newClient(options: MemoryOptions): CouchClient {
  const { url, auth, clock, random } = options;
  if (url === undefined) throw new TypeError('a memory needs a url or a client');
  return new CouchClient({ url, ...(auth === undefined ? {} : { auth }), ...(clock === undefined ? {} : { clock }), ...(random === undefined ? {} : { random }) });
}

/** The identity check on the epoch and barrier documents; `onEpoch` learns the epoch, which positions of watches carry. */
function watchedIdentity(options: EpochIdentityOptions, onEpoch: (epoch: string) => void): IdentityCheck {
  const inner = epochIdentity(options);
  return {
    ...inner,
    async check(remembered, signal) {
      const result = await inner.check(remembered, signal);
      onEpoch((result.identity as EpochIdentity).epoch);
      return result;
    },
  };
}

async function withinTime(work: Promise<void>, limit: { readonly clock: CouchClient['clock']; readonly timeoutMs: number }): Promise<void> {
  const { clock, timeoutMs } = limit;
  let timer: { cancel(): void } | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = clock.schedule(timeoutMs, () => reject(new Kv4Error('KV4_UNAVAILABLE', `the change feed did not catch up within ${timeoutMs} ms`)));
  });
  try {
    await Promise.race([work, late]);
  } finally {
    timer?.cancel();
  }
}
