import { CouchClient, type CouchTransport } from '@xir/couch-client';
import { DEFAULT_LAYER_RETENTION, type LayerRetention } from '@xir/kv4-core';
import { openMemory, type Memory } from '@xir/kv4';
import type { FeedHealthInput, NeuronSnapshot } from '@xir/operations';
import { DEFAULT_MESSAGE_RETENTION } from './channel-settings.ts';
import type { NamedSettings } from './named-settings.ts';

/** Heartbeats without a sign of life after which the feed is not proved alive. */
export const FEED_DEADLINE_HEARTBEATS = 3;

/** Memory figures in the form in which `/metrics` shows them. */
export type MemoryFigures = Required<Pick<NeuronSnapshot, 'cache' | 'feed' | 'writes' | 'audit'>>;

/** Where the database is. */
export interface DatabaseReach {
  /** May hold credentials. */
  readonly ownUrl: string;
  /** How requests get there, where not over the network. */
  readonly transport?: CouchTransport;
}

/** Opens memory on a database. Rejects with a `Kv4Error`. */
export function openNeuronMemory({ ownUrl, transport }: DatabaseReach, settings: NamedSettings): Promise<Memory> {
  return openMemory({
    ...(transport === undefined ? { url: ownUrl } : { client: new CouchClient({ url: ownUrl, transport }) }),
    database: settings.database,
    neuron: settings.name,
    layers: retentionOfLayers(settings),
    maxCacheBytes: settings.cacheMaxBytes,
    heartbeatMs: settings.heartbeatMs,
    healthyAgeMs: feedDeadlineMs(settings),
  });
}

/** How long versions are kept, layer by layer. */
export function retentionOfLayers({ channels, retention }: Pick<NamedSettings, 'channels' | 'retention'>): LayerRetention {
  return { ...DEFAULT_LAYER_RETENTION, ...DEFAULT_MESSAGE_RETENTION, ...channels.keep, ...retention };
}

/** The age beyond which the feed is not proved alive, in milliseconds. */
export function feedDeadlineMs({ heartbeatMs }: Pick<NamedSettings, 'heartbeatMs'>): number {
  return FEED_DEADLINE_HEARTBEATS * heartbeatMs;
}

/** How the change feed is, for `/health`. */
export function feedHealth(memory: Memory): FeedHealthInput {
  const { feedState } = memory.stats();
  const { ageMs, reasons, degraded } = memory.health();
  const cause = reasons[0] ?? degraded;
  if (!Number.isFinite(ageMs)) return { state: feedState, evidence: 'none' };
  return { state: feedState, ageMs, evidence: 'sign-of-life', ...(cause === undefined ? {} : { cause }) };
}

/** The figures of a memory. `peeked` are reads that REST answered from it the short way, which it does not count itself. */
export function memoryFigures(memory: Memory, settings: NamedSettings, peeked = 0): MemoryFigures {
  const stats = memory.stats();
  const { commit } = stats.store;
  return {
    cache: {
      hits: stats.hits + peeked,
      misses: stats.misses,
      entries: stats.entries,
      bytes: stats.bytes,
      maxBytes: settings.cacheMaxBytes,
      evictions: stats.evictions,
      resets: stats.resets,
    },
    feed: {
      alive: stats.ageMs <= feedDeadlineMs(settings),
      ...(Number.isFinite(stats.ageMs) ? { ageMs: stats.ageMs } : {}),
      rows: stats.feed.rows,
      reconnects: Math.max(0, stats.feed.connections - 1),
      pending: stats.waitingRows,
      ...(stats.lagMs === undefined ? {} : { lagMs: stats.lagMs }),
      ignored: { quarantined: stats.feed.quarantined, poisonous: stats.poisonousRows, malformed: stats.quarantined },
    },
    writes: {
      writes: commit.operations,
      batches: commit.batches,
      conflicts: commit.conflicts,
      pending: commit.pendingOperations,
      unknownOutcomes: commit.unknownOutcomes,
      notDurable: stats.notDurable,
    },
    audit: { checked: stats.auditedEntries, divergences: stats.divergences },
  };
}
