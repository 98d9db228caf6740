import type { Clock, Random, Timer } from '@xir/couch-client';
import type { ChangeFeed } from '@xir/couch-feed';
import { generationOf } from '@xir/kv4-core';
import type { HeadRead, HeadStore } from '@xir/kv4-couch';
import type { Cache } from './cache.ts';
import type { TableEntry } from './cache-table.ts';
import type { ListingAudit } from './listing-audit.ts';

/** Default milliseconds between two samples. */
export const DEFAULT_AUDIT_INTERVAL_MS = 10_000;
/** Bytes of cached values that one sample holds at most, one entry apart: large ones are compared fewer at a time, so that no turn of the event loop is spent on reading many. */
const MOST_SAMPLE_BYTES = 1024 * 1024;
/** Default of how long a database that is ahead of the cache is waited for, in milliseconds: on a cluster the feed may be read from a replica that lags behind those that answer. */
export const DEFAULT_AUDIT_PATIENCE_MS = 15_000;
/** Milliseconds before it is compared again for the first time; then twice as many each time. */
const FIRST_PAUSE_MS = 500;

/** Default number of entries in a sample. */
export const DEFAULT_AUDIT_SAMPLE = 50;

export interface AuditOptions {
  readonly cache: Cache;
  readonly listings: ListingAudit;
  readonly heads: HeadStore;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly random: Random;
  /** 0: no audit but by {@link Audit.run}. */
  readonly intervalMs: number;
  readonly sample: number;
  readonly patienceMs: number;
}

/** An entry that is not what the database holds. */
interface Difference {
  readonly entry: TableEntry;
  /** What the database holds is of a later generation. */
  readonly isAhead: boolean;
}

/** What one audit found. */
export interface AuditResult {
  readonly compared: number;
  readonly diverged: number;
}

/**
 * Compares samples of the cache with the database. An entry that differs is compared once more after the feed was proved current, since its row may have been on its
 * way, and that nothing was purged; if it stands where it stood and still differs the cache had been wrong: that is counted, and the entry is set right. Where the database is
 * ahead, the row may still be on its way to the replica that the feed is read from: that is waited for, as long as `patienceMs` says. A piece of a listing is compared as well.
 */
export class Audit {
  readonly #options: AuditOptions;
  #timer: Timer | undefined;
  #closed = false;
  #endPause: () => void = () => undefined;
  compared = 0;
  divergences = 0;
  runs = 0;
  failures = 0;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Keys that a whole listing lacked, because the replica that had answered did. */
  get lateKeys(): number {
    return this.#options.listings.lateKeys;
  }

  /** Compares one sample, and a piece of a listing, now. Rejects when the database cannot be read. */
  async run(): Promise<AuditResult> {
    const [result] = await Promise.all([this.#compareSample(), this.#options.listings.run()]);
    return result;
  }

  async #compareSample(): Promise<AuditResult> {
    const entries = this.#sample();
    this.runs += 1;
    const suspects = await this.#differing(entries);
    let diverged = 0;
    if (suspects.length > 0) {
      const revisions = new Map(suspects.map(({ entry }) => [entry, entry.revision]));
      // What moved had its row on its way; the row of what is written from now on may be on its way again.
      const standing = (entries: readonly TableEntry[]) => this.#differing(entries.filter((entry) => entry.revision === revisions.get(entry)));
      const { feed, patienceMs } = this.#options;
      await feed.prove();
      let differing = await standing(suspects.map(({ entry }) => entry));
      if (differing.length > 0) {
        // A purge leaves no row: the feed learns of it by looking at the database, as of one put back or made anew.
        await feed.inspect();
        await feed.prove();
        differing = await standing(differing.map(({ entry }) => entry));
      }
      for (let pauseMs = FIRST_PAUSE_MS, waitedMs = 0; differing.some(({ isAhead }) => isAhead) && waitedMs < patienceMs; waitedMs += pauseMs, pauseMs *= 2) {
        await this.#pause(pauseMs);
        if (this.#closed) return { compared: entries.length, diverged: 0 };
        await feed.prove();
        differing = await standing(differing.map(({ entry }) => entry));
      }
      for (const { entry } of differing) this.#options.cache.purge(entry.id);
      diverged = differing.length;
    }
    this.compared += entries.length;
    this.divergences += diverged;
    return { compared: entries.length, diverged };
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#endPause();
  }

  #pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.schedule(pauseMs, resolve);
      this.#endPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #schedule(): void {
    const { clock, random, intervalMs } = this.#options;
    if (this.#closed || intervalMs <= 0) return;
    this.#timer = clock.schedule(intervalMs * (0.5 + random()), () => {
      void this.run()
        .catch(() => (this.failures += 1))
        .finally(() => this.#schedule());
    });
  }

  #sample(): TableEntry[] {
    const { cache, random, sample } = this.#options;
    const { ring } = cache.table;
    const found = new Set<TableEntry>();
    let bytes = 0;
    for (let draw = 0; draw < sample && ring.length > 0; draw += 1) {
      const entry = ring[Math.floor(random() * ring.length)];
      if (entry === undefined || !isSettled(entry) || found.has(entry)) continue;
      bytes += entry.bytes;
      if (bytes > MOST_SAMPLE_BYTES && found.size > 0) break;
      found.add(entry);
    }
    return [...found];
  }

  /** Those of the entries that are settled and are not what the database holds. An entry that changes meanwhile is left to the feed. */
  async #differing(entries: readonly TableEntry[]): Promise<Difference[]> {
    const before = new Map(entries.filter(isSettled).map((entry) => [entry, entry.revision]));
    if (before.size === 0) return [];
    const reads = await this.#options.heads.readHeads([...before.keys()].map((entry) => entry.id));
    return [...before]
      .filter(([entry, revision]) => entry.revision === revision && isSettled(entry) && differs(entry, reads.get(entry.id)))
      .map(([entry, revision]) => ({ entry, isAhead: generationOf(reads.get(entry.id)?.rev ?? '') > generationOf(revision ?? '') }));
  }
}

function isSettled(entry: TableEntry): boolean {
  return entry.slot >= 0 && (entry.state === 'present' || entry.state === 'negative');
}

/** A key that is not there may be so without a revision, and with that of a deletion since compacted away. */
function differs(entry: TableEntry, read: HeadRead | undefined): boolean {
  const shown = read?.head?.gone === true ? undefined : read?.head;
  if (entry.record === undefined && shown === undefined) return false;
  // With conflicting leaves the same revision may show another version.
  return entry.revision !== read?.rev || entry.record?.version !== shown?.ver;
}
