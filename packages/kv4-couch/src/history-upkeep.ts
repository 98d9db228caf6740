import type { CouchDatabase } from '@xir/couch-client';
import {
  isExpired,
  retainVersions,
  retentionOf,
  segmentRange,
  storedVersionOfHead,
  tailReaches,
  type HeadDocument,
  type LayerRetention,
  type OperationOutcome,
  type Retention,
  type StoredVersion,
  type TailLimits,
  type UpkeepOperation,
} from '@xir/kv4-core';
import type { HeadRead } from './head-read.ts';
import { readSegments, readSegmentsById, type SegmentRead } from './segments.ts';
import { addressOfHead, writeNextSegment, type SpillLimits } from './spill.ts';

/** What {@link HistoryUpkeep} works with. */
export interface HistoryUpkeepOptions {
  readonly database: CouchDatabase;
  readonly layers: LayerRetention;
  readonly spill: SpillLimits;
  /** A tail that has reached this is spilled. */
  readonly background: TailLimits;
  readonly now: () => number;
  readonly readHead: (id: string) => Promise<HeadRead>;
  /** Carries an operation out on a head; resolves to its outcome, and rejects when it failed. */
  readonly commit: (id: string, operation: UpkeepOperation) => Promise<OperationOutcome>;
}

/** Counters of {@link HistoryUpkeep}. */
export interface HistoryUpkeepStats {
  /** Segments written in the background. */
  readonly spills: number;
  /** Heads whose conflicting leaves were united. */
  readonly repairs: number;
  /** Keys whose expiry was made a deletion. */
  readonly expiries: number;
  /** Heads of deleted keys that left for good. */
  readonly removals: number;
  /** Segments deleted because retention no longer keeps them. */
  readonly prunedSegments: number;
}

/** Spills in one visit to a head: a bound, far above what a tail can hold. */
const MAX_SPILLS_PER_VISIT = 64;
const DELETE_BATCH = 100;

/** Whether a head that was read needs {@link HistoryUpkeep.visit}; cheap, since it is asked of every head of a listing. */
export function looksNeglected(head: HeadDocument, nowMs: number, background: TailLimits): boolean {
  return head.gone === true || isExpired(head, nowMs) || (head.tail?.length ?? 0) >= background.versions;
}

/** Whether a head that was written needs {@link HistoryUpkeep.visit}. */
export function needsUpkeep(head: HeadDocument, nowMs: number, background: TailLimits): boolean {
  return head.gone === true || isExpired(head, nowMs) || tailReaches(head.tail, background);
}

/**
 * Looks after the history of keys: unites conflicts, makes expiries deletions, moves tails into segments, removes heads of deleted keys and prunes by
 * retention. Every step leaves a state that readers read whole, and may be repeated by anybody.
 */
export class HistoryUpkeep {
  readonly #options: HistoryUpkeepOptions;
  readonly #counters = { spills: 0, repairs: 0, expiries: 0, removals: 0, prunedSegments: 0 };

  constructor(options: HistoryUpkeepOptions) {
    this.#options = options;
  }

  stats(): HistoryUpkeepStats {
    return { ...this.#counters };
  }

  /** Does for one head whatever is to be done. Rejects when the database fails; nothing is lost then. */
  async visit(id: string): Promise<void> {
    const { readHead, commit, layers, now } = this.#options;
    const retention = retentionOf(addressOfHead(id).layer, layers);
    let read = await readHead(id);
    if (read.conflicts.length > 0) {
      await commit(id, { type: 'repair' });
      this.#counters.repairs += 1;
      read = await readHead(id);
    }
    if (read.head !== undefined && isExpired(read.head, now())) {
      const outcome = await commit(id, { type: 'expire' });
      if (outcome.type === 'written') this.#counters.expiries += 1;
      read = await readHead(id);
    }
    const spilled = read.head === undefined ? false : await this.#spill(id, read.head, retention);
    if (typeof retention === 'object' && (spilled || read.state === 'deleted')) await this.#prune(id, retention);
  }

  async #spill(id: string, head: HeadDocument, retention: Retention): Promise<boolean> {
    const { background, commit, database, spill } = this.#options;
    if (retention === 'none') {
      // Nothing is kept: a deletion that is still there (the layer's retention was changed) just goes.
      if (head.gone === true) await this.#trim(id, [head.ver, ...(head.tail ?? []).map(([version]) => version)]);
      return false;
    }
    let current: HeadDocument | undefined = head;
    let spills = 0;
    while (current !== undefined && spills < MAX_SPILLS_PER_VISIT && (current.gone === true || tailReaches(current.tail, background))) {
      const stored = await writeNextSegment(database, current, spill);
      if (stored.length === 0) break;
      spills += 1;
      this.#counters.spills += 1;
      const outcome = await commit(id, { type: 'trim', stored: new Set(stored) });
      if (outcome.type === 'written' && outcome.removed) this.#counters.removals += 1;
      current = outcome.type === 'written' && !outcome.removed ? outcome.head : undefined;
    }
    return spills > 0;
  }

  async #trim(id: string, stored: readonly string[]): Promise<void> {
    const outcome = await this.#options.commit(id, { type: 'trim', stored: new Set(stored) });
    if (outcome.type === 'written' && outcome.removed) this.#counters.removals += 1;
  }

  /** Deletes the segments none of whose versions retention keeps. */
  async #prune(id: string, retention: Retention): Promise<void> {
    const { database, readHead, now } = this.#options;
    const { head } = await readHead(id);
    const newestFirst: StoredVersion[] = head === undefined ? [] : [storedVersionOfHead(head), ...(head.tail ?? [])];
    const known = new Set(newestFirst.map(([version]) => version));
    const range = segmentRange(addressOfHead(id));
    let before: string | undefined;
    let doomed: SegmentRead[] = [];
    for (;;) {
      const { segments, more, lastId } = await readSegments(database, range, { descending: true, limit: DELETE_BATCH, before });
      for (const segment of segments) {
        for (const version of segment.versions.toReversed()) {
          if (!known.has(version[0])) newestFirst.push(version);
        }
        const kept = retainVersions(newestFirst, retention, now());
        const oldestKept = kept.at(-1)?.[0];
        if (oldestKept !== undefined && segment.to < oldestKept) doomed.push(segment);
      }
      await this.#deleteSegments(doomed);
      doomed = [];
      if (!more || lastId === undefined) return;
      before = lastId;
    }
  }

  async #deleteSegments(segments: readonly SegmentRead[]): Promise<void> {
    if (segments.length === 0) return;
    const docs = segments.flatMap(({ _id, _rev, losers }) => [...losers, ...(_rev === undefined ? [] : [_rev])].map((rev) => ({ _id, _rev: rev, _deleted: true })));
    await this.#options.database.json({ method: 'POST', path: '/_bulk_docs', body: { docs } });
    this.#counters.prunedSegments += segments.length;
  }

  /** Unites the conflicting leaves of a segment. */
  async uniteSegment(id: string): Promise<void> {
    const segment = (await readSegmentsById(this.#options.database, [id])).get(id);
    if (segment === undefined || segment.losers.length === 0 || segment._rev === undefined) return;
    const { _id, _rev, to, versions, losers } = segment;
    await this.#options.database.put(_id, { _id, _rev, to, versions });
    const docs = losers.map((rev) => ({ _id, _rev: rev, _deleted: true }));
    await this.#options.database.json({ method: 'POST', path: '/_bulk_docs', body: { docs } });
    this.#counters.repairs += 1;
  }
}
