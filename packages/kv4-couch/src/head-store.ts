import { setMaxListeners } from 'node:events';
import { isCouchError, systemClock, systemRandom, type Clock, type CouchClient, type CouchDatabase, type Random } from '@xir/couch-client';
import {
  DEFAULT_KEEP_LIMITS,
  DEFAULT_LAYER_RETENTION,
  DEFAULT_SEGMENT_LIMITS,
  DEFAULT_SPILL_LIMITS,
  isNeuronName,
  Kv4Error,
  type CommitBase,
  type GroupCommitLimits,
  type GroupCommitStats,
  type IdRange,
  type LayerRetention,
  type TailLimits,
  type WriteOperation,
} from '@xir/kv4-core';
import { createDatabase } from './create-database.ts';
import { CommitDriver, settledOutcome, type CommitHooks } from './commit-driver.ts';
import { readError } from './database-errors.ts';
import { ExpiryAlarm } from './expiry-alarm.ts';
import { HeadReader } from './head-reader.ts';
import type { HeadRead } from './head-read.ts';
import { scanHeadRange, type HeadScan, type HeadScanOptions, type IdScan } from './head-scan.ts';
import { readRange } from './range-read.ts';
import { HistoryUpkeep, looksNeglected, needsUpkeep, type HistoryUpkeepStats } from './history-upkeep.ts';
import { readLeafDocuments, type LeafDocument } from './leaf-documents.ts';
import { UpkeepQueue, type UpkeepQueueLimits, type UpkeepQueueStats } from './upkeep-queue.ts';

/** Default bounds of upkeep: a second after the notice, two at a time. */
export const DEFAULT_UPKEEP_LIMITS: UpkeepQueueLimits = Object.freeze({ delayMs: 1_000, maxDocuments: 10_000, maxConcurrent: 2, maxAttempts: 8 });
/** Default of {@link HeadStoreOptions.maxExpiries}, in keys. */
export const DEFAULT_MAX_EXPIRIES = 100_000;

/** How heads are stored. */
export interface HeadStoreOptions {
  readonly client: CouchClient;
  /** Name of the database. */
  readonly database: string;
  /** Names this writer in versions: 1–24 characters `a`–`z`, `0`–`9`, different for every process that writes to the database. */
  readonly neuron: string;
  /** Default: the client's. */
  readonly clock?: Clock;
  /** Default: the client's. */
  readonly random?: Random;
  /** Retention by layer; default `DEFAULT_LAYER_RETENTION` of `@xir/kv4-core`. */
  readonly layers?: LayerRetention;
  /** Bounds of group commit; defaults `DEFAULT_GROUP_COMMIT_LIMITS` of `@xir/kv4-core`. */
  readonly limits?: Partial<GroupCommitLimits>;
  /** A tail that has reached this is spilled in the background; default `DEFAULT_SPILL_LIMITS`. */
  readonly spillAt?: TailLimits;
  /** What a spill leaves in the tail; default `DEFAULT_KEEP_LIMITS`. */
  readonly spillKeep?: TailLimits;
  /** What one segment may hold; default `DEFAULT_SEGMENT_LIMITS`. */
  readonly segment?: TailLimits;
  /** Bounds of upkeep; defaults {@link DEFAULT_UPKEEP_LIMITS}. */
  readonly upkeep?: Partial<UpkeepQueueLimits>;
  /** Expiries of own writes that are kept in mind; default {@link DEFAULT_MAX_EXPIRIES}. */
  readonly maxExpiries?: number;
  /** What a cache does for writes, and learns from them. */
  readonly hooks?: CommitHooks;
}

/** An operation to commit. */
export interface CommitOptions {
  /** What is known of the head; default: what the hook `baseHead` says, or else the head is read first. */
  readonly base?: CommitBase | undefined;
  /** Size of the value in characters of JSON, for the limit of what may wait; default 0. */
  readonly characters?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a commit came to. */
export type CommitOutcome = ReturnType<typeof settledOutcome>;

/** Counters of a {@link HeadStore} since it was opened, and what it holds now. */
export interface HeadStoreStats {
  readonly commit: GroupCommitStats;
  readonly upkeep: HistoryUpkeepStats & UpkeepQueueStats;
  /** Segments written because a tail had reached its hard limit. */
  readonly hardSpills: number;
  /** Reads that met conflicting leaves. */
  readonly conflictsSeen: number;
  /** Documents under the id of a head that are none. */
  readonly malformedSeen: number;
  /** Requests nobody waited for that failed. */
  readonly backgroundErrors: number;
  /** Expiries kept in mind. */
  readonly expiries: number;
}

/**
 * Heads in one CouchDB database: read, scanned and written by id, with group commit beneath and upkeep of history in the background.
 * It caches nothing; a cache in front supplies bases and learns of commits through {@link CommitHooks}. Every method rejects with `Kv4Error`.
 */
export class HeadStore implements AsyncDisposable {
  readonly database: CouchDatabase;
  readonly layers: LayerRetention;
  readonly clock: Clock;
  readonly #reader: HeadReader;
  readonly #driver: CommitDriver;
  readonly #upkeep: HistoryUpkeep;
  readonly #queue: UpkeepQueue;
  readonly #alarm: ExpiryAlarm;
  readonly #spillAt: TailLimits;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  #conflictsSeen = 0;
  #malformedSeen = 0;
  #backgroundErrors = 0;

  /** Throws `TypeError` for a neuron name that cannot stand in a version. The database must exist: see {@link openHeadStore}. */
  constructor(options: HeadStoreOptions) {
    if (!isNeuronName(options.neuron)) throw new TypeError('a neuron is named by 1 to 24 characters a-z and 0-9');
    this.database = options.client.database(options.database);
    this.layers = options.layers ?? DEFAULT_LAYER_RETENTION;
    this.clock = options.clock ?? options.client.clock ?? systemClock;
    const random = options.random ?? options.client.random ?? systemRandom;
    const spill = { keep: options.spillKeep ?? DEFAULT_KEEP_LIMITS, segment: options.segment ?? DEFAULT_SEGMENT_LIMITS };
    this.#spillAt = options.spillAt ?? DEFAULT_SPILL_LIMITS;
    // Every request under way listens for the end of the store; their number is bounded by the slots.
    setMaxListeners(0, this.#closing.signal);
    this.#reader = new HeadReader(this.database, this.#closing.signal);
    this.#driver = new CommitDriver({
      database: this.database,
      reader: this.#reader,
      neuron: options.neuron,
      clock: this.clock,
      random,
      layers: this.layers,
      limits: options.limits ?? {},
      spill,
      hooks: options.hooks ?? {},
      signal: this.#closing.signal,
      onBackgroundError: () => (this.#backgroundErrors += 1),
      onCommitted: ({ id, head, removed }) => {
        this.#alarm.set(id, removed ? undefined : head.x);
        if (!removed && needsUpkeep(head, this.clock.now(), this.#spillAt)) this.#queue.add(id);
      },
    });
    this.#upkeep = new HistoryUpkeep({
      // What is under way when the store is closed is broken off: a database that does not answer must not hold up the end. Every step may be repeated by anybody.
      database: options.client.database(options.database, this.#closing.signal),
      layers: this.layers,
      spill,
      background: this.#spillAt,
      now: () => this.clock.now(),
      readHead: (id) => this.#reader.read(id),
      commit: async (id, operation) => settledOutcome(await this.#driver.submit(id, operation, { characters: 0 })),
    });
    this.#queue = new UpkeepQueue((id) => this.#visit(id), { clock: this.clock, random }, { ...DEFAULT_UPKEEP_LIMITS, ...options.upkeep });
    this.#alarm = new ExpiryAlarm(this.clock, options.maxExpiries ?? DEFAULT_MAX_EXPIRIES, (id) => this.#queue.add(id));
  }

  /** Reads heads, many in one request. The answer has an entry for every id. */
  async readHeads(ids: readonly string[], signal?: AbortSignal): Promise<Map<string, HeadRead>> {
    const reads = await this.guard(this.#reader.readMany(ids, signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])), signal);
    for (const read of reads.values()) this.#notice(read);
    return reads;
  }

  /** Reads one head; reads that come while others are on their way leave as one request. */
  async readHead(id: string, signal?: AbortSignal): Promise<HeadRead> {
    const read = await this.guard(this.#reader.read(id), signal);
    this.#notice(read);
    return read;
  }

  /** Reads every leaf of a document with its ancestry, deleted leaves included; none where there is no document. */
  async readLeaves(id: string, signal?: AbortSignal): Promise<readonly LeafDocument[]> {
    const leaves = await this.guard(readLeafDocuments(this.database, [id], { ancestry: true, signal: signal ?? this.#closing.signal }), signal);
    return leaves.get(id) ?? [];
  }

  /** Reads the heads in a range of ids, one piece of at most `limit` documents at a time. */
  async scanHeads(range: IdRange, options: HeadScanOptions): Promise<HeadScan> {
    const scan = await this.guard(scanHeadRange(this.database, range, { ...options, signal: options.signal ?? this.#closing.signal }), options.signal);
    const now = this.clock.now();
    this.#conflictsSeen += scan.conflicted.length;
    for (const { id } of scan.conflicted) this.#queue.add(id);
    for (const head of scan.heads) if (looksNeglected(head, now, this.#spillAt)) this.#queue.add(head._id);
    return scan;
  }

  /** Reads the ids in a range, those of logically deleted heads and of other documents included, one piece of at most `limit` at a time. Rejects with `Kv4Error`. */
  async scanIds(range: IdRange, { after, limit }: Omit<HeadScanOptions, 'signal'>): Promise<IdScan> {
    const { rows, more } = await this.guard(readRange(this.database, range, { after, limit, documents: false, signal: this.#closing.signal }));
    const last = rows.at(-1);
    return { ids: rows.map(({ id }) => id), ...(more && last !== undefined ? { next: last.id } : {}) };
  }

  /** Carries an operation out on the head of this id. Rejects with the `Kv4Error` of a refusal or failure, or with the reason of `signal`. */
  async commit(id: string, operation: WriteOperation, options: CommitOptions = {}): Promise<CommitOutcome> {
    this.refuseClosed();
    return settledOutcome(await this.#driver.submit(id, operation, { signal: options.signal, characters: options.characters ?? 0, base: options.base }));
  }

  /** Notes that a document needs upkeep: a head by its id, or a segment whose leaves are in conflict. */
  noticeUpkeep(id: string): void {
    this.#queue.add(id);
  }

  /** Does all upkeep that waits, now, and resolves when nothing is left to do. */
  async idle(): Promise<void> {
    await this.#queue.idle();
    await this.#driver.idle();
  }

  stats(): HeadStoreStats {
    return {
      commit: this.#driver.stats(),
      upkeep: { ...this.#upkeep.stats(), ...this.#queue.stats() },
      hardSpills: this.#driver.spills,
      conflictsSeen: this.#conflictsSeen,
      malformedSeen: this.#malformedSeen,
      backgroundErrors: this.#backgroundErrors,
      expiries: this.#alarm.size,
    };
  }

  /** Throws `KV4_CLOSED` once the store is closed. */
  refuseClosed(): void {
    if (this.#closed !== undefined) throw new Kv4Error('KV4_CLOSED', 'the store is closed');
  }

  /** Awaits a request to the database: errors become `Kv4Error`s, the end of the store `KV4_CLOSED`, an aborted signal its reason. */
  async guard<Result>(request: Promise<Result>, signal?: AbortSignal): Promise<Result> {
    try {
      const result = await (signal === undefined ? request : raceAbort(request, signal));
      this.refuseClosed();
      return result;
    } catch (error) {
      this.refuseClosed();
      signal?.throwIfAborted();
      throw readError(error);
    }
  }

  /** Ends everything under way with `KV4_CLOSED`. The client stays open. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#driver.close();
    this.#alarm.close();
    this.#closing.abort();
    await this.#queue.close();
  }

  async #visit(id: string): Promise<void> {
    if (id.startsWith('s!')) return this.#upkeep.uniteSegment(id);
    return this.#upkeep.visit(id);
  }

  #notice(read: HeadRead): void {
    if (read.state === 'malformed') this.#malformedSeen += 1;
    if (read.conflicts.length > 0) this.#conflictsSeen += 1;
    if (read.conflicts.length > 0 || (read.head !== undefined && looksNeglected(read.head, this.clock.now(), this.#spillAt))) this.#queue.add(read.id);
  }
}

function raceAbort<Result>(request: Promise<Result>, signal: AbortSignal): Promise<Result> {
  // Nobody waits for what was begun with a signal that is aborted already; its failure must not end the process.
  if (signal.aborted) request.catch(() => undefined);
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    request.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Opens heads in a database, which is created when it is missing. Rejects with `KV4_UNAVAILABLE` when the database cannot be reached. */
export async function openHeadStore(options: HeadStoreOptions): Promise<HeadStore> {
  const store = new HeadStore(options);
  try {
    // Asked first: not everybody who may use a database may create one.
    await store.database.info().catch(async (error: unknown) => {
      if (!isCouchError(error, 'COUCH_NOT_FOUND')) throw error;
      await createDatabase(store.database);
    });
  } catch (error) {
    await store.close();
    throw readError(error);
  }
  return store;
}
