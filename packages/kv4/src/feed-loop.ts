import type { Clock } from '@xir/couch-client';
import type { ChangeFeed, ChangeRow, ChangesEvent, FeedEvent, FollowerStateKind, ResetReason } from '@xir/couch-feed';
import { decodeHead, type EntrySnapshot, type HeadDocument, type WatchResetReason, versionTimeMs } from '@xir/kv4-core';
import type { Cache } from './cache.ts';
import type { TableEntry } from './cache-table.ts';
import { LARGE_DOCUMENT_BYTES, readLargeHead } from './large-head.ts';
import { snapshotOfHead } from './snapshot.ts';
import { TurnBudget } from './turn-budget.ts';
import type { WatchHub } from './watch-hub.ts';
import { purgesText } from './watch-position.ts';

/** Why watches are told to start anew. */
export const RESET_REASON: Readonly<Record<ResetReason, WatchResetReason>> = {
  recreated: 'database-recreated',
  restored: 'database-restored',
  purged: 'resync',
  'checkpoint-expired': 'resync',
};

export interface FeedLoopOptions {
  readonly feed: ChangeFeed;
  readonly cache: Cache;
  readonly hub: WatchHub;
  readonly clock: Clock;
  /** The feed ended with an error and will not go on. */
  readonly onEnd: (error: unknown) => void;
}

/** Applies the feed to the cache, and knows how far behind the database what has been applied may be. */
export class FeedLoop {
  readonly #options: FeedLoopOptions;
  /** Set while rows may be missing: since the last moment for which everything is known to be applied, in monotonic milliseconds. */
  #behindSinceMs: number | undefined;
  #backlogSinceMs: number | undefined;
  readonly #budget = new TurnBudget();
  #readyWaiters: (() => void)[] = [];
  #isReady = false;
  #proving = false;
  state: FollowerStateKind = 'idle';
  appliedRows = 0;
  poisonousRows = 0;
  resets = 0;
  failures = 0;
  /** Milliseconds from the making of a version to its row being applied, of the newest one; by the writer's clock and ours. */
  lagMs: number | undefined;
  lastWarning: string | undefined;
  ended: { readonly error: unknown } | undefined;

  constructor(options: FeedLoopOptions) {
    this.#options = options;
    this.#behindSinceMs = options.clock.monotonic();
  }

  /** Resolves when the feed has caught up for the first time. */
  ready(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    return new Promise((resolve) => this.#readyWaiters.push(resolve));
  }

  /**
   * Milliseconds since the last moment for which everything the database had committed is known to be applied: a byte of the feed, an answered probe. After a
   * disturbance bytes alone prove nothing until the feed has caught up.
   */
  ageMs(): number {
    const { feed, clock } = this.#options;
    const now = clock.monotonic();
    const since = Math.min(this.#behindSinceMs ?? Number.POSITIVE_INFINITY, this.#backlogSinceMs ?? Number.POSITIVE_INFINITY);
    return Math.max(feed.ageMs(), since === Number.POSITIVE_INFINITY ? 0 : now - since);
  }

  /** Runs until the feed ends. Never rejects. */
  async run(): Promise<void> {
    const { feed, onEnd } = this.#options;
    try {
      for await (const event of feed) {
        if (event.type === 'changes') await this.#applyRows(event);
        else this.#take(event);
      }
    } catch (error) {
      this.ended = { error };
      onEnd(error);
    }
  }

  /** A proof from elsewhere that everything up to a moment is applied. */
  proved(): void {
    this.#behindSinceMs = undefined;
  }

  /** Applies rows a little at a time, so that readers get their turn however many rows wait and however large they are. */
  async #applyRows({ rows, lastSeq }: ChangesEvent): Promise<void> {
    const { feed, hub, clock } = this.#options;
    // Rows that wait behind these are older than the bytes that came last.
    if (feed.waitingRows > rows.length) this.#backlogSinceMs ??= clock.monotonic();
    for (const row of rows) {
      if (this.#budget.isSpent(clock.monotonic())) {
        await nextTurn();
        this.#budget.renew(clock.monotonic());
      }
      this.#applySafely(row);
      this.#budget.spend(row.bytes.length);
    }
    if (lastSeq !== undefined) hub.advance(lastSeq);
    hub.settle();
    if (feed.waitingRows > rows.length) return;
    this.#backlogSinceMs = undefined;
    this.#budget.rest();
  }

  #take(event: Exclude<FeedEvent, ChangesEvent>): void {
    const { cache, hub } = this.#options;
    switch (event.type) {
      case 'caught-up':
        hub.purged(purgesText(event.purgeSeq));
        this.#caughtUp();
        break;
      case 'reset':
        this.resets += 1;
        this.#behindSinceMs ??= this.#options.clock.monotonic();
        cache.reset();
        hub.purged(purgesText(event.purgeSeq));
        hub.reset(RESET_REASON[event.reason], event.since);
        break;
      case 'purged':
        for (const id of event.ids) cache.purge(id);
        hub.purged(purgesText(event.purgeSeq));
        break;
      case 'status':
        this.#changeState(event.state);
        break;
      case 'warning':
        this.lastWarning = event.message;
        break;
    }
  }

  /** One bad row must not stop the others: it is counted and left behind. */
  #applySafely(row: ChangeRow): void {
    const { cache, hub } = this.#options;
    try {
      this.appliedRows += 1;
      const { revs } = row;
      const [revision] = revs;
      const { seq } = row;
      if (seq !== null) hub.advance(seq);
      if (revision === undefined) {
        this.poisonousRows += 1;
        const entry = cache.table.findId(row.id);
        if (entry !== undefined) cache.doubt(entry);
        return;
      }
      // With conflicting leaves the document in the row is but one of them.
      if (revs.length > 1) cache.row({ id: row.id, revision, losers: revs.slice(1) });
      else cache.row({ id: row.id, revision, snapshot: (entry) => this.#snapshot(row, entry) });
    } catch {
      // Counted and shown as a metric; the audit compares what is cached with the database all the same.
      this.poisonousRows += 1;
    }
    hub.settle();
  }

  /** What a row says of an entry. News of it tells how long versions take to get here. */
  #snapshot(row: ChangeRow, entry: TableEntry): EntrySnapshot | undefined {
    const snapshot = snapshotOfRow(row, entry);
    const version = snapshot?.version;
    if (version !== undefined && (entry.version === undefined || version > entry.version)) this.lagMs = Math.max(0, this.#options.clock.now() - versionTimeMs(version));
    return snapshot;
  }

  #caughtUp(): void {
    const { feed, hub } = this.#options;
    this.#behindSinceMs = undefined;
    if (!hub.isPlaced) hub.advance(feed.lastAppliedSeq ?? '');
    this.#isReady = true;
    const waiters = this.#readyWaiters;
    this.#readyWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #changeState(state: FollowerStateKind): void {
    const { feed, clock } = this.#options;
    this.state = state;
    if (state === 'streaming' || state === 'polling') void this.#prove();
    else this.#behindSinceMs ??= feed.lastSignMs ?? clock.monotonic();
  }

  /** After a disturbance: asks until everything is known to be applied. */
  async #prove(): Promise<void> {
    if (this.#proving || this.#behindSinceMs === undefined) return;
    this.#proving = true;
    try {
      await this.#options.feed.prove();
      this.proved();
    } catch {
      // The age goes on growing, which is the truth; the next connection or proof sets it right.
      this.failures += 1;
    } finally {
      this.#proving = false;
    }
  }
}

function snapshotOfRow(row: ChangeRow, entry: TableEntry): EntrySnapshot | undefined {
  const { head, valueText } = headOfRow(row);
  if (head?._rev === undefined || head._rev !== row.revs[0]) return undefined;
  return snapshotOfHead(entry.node, entry.key, head, { deleted: row.deleted, valueText });
}

function headOfRow(row: ChangeRow): { readonly head?: HeadDocument | undefined; readonly valueText?: string } {
  const bytes = row.docBytes();
  if (bytes === undefined) return {};
  const large = bytes.length < LARGE_DOCUMENT_BYTES ? undefined : readLargeHead(bytes);
  return large ?? { head: decodeHead(row.doc()) };
}

/** Lets everything else that is due happen first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
