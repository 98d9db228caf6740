import type { Clock } from '@xir/couch-client';
import type { ChangeFeed } from '@xir/couch-feed';
import {
  checkWatchOptions,
  coverOf,
  isServable,
  Kv4Error,
  type KeyAddress,
  type Kv4Record,
  type WatchEvent,
  type WatchOptions,
  type WatchResetReason,
  type WatchScope,
} from '@xir/kv4-core';
import type { CouchStore } from '@xir/kv4-couch';
import type { Cache } from './cache.ts';
import type { PathNode, TableEntry } from './cache-table.ts';
import type { Listings } from './listings.ts';
import { normalScope, type NormalScope } from './normal-scope.ts';
import { CatchUp } from './watch-catch-up.ts';
import type { ExpiryGate } from './expiry-gate.ts';
import { fillGap } from './watch-gap.ts';
import type { WatchHub, Watcher } from './watch-hub.ts';
import { decodePosition, type WatchPosition } from './watch-position.ts';
import { WatchQueue, type QueuedChange, type QueuedItem } from './watch-queue.ts';
import { keptTail } from './watch-span.ts';
import { expiryVersionOf, type ToldVersions } from './watch-told.ts';

/** How long the beginning of a watch waits for the feed to be proved current, in milliseconds. */
const BEGIN_PROOF_MS = 1_000;
/** Pause before it is looked again whether the feed has come to where a resumed watch is, in milliseconds. */
const SETTLE_PAUSE_MS = 50;
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
  readonly expiries: ExpiryGate;
}

/** One watch, from its beginning to its end. */
export class WatchStream {
  readonly #context: WatchContext;
  readonly #scope: NormalScope;
  readonly #options: WatchOptions;
  readonly #watcher: Watcher;
  readonly #maxItems: number;
  #pinned: { pins: number } | undefined;
  /** Set from a resumption until the feed is where the watch is. */
  #catchUp: CatchUp | undefined;
  /** What had been told when the feed came to where a resumed watch is, also of keys on which the replica that answers the feed is behind: it will bring that again. */
  #told: ToldVersions | undefined;
  /** Expiries that had been told elsewhere, perhaps by a clock ahead of ours, or by the catch-up. */
  readonly #toldExpiries = new Map<string, string>();
  #over = false;

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
      this.#over = true;
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
        // The restart may have come while the values that were there were taken, which made the watch live.
        this.#watcher.live = false;
        this.#catchUp = undefined;
        this.#told = undefined;
        this.#toldExpiries.clear();
        yield* this.#initial(true);
      } else {
        yield* this.#eventsOf(item);
      }
    }
  }

  async *#eventsOf(item: Exclude<QueuedItem, { readonly type: 'restart' }>): AsyncGenerator<WatchEvent, void, undefined> {
    switch (item.type) {
      case 'mark':
        this.#told = this.#catchUp?.told;
        this.#catchUp = undefined;
        return;
      case 'gap': {
        const { store } = this.#context;
        for await (const change of fillGap(item, (address) => store.series(address))) yield* this.#eventsOfChange(change);
        return;
      }
      case 'change':
        yield* this.#eventsOfChange(item);
    }
  }

  async *#eventsOfChange(change: QueuedChange): AsyncGenerator<WatchEvent, void, undefined> {
    const { id, version, event } = change;
    if (version !== undefined && this.#toldExpiries.get(id) === version) return;
    const catchUp = this.#catchUp;
    if (catchUp === undefined) {
      if (version === undefined || this.#told?.names(id, version) !== true) yield event;
      return;
    }
    if (version !== undefined) yield* catchUp.missedBefore(id, event.type === 'put' ? event.record.address : event.address, version);
    if (catchUp.reset !== undefined) return this.#startAnew(catchUp.reset);
    const taken = catchUp.take(change);
    if (taken !== undefined) yield taken;
  }

  /** What was missed cannot be told. */
  #startAnew(reason: WatchResetReason): void {
    this.#watcher.live = false;
    this.#watcher.queue.restart(reason);
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
    await this.#hold(false);
    this.#context.hub.begin(this.#context.feed.lastAppliedSeq);
    // What is there already is not told, and will not be when the watch is resumed.
    for (const entry of this.#entries()) this.#context.hub.show(entry);
  }

  #problemOf(position: WatchPosition | undefined): WatchResetReason | undefined {
    if (position === undefined || position.seq === '') return 'position-unknown';
    return position.epoch === this.#context.hub.epoch ? undefined : 'database-recreated';
  }

  /** Loads what the watch covers and keeps it from being evicted. False: it does not fit. */
  async #load(): Promise<boolean> {
    const { cache, listings } = this.#context;
    const scope = this.#scope;
    this.#unpin();
    if (scope.type === 'key') {
      const entry = cache.reference(scope.address);
      this.#pin(entry);
      await cache.settled(entry);
      return true;
    }
    const pinned = scope.type === 'path' ? cache.table.addNode(scope.address) : cache.table.addSubtree(scope.address);
    this.#pin(pinned);
    return listings.ensure(scope.type, scope.address);
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
    await this.#hold(patient);
    // Proved current, the snapshot's position includes every row of what is in it. Without a proof the watch begins with what is known.
    await feed.prove({ timeoutMs: BEGIN_PROOF_MS, signal: this.#options.signal }).catch(() => undefined);
    await this.#hold(patient);
    hub.begin(feed.lastAppliedSeq);
    const records = [...this.#snapshot()];
    this.#watcher.live = true;
    const { position, unresumable } = hub;
    for (const record of records) yield { type: 'put', position: unresumable, record };
    yield { type: 'end-of-initial', position };
  }

  /** Has what the watch covers in the cache; patiently: the database may be away. Throws `KV4_UNAVAILABLE`, always where it does not fit. */
  async #hold(patient: boolean): Promise<void> {
    for (;;) {
      const fits = await this.#load().catch((error: unknown) => {
        if (!patient || isAborted(this.#options.signal) || !(error instanceof Kv4Error) || error.code !== 'KV4_UNAVAILABLE') throw error;
      });
      if (fits === true) return;
      if (fits === false) throw new Kv4Error('KV4_UNAVAILABLE', 'what the watch covers does not fit into the cache');
      await new Promise<void>((resolve) => {
        this.#context.clock.schedule(RELOAD_PAUSE_MS, resolve);
      });
    }
  }

  *#snapshot(): Generator<Kv4Record, void, undefined> {
    for (const entry of this.#entries()) {
      const record = this.#context.hub.show(entry);
      if (record !== undefined) yield record;
    }
  }

  /** What is cached of the scope, in order. */
  *#entries(): Generator<TableEntry, void, undefined> {
    const { cache, listings } = this.#context;
    const scope = this.#scope;
    if (scope.type === 'key') {
      const entry = cache.table.find(scope.address);
      if (entry !== undefined) yield entry;
      return;
    }
    for (const node of listings.nodes(scope.type, scope.address)) yield* entriesOf(node);
  }

  /** What the database has behind a position, then what the feed brings; the overlap is left out. */
  async *#resume(position: WatchPosition): AsyncGenerator<WatchEvent, void, undefined> {
    await this.#hold(false);
    await this.#beCurrent();
    // What the feed brings from here on was committed after the position, and is left out where the catch-up told it.
    this.#watcher.live = true;
    const { store, clock } = this.#context;
    const { cover, history } = this.#watcher;
    const catchUp = new CatchUp({ store, cover, history, nowMs: () => clock.now(), maxChanges: this.#maxItems, signal: this.#options.signal }, position);
    this.#catchUp = catchUp;
    yield* catchUp.missed();
    if (catchUp.reset !== undefined) return this.#startAnew(catchUp.reset);
    yield* this.#unmet(catchUp);
    if (catchUp.reset !== undefined) return this.#startAnew(catchUp.reset);
    yield* this.#missedExpiries(catchUp);
    void this.#settle(catchUp);
  }

  /** Everything that may lie before the position is in the cache: told elsewhere, it must not come as news here. Throws `KV4_UNAVAILABLE`. */
  async #beCurrent(): Promise<void> {
    const { feed, cache, listings } = this.#context;
    const { signal } = this.#options;
    try {
      await feed.prove({ signal });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new Kv4Error('KV4_UNAVAILABLE', 'the feed is not current: a watch cannot be resumed', { cause });
    }
    const scope = this.#scope;
    if (scope.type === 'key') await cache.settled(cache.reference(scope.address), true);
    else await listings.verified(scope.type, scope.address);
  }

  /** What the cache shows though the catch-up did not meet it. */
  async *#unmet(catchUp: CatchUp): AsyncGenerator<WatchEvent, void, undefined> {
    const { hub } = this.#context;
    for (const entry of [...this.#entries()]) {
      // What was never shown, or a write of ours whose row is on its way, the feed will bring. What is in doubt was shown: when the doubt is over, it is not announced again.
      if (!isServable(entry) || hub.isUnannounced(entry)) continue;
      const address = { ...entry.node.address, key: entry.key };
      yield* catchUp.unmet(changeOfEntry(entry, address), address, keptTail(entry));
      if (catchUp.reset !== undefined) return;
    }
  }

  /** Keys whose expiry leaves no row: those that expired here and were not told where the watch was before. */
  *#missedExpiries(catchUp: CatchUp): Generator<WatchEvent, void, undefined> {
    const { clock, expiries, hub } = this.#context;
    const untilMs = hub.expiredMs;
    const missed: [TableEntry, Kv4Record][] = [];
    for (const entry of this.#entries()) {
      const { record } = entry;
      if (record?.expiresAtMs === undefined) continue;
      if (record.expiresAtMs <= clock.now() && !expiries.holds(entry)) missed.push([entry, record]);
      else if (catchUp.wasToldExpired(entry.id, record)) this.#toldExpiries.set(entry.id, expiryVersionOf(record));
    }
    for (const [entry, record] of missed) {
      const event = catchUp.expired({ id: entry.id, address: record.address }, record);
      // Its timer may be late.
      this.#toldExpiries.set(entry.id, expiryVersionOf(record));
      if (event !== undefined) yield event;
    }
    catchUp.toldExpiries(untilMs);
  }

  #owesExpiries(): boolean {
    if (this.#toldExpiries.size === 0) return false;
    const toCome = this.#expiriesToCome();
    return [...this.#toldExpiries.values()].some((version) => toCome.has(version));
  }

  /** Expiries that other watches here are still to be told. */
  #expiriesToCome(): ReadonlySet<string> {
    const { clock, expiries } = this.#context;
    const found = new Set<string>();
    for (const entry of this.#entries()) {
      const { record } = entry;
      if (record?.expiresAtMs !== undefined && (record.expiresAtMs > clock.now() || expiries.holds(entry))) found.add(expiryVersionOf(record));
    }
    return found;
  }

  /** Waits until the feed is where the catch-up came to; from then on its positions hold for this watch too. */
  async #settle(catchUp: CatchUp): Promise<void> {
    const { hub, feed, clock } = this.#context;
    const { purges } = hub;
    for (;;) {
      const proved = await feed.prove({ signal: this.#options.signal }).then(
        () => true,
        () => false,
      );
      if (this.#over || this.#watcher.queue.isEnded || this.#catchUp !== catchUp) return;
      // What is told to others here only later would be forgotten: an expiry, a purge.
      const knowsPurges = hub.purges === catchUp.purges || hub.purges !== purges;
      if (proved && !hub.isBehind && knowsPurges && !this.#owesExpiries()) break;
      await new Promise<void>((resolve) => {
        clock.schedule(SETTLE_PAUSE_MS, resolve);
      });
    }
    for (const entry of this.#entries()) hub.show(entry);
    hub.absorb(catchUp.told, this.#expiriesToCome());
    this.#watcher.queue.mark();
  }
}

function* entriesOf(node: PathNode): Generator<TableEntry, void, undefined> {
  for (const key of node.orderedKeys()) yield node.entries.get(key) as TableEntry;
}

/** What an entry shows, as a change. */
function changeOfEntry({ id, version, record }: TableEntry, address: KeyAddress): QueuedChange {
  const deletion = version === undefined ? {} : { version };
  return { type: 'change', id, version, event: record === undefined ? { type: 'delete', position: '', address, ...deletion } : { type: 'put', position: '', record } };
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
