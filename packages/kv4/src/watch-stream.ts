import type { Clock } from '@xir/couch-client';
import type { ChangeFeed } from '@xir/couch-feed';
import {
  checkKeyAddress,
  checkPathAddress,
  checkWatchOptions,
  coverOf,
  Kv4Error,
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
import { CatchUp } from './watch-catch-up.ts';
import { decodePosition, encodePosition, type WatchPosition } from './watch-position.ts';
import { changeOfStored, type WatchHub, type Watcher } from './watch-hub.ts';
import { WatchQueue, type QueuedGap } from './watch-queue.ts';

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

/** One watch, from its beginning to its end. */
export class WatchStream {
  readonly #context: WatchContext;
  readonly #scope: NormalScope;
  readonly #options: WatchOptions;
  readonly #watcher: Watcher;
  readonly #maxItems: number;
  #pinned: { pins: number } | undefined;
  /** Versions that the catch-up delivered: the feed may bring them again. */
  readonly #delivered = new Map<string, string>();

  /** Checks the scope and the options. Throws `KV4_BAD_ADDRESS` and `KV4_BAD_OPTION`. */
  constructor(context: WatchContext, scope: WatchScope, options: WatchOptions) {
    const cover = coverOf(scope);
    const maxItems = checkWatchOptions(options);
    this.#maxItems = maxItems;
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
    this.#context.hub.begin(this.#context.feed.lastAppliedSeq);
    // What is there already is not told, and will not be when the watch is resumed.
    for (const _ of this.#snapshot()) continue;
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
    hub.begin(feed.lastAppliedSeq);
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
    const { hub } = this.#context;
    hub.markAhead(this.#watcher, entry);
    if (entry.version !== undefined) hub.told(entry.version);
    const record = liveRecord(entry, this.#context.clock.now());
    if (record !== undefined) yield record;
  }

  /** What the database has behind a position, then what the feed brings; the overlap is left out. */
  async *#resume(position: WatchPosition): AsyncGenerator<WatchEvent, void, undefined> {
    this.#watcher.live = true;
    await this.#load();
    const { store, clock } = this.#context;
    const { cover, history } = this.#watcher;
    const catchUp = new CatchUp({ store, cover, nowMs: () => clock.now(), maxChanges: this.#maxItems, signal: this.#options.signal });
    for await (const { id, version, event } of history ? catchUp.versions(position) : catchUp.states(position)) {
      if (this.#wasDelivered(id, version)) continue;
      if (version !== undefined) this.#delivered.set(id, version);
      yield event;
    }
    if (!catchUp.failed) return;
    this.#watcher.live = false;
    this.#watcher.queue.restart('position-unknown');
  }

  async *#fillGap(gap: QueuedGap): AsyncGenerator<WatchEvent, void, undefined> {
    const { id, address, place, afterVersion, beforeVersion } = gap;
    const moments = place.moments.copy();
    let { previous } = gap;
    for await (const version of this.#context.store.series(address, { ascending: true })) {
      if (version.version <= afterVersion || this.#wasDelivered(id, version.version)) continue;
      if (version.version >= beforeVersion) return;
      moments.note(version.version);
      const position = encodePosition({ ...place, moments });
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
