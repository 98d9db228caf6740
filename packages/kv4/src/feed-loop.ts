import type { Clock, Timer } from '@xir/couch-client';
import type { ChangeFeed, ChangeRow, ChangesEvent, FeedEvent, FollowerStateKind, ResetReason } from '@xir/couch-feed';
import { decodeHead, type EntrySnapshot, type WatchResetReason, versionTimeMs } from '@xir/kv4-core';
import type { Cache } from './cache.ts';
import type { TableEntry } from './cache-table.ts';
import { LARGE_DOCUMENT_BYTES, largeHeadInPieces, type LargeHead } from './large-head.ts';
import { readPlainHead } from './plain-head.ts';
import { snapshotOfHead, snapshotOfPlainHead } from './snapshot.ts';
import { StandstillWatch } from './standstill-watch.ts';
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

/** Milliseconds after which a proof that failed is asked for again. */
const PROVE_AGAIN_MS = 1000;

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
  readonly #standstill: StandstillWatch;
  /** Set while rows may be missing: since the last moment for which everything is known to be applied, in monotonic milliseconds. */
  #behindSinceMs: number | undefined;
  /** When it became so, last: what was proved as of an earlier moment does not end it. */
  #disturbedAtMs: number;
  #backlogSinceMs: number | undefined;
  readonly #budget = new TurnBudget();
  #readyWaiters: (() => void)[] = [];
  #isReady = false;
  #proving = false;
  #proveTimer: Timer | undefined;
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
    this.#disturbedAtMs = this.#behindSinceMs;
    // What was in the sockets meanwhile is as old as the standstill was long, whenever it is read.
    this.#standstill = new StandstillWatch(options.clock, options.feed, (sinceMs) => {
      this.#disturbed(sinceMs);
      void this.#prove();
    });
  }

  /** Resolves when the feed has caught up for the first time. */
  ready(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    return new Promise((resolve) => this.#readyWaiters.push(resolve));
  }

  /**
   * Milliseconds since the last moment for which everything the database had committed is known to be applied: a byte of the feed, an answered probe. After a
   * disturbance, or when this process stood still, bytes alone prove nothing until the feed has caught up.
   */
  ageMs(): number {
    const { feed, clock } = this.#options;
    const now = clock.monotonic();
    const since = Math.min(...[this.#behindSinceMs, this.#backlogSinceMs, this.#standstill.sinceMs()].map((moment) => moment ?? Number.POSITIVE_INFINITY));
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
    } finally {
      this.#standstill.close();
      this.#proveTimer?.cancel();
    }
  }

  /** A proof that everything up to a moment, in monotonic milliseconds, is applied. */
  proved(asOfMs: number): void {
    if (this.#behindSinceMs === undefined) return;
    this.#behindSinceMs = asOfMs >= this.#disturbedAtMs ? undefined : Math.max(this.#behindSinceMs, asOfMs);
  }

  #disturbed(sinceMs: number): void {
    this.#behindSinceMs = Math.min(this.#behindSinceMs ?? Number.POSITIVE_INFINITY, sinceMs);
    this.#disturbedAtMs = this.#options.clock.monotonic();
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
      const large = row.heldBytes < LARGE_DOCUMENT_BYTES ? undefined : await this.#readLarge(row);
      this.#applySafely(row, large);
      this.#budget.spend(row.heldBytes);
    }
    if (lastSeq !== undefined) hub.advance(lastSeq);
    hub.settle();
    if (feed.waitingRows > rows.length) return;
    this.#backlogSinceMs = undefined;
    this.#budget.rest();
  }

  /** Reads the document of a large row that somebody wants, a piece in each turn. `undefined`: there is none, or it is for the parser. */
  async #readLarge(row: ChangeRow): Promise<LargeHead | undefined> {
    const { cache, clock } = this.#options;
    if (!cache.table.isReferenced(row.id) || row.revs.length !== 1) return undefined;
    const bytes = row.docBytes();
    if (bytes === undefined) return undefined;
    const pieces = largeHeadInPieces(bytes);
    for (;;) {
      const { done, value } = pieces.next();
      if (done === true) return value;
      await nextTurn();
      this.#budget.renew(clock.monotonic());
    }
  }

  #take(event: Exclude<FeedEvent, ChangesEvent>): void {
    const { cache, hub } = this.#options;
    switch (event.type) {
      case 'caught-up':
        hub.purged(purgesText(event.purgeSeq));
        this.#caughtUp(event.asOfMs);
        break;
      case 'reset':
        this.resets += 1;
        this.#disturbed(this.#options.clock.monotonic());
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
  #applySafely(row: ChangeRow, large: LargeHead | undefined): void {
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
      const entry = row.claim as TableEntry | undefined;
      if (revs.length > 1) cache.row({ id: row.id, revision, entry, losers: revs.slice(1) });
      else cache.row({ id: row.id, revision, entry, snapshot: (entry) => this.#snapshot(row, entry, large) });
    } catch {
      // Counted and shown as a metric; the audit compares what is cached with the database all the same.
      this.poisonousRows += 1;
    }
    hub.settle();
  }

  /** What a row says of an entry. News of it tells how long versions take to get here. */
  #snapshot(row: ChangeRow, entry: TableEntry, large: LargeHead | undefined): EntrySnapshot | undefined {
    const snapshot = snapshotOfRow(row, entry, large);
    const version = snapshot?.version;
    if (version !== undefined && (entry.version === undefined || version > entry.version)) this.lagMs = Math.max(0, this.#options.clock.now() - versionTimeMs(version));
    return snapshot;
  }

  #caughtUp(asOfMs: number): void {
    const { feed, hub } = this.#options;
    this.proved(asOfMs);
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
    else this.#disturbed(feed.lastSignMs ?? clock.monotonic());
  }

  /** After a disturbance: asks until everything is known to be applied, for as long as there is a stream to be behind of. */
  async #prove(): Promise<void> {
    if (this.#proving) return;
    this.#proving = true;
    this.#proveTimer?.cancel();
    try {
      while (this.#behindSinceMs !== undefined && this.#isFollowing()) this.proved((await this.#options.feed.prove()).asOfMs);
    } catch {
      // The age goes on growing, which is the truth.
      this.failures += 1;
      if (this.#isFollowing()) this.#proveTimer = this.#options.clock.schedule(PROVE_AGAIN_MS, () => void this.#prove());
    } finally {
      this.#proving = false;
    }
  }

  #isFollowing(): boolean {
    return this.state === 'streaming' || this.state === 'polling';
  }
}

function snapshotOfRow(row: ChangeRow, entry: TableEntry, large: LargeHead | undefined): EntrySnapshot | undefined {
  const { id, deleted } = row;
  const revision = row.revs[0] as string;
  const plain = deleted || large !== undefined ? undefined : row.withDoc((bytes, start, end) => readPlainHead(bytes, start, end, { id, revision }));
  if (plain !== undefined) return snapshotOfPlainHead(entry, revision, plain);
  const head = large?.head ?? decodeHead(row.doc());
  if (head?._rev === undefined || head._rev !== revision) return undefined;
  return snapshotOfHead(entry.node, entry.key, head, { deleted, valueText: large?.valueText, tailText: large?.tail });
}

/** Lets everything else that is due happen first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
