import type { Clock, Timer } from '@xir/couch-client';
import type { ChangeFeed } from '@xir/couch-feed';
import { FeedError } from '@xir/couch-feed';
import {
  checkDepth,
  checkKeyAddress,
  checkPageOptions,
  checkPathAddress,
  checkReadOptions,
  checkSecondaryKeys,
  depthBelow,
  headId,
  isServable,
  Kv4Error,
  pathRange,
  subtreeRange,
  type AggregateOptions,
  type AggregateResult,
  type DeleteOptions,
  type JsonValue,
  type KeyAddress,
  type Kv4Record,
  type Kv4Store,
  type Kv4StoreSupports,
  type Kv4Version,
  type OperationOptions,
  type Page,
  type PageOptions,
  type PathAddress,
  type PutOptions,
  type ReadOptions,
  type SecondaryKeyName,
  type SeriesOptions,
  type TreeOptions,
  type WatchEvent,
  type WatchOptions,
  type WatchScope,
  type WriteResult,
} from '@xir/kv4-core';
import type { CouchStore } from '@xir/kv4-couch';
import type { Audit, AuditResult } from './audit.ts';
import { pageBeside, setRight, type BesideOptions, type ItemKind } from './beside-cache.ts';
import type { Cache } from './cache.ts';
import type { PathNode, TableEntry } from './cache-table.ts';
import type { ExpiryGate } from './expiry-gate.ts';
import type { FeedLoop } from './feed-loop.ts';
import { judgeHealth, type MemoryHealth } from './health.ts';
import type { ListingKind, Listings } from './listings.ts';
import type { KeyFollower, KeyFollowers, KeyFollowListener, ScopeListener } from './key-followers.ts';
import { liveRecord, pageOfPaths, pageOfRecords } from './pages.ts';
import { SecondaryIndex } from './secondary-index.ts';
import { collectStats, type MemoryStats, type ReadCounters } from './stats.ts';
import type { WatchHub } from './watch-hub.ts';
import { WatchStream } from './watch-stream.ts';

const RECORDS: ItemKind<Kv4Record> = { idOf: ({ address }) => headId(address), itemOf: (record) => record, isSame: (item, record) => item?.version === record?.version };

/** What a {@link Memory} is made of. */
export interface MemoryParts {
  readonly store: CouchStore;
  readonly cache: Cache;
  readonly listings: Listings;
  readonly feed: ChangeFeed;
  readonly loop: FeedLoop;
  readonly hub: WatchHub;
  readonly expiries: ExpiryGate;
  readonly followers: KeyFollowers;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly freshTimeoutMs: number;
  readonly healthyAgeMs: number;
  readonly closeTimeoutMs: number;
  /** Closes what the memory opened besides. */
  readonly dispose: () => Promise<void>;
}

/**
 * A cached `Kv4Store` that lives on one CouchDB database and its change feed. What was read once is answered from memory and kept current by the feed, also while the
 * database is away; every answer can state its age. See SPEC.md for the rules.
 */
export class Memory implements Kv4Store {
  readonly supports: Kv4StoreSupports = { watch: true, history: true, expiry: true, author: true, scalars: true };
  /** The store beneath: uncached, on the same database. */
  readonly store: CouchStore;
  readonly #parts: MemoryParts;
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #reads: ReadCounters = { hits: 0, misses: 0, negatives: 0 };
  #closed: Promise<void> | undefined;

  /** Use `openMemory`. */
  constructor(parts: MemoryParts) {
    this.#parts = parts;
    this.store = parts.store;
    this.#cache = parts.cache;
    this.#clock = parts.clock;
  }

  /** What is cached of a key, at once: its record, `null` where it is known not to be there, `undefined` where nothing is known. The path must be normalised. */
  peek(address: KeyAddress): Kv4Record | null | undefined {
    const entry = this.#cache.table.find(address);
    if (entry === undefined || !isServable(entry)) return undefined;
    entry.used = true;
    const { record } = entry;
    if (record === undefined) return null;
    return record.expiresAtMs !== undefined && record.expiresAtMs <= this.#clock.now() ? null : record;
  }

  async get(address: KeyAddress, options?: ReadOptions): Promise<Kv4Record | undefined> {
    if (options === undefined && this.#closed === undefined) {
      const cached = this.peek(address);
      if (cached !== undefined) return this.#count(cached ?? undefined);
    }
    return this.#get(address, options ?? {});
  }

  async #get(address: KeyAddress, options: ReadOptions): Promise<Kv4Record | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkReadOptions(options);
    const mustProve = this.#mustProve(options, this.#cache.table.find(checked));
    if (!mustProve && this.peek(checked) !== undefined) return this.#count(this.peek(checked) ?? undefined);
    this.#reads.misses += 1;
    if (!mustProve) return this.#race(this.#awaitEntry(checked, false), options.signal);
    // The load goes on meanwhile; what the proof brings is waited for behind it.
    const proved = Promise.all([this.#prove(options.signal), this.#awaitEntry(checked, true)]).then(() => this.#awaitEntry(checked, true));
    return this.#race(this.#withinFreshTime(proved), options.signal);
  }

  /** The record of a key once its entry can answer; thoroughly: once nothing about it is in doubt. A reset meanwhile leads to another load. */
  async #awaitEntry(address: KeyAddress, thorough: boolean): Promise<Kv4Record | undefined> {
    for (;;) {
      this.#refuseClosed();
      const entry = this.#cache.reference(address);
      entry.pins += 1;
      try {
        await this.#cache.settled(entry, thorough);
        if (isServable(entry)) return liveRecord(entry, this.#clock.now());
      } finally {
        this.#cache.unpin(entry);
      }
    }
  }

  async put(address: KeyAddress, value: JsonValue, options: PutOptions = {}): Promise<WriteResult> {
    return this.#write(this.#begin(checkKeyAddress, address, options), (checked) => this.store.put(checked, value, options));
  }

  async delete(address: KeyAddress, options: DeleteOptions = {}): Promise<WriteResult | undefined> {
    return this.#write(this.#begin(checkKeyAddress, address, options), async (checked) => {
      const result = await this.store.delete(checked, options);
      // The database says that nothing is there: a value we still hold is older than that, and is not served again.
      if (result === undefined && typeof this.peek(checked)?.version === 'string') this.#cache.purge(headId(checked));
      return result;
    });
  }

  /** From before a write until after it, rows for its key are noted. */
  async #write<Result>(address: KeyAddress, write: (address: KeyAddress) => Promise<Result>): Promise<Result> {
    const entry = this.#cache.reserve(address);
    try {
      return await write(address);
    } finally {
      this.#cache.release(entry);
    }
  }

  deletePath(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.store.deletePath(address, options);
  }

  deleteSubtree(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.store.deleteSubtree(address, options);
  }

  async keys(address: PathAddress, options: PageOptions = {}): Promise<Page<string>> {
    const checked = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, pathRange(checked));
    const found = await this.#list({ kind: 'path', address: checked }, options, (nodes) => pageOfRecords(nodes, { ...page, nowMs: this.#clock.now() }, (_, entry) => entry.key));
    if (found !== undefined) return found;
    const keys: ItemKind<string> = { idOf: (key) => headId({ ...checked, key }), itemOf: (record) => record.address.key, isSame: (key, record) => (key === undefined) === (record === undefined) };
    return this.#race(pageBeside(await this.store.keys(address, options), this.#parts.listings.nodes('path', checked), page, this.#beside(keys)), options.signal);
  }

  async list(address: PathAddress, options: PageOptions = {}): Promise<Page<Kv4Record>> {
    const checked = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, pathRange(checked));
    const found = await this.#list({ kind: 'path', address: checked }, options, (nodes) => pageOfRecords(nodes, { ...page, nowMs: this.#clock.now() }, (record) => record));
    if (found !== undefined) return found;
    return this.#race(pageBeside(await this.store.list(address, options), this.#parts.listings.nodes('path', checked), page, this.#beside(RECORDS)), options.signal);
  }

  async tree(address: PathAddress, options: TreeOptions = {}): Promise<Page<Kv4Record>> {
    const base = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, subtreeRange(base));
    const depth = checkDepth(options);
    const found = await this.#list({ kind: 'subtree', address: base }, options, (nodes) =>
      pageOfRecords(withinDepth(nodes, base, depth), { ...page, nowMs: this.#clock.now() }, (record) => record),
    );
    if (found !== undefined) return found;
    const nodes = withinDepth(this.#parts.listings.nodes('subtree', base), base, depth);
    return this.#race(pageBeside(await this.store.tree(address, options), nodes, page, this.#beside(RECORDS)), options.signal);
  }

  async paths(address: PathAddress, options: TreeOptions = {}): Promise<Page<string>> {
    const base = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, subtreeRange(base));
    const depth = checkDepth(options);
    const found = await this.#list({ kind: 'subtree', address: base }, options, (nodes) => pageOfPaths(withinDepth(nodes, base, depth), { ...page, nowMs: this.#clock.now() }));
    return found ?? this.store.paths(address, options);
  }

  /** Deletes everything of a bucket for good, histories included. Resolves to the number of documents deleted; caches follow by the feed. */
  eraseBucket(bucket: string, options: OperationOptions = {}): Promise<number> {
    return this.store.eraseBucket(bucket, options);
  }

  /** Read from the database at every call. */
  layers(bucket: string, options: ReadOptions = {}): Promise<readonly string[]> {
    return this.store.layers(bucket, options);
  }

  async find(address: PathAddress, name: SecondaryKeyName, value: string, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkReadOptions(options);
    checkSecondaryKeys({ [name]: value });
    const found = await this.#list({ kind: 'path', address: checked }, options, (nodes) => ({ record: firstUnder(nodes, { name, value, nowMs: this.#clock.now() }) }));
    return found === undefined ? this.#race(this.#findBeside(checked, { name, value }, options), options.signal) : found.record;
  }

  async #findBeside(address: PathAddress, wanted: { readonly name: SecondaryKeyName; readonly value: string }, options: ReadOptions): Promise<Kv4Record | undefined> {
    const found = await this.store.find(address, wanted.name, wanted.value, options);
    const nodes = this.#parts.listings.nodes('path', address);
    const cached = [found, firstUnder(nodes, { ...wanted, nowMs: this.#clock.now() })].flatMap((record) => (record && this.#cache.table.find(record.address)) ?? []);
    const shown = new Map(found === undefined ? [] : [[headId(found.address), found]]);
    await setRight(new Set(cached), shown, this.#beside(RECORDS));
    return [...shown.values()].find(({ secondary }) => secondary[wanted.name] === wanted.value);
  }

  series(address: KeyAddress, options: SeriesOptions = {}): AsyncIterable<Kv4Version> {
    return this.store.series(address, options);
  }

  at(address: KeyAddress, timeMs: number, options: OperationOptions = {}): Promise<Kv4Version | undefined> {
    return this.store.at(address, timeMs, options);
  }

  treeAt(address: PathAddress, timeMs: number, options: TreeOptions = {}): Promise<Page<Kv4Version>> {
    return this.store.treeAt(address, timeMs, options);
  }

  aggregate(address: KeyAddress, options: AggregateOptions): Promise<AggregateResult> {
    return this.store.aggregate(address, options);
  }

  async *watch(scope: WatchScope, options: WatchOptions = {}): AsyncGenerator<WatchEvent, void, undefined> {
    this.#refuseClosed();
    const { cache, hub, listings, feed, store, clock, expiries } = this.#parts;
    yield* new WatchStream({ cache, hub, listings, feed, store, clock, expiries }, scope, options).events();
  }

  /** Follows single keys, many of them and cheaply: the listener is told at once when one shows something else. */
  followKeys(listener: KeyFollowListener): KeyFollower {
    this.#refuseClosed();
    return this.#parts.followers.open(this.#cache, listener);
  }

  /**
   * Tells a listener at once of every key of a scope that shows something else, as far as the cache holds the scope: a watch keeps it there, and tells when continuity is lost.
   * Not each version comes, and none in the order of a watch. The answer ends it. Throws `KV4_BAD_ADDRESS`.
   */
  followScope(scope: WatchScope, listener: ScopeListener): () => void {
    this.#refuseClosed();
    return this.#parts.followers.followScope(scope, listener);
  }

  /** Milliseconds since the last moment for which everything the database had committed is known to be in the cache. `Infinity` before the first. */
  ageMs(): number {
    return this.#parts.loop.ageMs();
  }

  /** The age of what is cached of a key, in milliseconds; `undefined` where nothing is. More than {@link ageMs} while it is being compared with the database. */
  ageOf(address: KeyAddress): number | undefined {
    const entry = this.#cache.table.find(address);
    return entry === undefined || !isServable(entry) ? undefined : Math.max(this.ageMs(), this.#cache.doubtMs(entry));
  }

  /** Whether the memory can be relied on to be current, and if not, why. */
  health(): MemoryHealth {
    const { feed, loop, healthyAgeMs, audit } = this.#parts;
    return judgeHealth({ closed: this.#closed !== undefined, ageMs: this.ageMs(), healthyAgeMs, feedState: feed.state, obstacle: feed.obstacle, ended: loop.ended?.error, divergences: audit.divergences });
  }

  /** Figures since the memory was opened, and what it holds now. */
  stats(): MemoryStats {
    return collectStats(this.#parts, this.#reads);
  }

  /** Compares a sample of the cache with the database now. Rejects with `KV4_UNAVAILABLE` when it cannot be read. */
  audit(): Promise<AuditResult> {
    return this.#parts.audit.run();
  }

  /** Resolves when every row that was committed when the call was made is applied; what a row announced without its document may still be read (a `fresh` read waits for that). Rejects with `KV4_FRESHNESS_UNPROVED`. */
  prove(options: OperationOptions = {}): Promise<void> {
    return this.#prove(options.signal);
  }

  /** Ends reads, watches and the feed, and lets what is under way with the database finish, at most `closeTimeoutMs`. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { audit, hub, expiries, feed, dispose, closeTimeoutMs } = this.#parts;
    const error = closedError();
    audit.close();
    expiries.close();
    hub.close(error);
    this.#cache.close(error);
    // What is under way with a database that does not answer is not waited for: its connections are cut.
    await this.#atMost(closeTimeoutMs, feed.close().then(() => this.store.close()));
    await dispose();
  }

  /** Awaits work, for so long; when it takes longer, whether it fails is nobody's concern any more. */
  async #atMost(limitMs: number, work: Promise<void>): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => (timer = this.#clock.schedule(limitMs, resolve)));
    try {
      await Promise.race([work, late]);
    } finally {
      timer?.cancel();
      work.catch(() => undefined);
    }
  }

  #begin<Subject, Checked>(check: (subject: Subject) => Checked, subject: Subject, options: OperationOptions): Checked {
    this.#refuseClosed();
    const checked = check(subject);
    options.signal?.throwIfAborted();
    return checked;
  }

  #refuseClosed(): void {
    if (this.#closed !== undefined) throw closedError();
  }

  #count(record: Kv4Record | undefined): Kv4Record | undefined {
    this.#reads.hits += 1;
    if (record === undefined) this.#reads.negatives += 1;
    return record;
  }

  /** Whether an answer as old as what is cached will not do. */
  #mustProve(options: ReadOptions, entry?: TableEntry): boolean {
    if (options.fresh === true) return true;
    if (options.maxAgeMs === undefined) return false;
    return Math.max(this.ageMs(), entry === undefined ? 0 : this.#cache.doubtMs(entry)) > options.maxAgeMs;
  }

  async #prove(signal: AbortSignal | undefined): Promise<void> {
    const { feed, loop, freshTimeoutMs } = this.#parts;
    try {
      const { asOfMs } = await feed.prove({ signal, timeoutMs: freshTimeoutMs });
      loop.proved(asOfMs);
    } catch (cause) {
      signal?.throwIfAborted();
      this.#refuseClosed();
      if (!(cause instanceof FeedError)) throw cause;
      throw new Kv4Error('KV4_FRESHNESS_UNPROVED', 'the cache could not be proved current in time', { cause });
    }
  }

  /** Reads a whole listing in one go; `undefined` where it does not fit into the cache. */
  async #list<Result>(
    listing: { readonly kind: ListingKind; readonly address: PathAddress },
    options: ReadOptions,
    read: (nodes: Iterable<PathNode>) => Result,
  ): Promise<Result | undefined> {
    const { kind, address } = listing;
    const { listings } = this.#parts;
    const mustProve = this.#mustProve(options);
    if (!mustProve && listings.isWhole(kind, address)) {
      this.#reads.hits += 1;
      return read(listings.nodes(kind, address));
    }
    this.#reads.misses += 1;
    if (mustProve) await this.#race(this.#prove(options.signal), options.signal);
    for (;;) {
      this.#refuseClosed();
      if (!(await this.#race(listings.ensure(kind, address), options.signal))) return undefined;
      if (mustProve) await this.#race(this.#withinFreshTime(listings.verified(kind, address)), options.signal);
      // Nothing can be evicted between this look and the read.
      if (listings.isWhole(kind, address)) return read(listings.nodes(kind, address));
    }
  }

  /** What is in doubt stays so while the database cannot be asked: whoever wants to know better does not wait for ever. */
  async #withinFreshTime<Result>(work: Promise<Result>): Promise<Result> {
    const { freshTimeoutMs } = this.#parts;
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.#clock.schedule(freshTimeoutMs, () => reject(new Kv4Error('KV4_FRESHNESS_UNPROVED', 'what is cached could not be compared with the database in time')));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      timer?.cancel();
    }
  }

  #beside<Item>(kind: ItemKind<Item>): BesideOptions<Item> {
    return { cache: this.#cache, kind, nowMs: () => this.#clock.now() };
  }

  /** Awaits work unless the signal is aborted first. */
  async #race<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    if (signal === undefined) return work;
    let abort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      signal.removeEventListener('abort', abort);
      // Whichever lost is nobody's concern any more.
      work.catch(() => undefined);
    }
  }
}

function closedError(): Kv4Error {
  return new Kv4Error('KV4_CLOSED', 'the memory is closed');
}

function* withinDepth(nodes: Iterable<PathNode>, base: PathAddress, depth: number): Generator<PathNode, void, undefined> {
  for (const node of nodes) if (depthBelow(base.path, node.address.path) <= depth) yield node;
}

function firstUnder(nodes: Iterable<PathNode>, wanted: { readonly name: SecondaryKeyName; readonly value: string; readonly nowMs: number }): Kv4Record | undefined {
  for (const node of nodes) {
    node.secondary ??= indexOf(node);
    for (const key of node.secondary.keys(wanted.name, wanted.value)) {
      const entry = node.entries.get(key);
      const record = entry && liveRecord(entry, wanted.nowMs);
      if (record !== undefined) return record;
    }
  }
  return undefined;
}

function indexOf(node: PathNode): SecondaryIndex {
  const index = new SecondaryIndex();
  for (const entry of node.entries.values()) index.replace(entry.key, undefined, entry.record);
  return index;
}
