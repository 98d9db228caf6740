import type { Clock } from '@xir/couch-client';
import { ChangesParser, type ChangeFeed, type ChangeRow } from '@xir/couch-feed';
import {
  checkKeyAddress,
  checkPathAddress,
  checkWatchOptions,
  compareIds,
  coverOf,
  covers,
  decodeHead,
  isExpired,
  isLive,
  expiryVersion,
  Kv4Error,
  parseDocumentId,
  recordFromHead,
  type HeadDocument,
  type KeyAddress,
  type Kv4Record,
  type StoredVersion,
  type WatchEvent,
  type WatchOptions,
  type WatchResetReason,
  type WatchScope,
} from '@xir/kv4-core';
import type { CouchStore } from '@xir/kv4-couch';
import type { Cache } from './cache.ts';
import type { PathNode, TableEntry } from './cache-table.ts';
import type { Listings } from './listings.ts';
import { liveRecord } from './pages.ts';
import { decodePosition, encodePosition, type WatchPosition } from './watch-position.ts';
import { changeOfStored, type WatchHub, type Watcher } from './watch-hub.ts';
import { WatchQueue, type QueuedGap } from './watch-queue.ts';

/** Rows read at once while a watch catches up. */
const CATCH_UP_PIECE = 500;
/** How long the beginning of a watch waits for the feed to be proved current, in milliseconds. */
const BEGIN_PROOF_MS = 1_000;
/** Pause before a scope that could not be loaded after a reset is tried again, in milliseconds. */
const RELOAD_PAUSE_MS = 500;

/** What a watch works with. */
export interface WatchContext {
  readonly cache: Cache;
  readonly hub: WatchHub;
  readonly listings: Listings;
  readonly feed: ChangeFeed;
  readonly store: CouchStore;
  readonly clock: Clock;
}

/** A checked scope; a layer is the subtree of its root. */
type NormalScope = Exclude<WatchScope, { readonly type: 'layer' }>;

function normalScope(scope: WatchScope): NormalScope {
  switch (scope.type) {
    case 'key':
      return { type: 'key', address: checkKeyAddress(scope.address) };
    case 'path':
    case 'subtree':
      return { type: scope.type, address: checkPathAddress(scope.address) };
    case 'layer':
      return { type: 'subtree', address: checkPathAddress({ bucket: scope.bucket, layer: scope.layer, path: '/' }) };
  }
}

type ChangeEvent = Extract<WatchEvent, { type: 'put' | 'delete' }>;

/** One watch, from its beginning to its end. */
export class WatchStream {
  readonly #context: WatchContext;
  readonly #scope: NormalScope;
  readonly #options: WatchOptions;
  readonly #watcher: Watcher;
  #pinned: { pins: number } | undefined;
  /** Versions that the catch-up delivered: the feed may bring them again. */
  readonly #delivered = new Map<string, string>();

  /** Checks the scope and the options. Throws `KV4_BAD_ADDRESS` and `KV4_BAD_OPTION`. */
  constructor(context: WatchContext, scope: WatchScope, options: WatchOptions) {
    const cover = coverOf(scope);
    const maxItems = checkWatchOptions(options);
    this.#context = context;
    this.#scope = normalScope(scope);
    this.#options = options;
    this.#watcher = {
      cover,
      queue: new WatchQueue({ latestOnly: options.latestOnly === true, maxItems }),
      history: options.history === true && options.latestOnly !== true,
      live: false,
      ahead: new Map(),
    };
  }

  async *events(): AsyncGenerator<WatchEvent, void, undefined> {
    const { signal } = this.#options;
    if (signal?.aborted === true) return;
    const { queue } = this.#watcher;
    const abort = (): void => queue.end();
    signal?.addEventListener('abort', abort, { once: true });
    const remove = this.#context.hub.add(this.#scope, this.#watcher);
    try {
      for await (const event of this.#run()) {
        if (isAborted(signal)) return;
        yield event;
      }
    } catch (error) {
      if (!isAborted(signal)) throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      remove();
      this.#unpin();
      this.#context.hub.forget();
    }
  }

  async *#run(): AsyncGenerator<WatchEvent, void, undefined> {
    yield* this.#open();
    const { queue } = this.#watcher;
    for (;;) {
      const item = await queue.next();
      if (item === undefined) return;
      if (item.type === 'restart') {
        const isOver = item.reason === 'slow-consumer';
        yield { type: 'reset', position: this.#context.hub.unresumable, reason: item.reason };
        if (isOver) return;
        this.#delivered.clear();
        yield* this.#initial(true);
      } else if (item.type === 'gap') {
        yield* this.#fillGap(item);
      } else if (!this.#wasDelivered(item.id, item.version)) {
        yield item.event;
      }
    }
  }

  #wasDelivered(id: string, version: string | undefined): boolean {
    const delivered = this.#delivered.get(id);
    if (delivered === undefined) return false;
    if (version === undefined || version > delivered) {
      this.#delivered.delete(id);
      return false;
    }
    return true;
  }

  async *#open(): AsyncGenerator<WatchEvent, void, undefined> {
    const { after } = this.#options;
    if (after !== undefined) {
      const position = decodePosition(after);
      const problem = this.#problemOf(position);
      if (problem === undefined && position !== undefined) return yield* this.#resume(position);
      yield { type: 'reset', position: this.#context.hub.unresumable, reason: problem ?? 'position-unknown' };
      return yield* this.#initial(false);
    }
    if (this.#options.initial !== false) return yield* this.#initial(false);
    this.#watcher.live = true;
    await this.#load();
  }

  #problemOf(position: WatchPosition | undefined): WatchResetReason | undefined {
    if (position === undefined || position.seq === '') return 'position-unknown';
    return position.epoch === this.#context.hub.epoch ? undefined : 'database-recreated';
  }

  /** Loads what the watch covers and keeps it from being evicted. */
  async #load(): Promise<void> {
    const { cache, listings } = this.#context;
    const scope = this.#scope;
    this.#unpin();
    if (scope.type === 'key') {
      const entry = cache.reference(scope.address);
      this.#pin(entry);
      await cache.settled(entry);
      return;
    }
    const pinned = scope.type === 'path' ? cache.table.addNode(scope.address) : cache.table.addSubtree(scope.address);
    this.#pin(pinned);
    if (!(await listings.ensure(scope.type, scope.address))) throw new Kv4Error('KV4_UNAVAILABLE', 'what the watch covers does not fit into the cache');
  }

  #pin(pinned: { pins: number }): void {
    pinned.pins += 1;
    this.#pinned = pinned;
  }

  #unpin(): void {
    if (this.#pinned !== undefined) this.#pinned.pins -= 1;
    this.#pinned = undefined;
  }

  /** The values that are there, taken whole at one moment, and the mark behind them. */
  async *#initial(patient: boolean): AsyncGenerator<WatchEvent, void, undefined> {
    const { hub, feed } = this.#context;
    await this.#loadPatiently(patient);
    // Proved current, the snapshot's position includes every row of what is in it. Without a proof the watch begins with what is known.
    await feed.prove({ timeoutMs: BEGIN_PROOF_MS, signal: this.#options.signal }).catch(() => undefined);
    await this.#loadPatiently(patient);
    const records = [...this.#snapshot()];
    this.#watcher.live = true;
    const { position, unresumable } = hub;
    for (const record of records) yield { type: 'put', position: unresumable, record };
    yield { type: 'end-of-initial', position };
  }

  async #loadPatiently(patient: boolean): Promise<void> {
    for (;;) {
      try {
        return await this.#load();
      } catch (error) {
        if (!patient || isAborted(this.#options.signal) || !(error instanceof Kv4Error) || error.code !== 'KV4_UNAVAILABLE') throw error;
      }
      await new Promise<void>((resolve) => {
        this.#context.clock.schedule(RELOAD_PAUSE_MS, resolve);
      });
    }
  }

  *#snapshot(): Generator<Kv4Record, void, undefined> {
    const { cache, listings } = this.#context;
    const scope = this.#scope;
    if (scope.type === 'key') {
      const entry = cache.table.find(scope.address);
      if (entry !== undefined) yield* this.#live(entry);
      return;
    }
    for (const node of listings.nodes(scope.type, scope.address)) yield* this.#liveOf(node);
  }

  *#liveOf(node: PathNode): Generator<Kv4Record, void, undefined> {
    for (const key of node.orderedKeys()) yield* this.#live(node.entries.get(key) as TableEntry);
  }

  *#live(entry: TableEntry): Generator<Kv4Record, void, undefined> {
    this.#context.hub.markAhead(this.#watcher, entry);
    const record = liveRecord(entry, this.#context.clock.now());
    if (record !== undefined) yield record;
  }

  /** What the database has behind a position, then what the feed brings; the overlap is left out. */
  async *#resume(position: WatchPosition): AsyncGenerator<WatchEvent, void, undefined> {
    this.#watcher.live = true;
    await this.#load();
    let since = position.seq;
    for (;;) {
      const page = await this.#page(since);
      if (page === undefined) {
        this.#watcher.live = false;
        this.#watcher.queue.restart('position-unknown');
        return;
      }
      for (const row of page.rows) yield* this.#eventsOfRow(row, position);
      if (page.lastSeq === undefined || page.isLast) return;
      since = page.lastSeq;
    }
  }

  /** One piece of the change feed behind a position; `undefined`: the database does not know the position. */
  async #page(since: string): Promise<{ rows: readonly ChangeRow[]; lastSeq: string | undefined; isLast: boolean } | undefined> {
    const { store } = this.#context;
    const { signal } = this.#options;
    const request = store.heads.database.request({
      path: '/_changes',
      query: { since, limit: CATCH_UP_PIECE, include_docs: true },
      ...(signal === undefined ? {} : { signal }),
    });
    const response = await store.heads.guard(request, signal);
    if (response.status !== 200) {
      await response.discard();
      if (response.status >= 500 || response.status === 429) throw new Kv4Error('KV4_UNAVAILABLE', `the change feed was answered with ${response.status}`);
      return undefined;
    }
    const parser = new ChangesParser({ wanted: (id) => covers(this.#watcher.cover, id) });
    const rows: ChangeRow[] = [];
    let scanned = 0;
    let lastSeq: string | undefined;
    const take = (found: ReturnType<ChangesParser['push']>): void => {
      rows.push(...found.rows);
      scanned += found.scanned;
      lastSeq = found.end?.lastSeq ?? lastSeq;
    };
    const read = async (): Promise<void> => {
      for await (const piece of response.body) take(parser.push(piece));
      take(parser.end());
    };
    await store.heads.guard(read(), signal);
    return { rows, lastSeq, isLast: scanned < CATCH_UP_PIECE };
  }

  *#eventsOfRow(row: ChangeRow, start: WatchPosition): Generator<ChangeEvent, void, undefined> {
    const parsed = parseDocumentId(row.id);
    if (parsed?.kind !== 'head') return;
    const { address } = parsed;
    const position = row.seq === null ? this.#context.hub.unresumable : encodePosition({ ...start, seq: row.seq });
    const head = decodeHead(row.doc());
    if (head === undefined) {
      if (row.deleted) yield { type: 'delete', position, address };
      return;
    }
    const [version, event] = eventOfHead(head, { address, position, deleted: row.deleted, nowMs: this.#context.clock.now() });
    if (this.#wasDelivered(row.id, version)) return;
    if (this.#watcher.history) yield* missedVersions(head, { id: row.id, address, position, moment: start.moment });
    this.#delivered.set(row.id, version);
    yield event;
  }

  async *#fillGap(gap: QueuedGap): AsyncGenerator<WatchEvent, void, undefined> {
    const { id, address, position, afterVersion, beforeVersion } = gap;
    let { previous } = gap;
    for await (const version of this.#context.store.series(address, { ascending: true })) {
      if (version.version <= afterVersion) continue;
      if (version.version >= beforeVersion) return;
      const stored: StoredVersion = version.deleted ? [version.version, version.author] : [version.version, version.author, version.value];
      const { event } = changeOfStored(stored, { id, address, position, previous });
      previous = event.type === 'put' ? event.record : undefined;
      yield event;
    }
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

interface RowPlace {
  readonly address: KeyAddress;
  readonly position: string;
  readonly deleted: boolean;
  readonly nowMs: number;
}

function eventOfHead(head: HeadDocument, place: RowPlace): readonly [version: string, event: ChangeEvent] {
  const { address, position, deleted, nowMs } = place;
  const record = !deleted && isLive(head, nowMs) ? recordFromHead(head, address) : undefined;
  if (record !== undefined) return [head.ver, { type: 'put', position, record }];
  const version = !deleted && isExpired(head, nowMs) ? expiryVersion(head)[0] : head.ver;
  return [version, { type: 'delete', position, address, version }];
}

/** The versions in a head's tail that are newer than a moment, oldest first. */
function* missedVersions(head: HeadDocument, at: { readonly id: string; readonly address: KeyAddress; readonly position: string; readonly moment: string }): Generator<ChangeEvent, void, undefined> {
  const missed = (head.tail ?? []).filter(([version]) => version.slice(0, 16) > at.moment);
  missed.sort((a, b) => compareIds(a[0], b[0]));
  for (const stored of missed) yield changeOfStored(stored, { ...at, previous: undefined }).event;
}
