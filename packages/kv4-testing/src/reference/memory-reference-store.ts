import {
  aggregateVersions,
  checkAggregateOptions,
  checkBucket,
  checkWriteCondition,
  checkDeleteOptions,
  checkDepth,
  checkKeyAddress,
  checkPageOptions,
  checkPathAddress,
  checkPutOptions,
  checkReadOptions,
  checkSecondaryKeys,
  checkSeriesOptions,
  checkTime,
  checkValue,
  checkWatchOptions,
  bucketRange,
  coverOf,
  covers,
  DEFAULT_LAYER_RETENTION,
  depthBelow,
  headId,
  Kv4Error,
  pathRange,
  subtreeRange,
  versionTimeMs,
  type AggregateOptions,
  type AggregateResult,
  type DeleteOptions,
  type IdRange,
  type JsonValue,
  type KeyAddress,
  type Kv4Record,
  type Kv4Store,
  type Kv4StoreSupports,
  type Kv4Version,
  type LayerRetention,
  type OperationOptions,
  type Page,
  type PageOptions,
  type PathAddress,
  type PutOptions,
  type ReadOptions,
  type SecondaryKeyName,
  type SeriesOptions,
  type TreeOptions,
  type WatchCover,
  type WatchEvent,
  type WatchOptions,
  type WatchScope,
  type WriteResult,
} from '@xir/kv4-core';
import { mergeTexts } from './merge-texts.ts';
import { pageOf } from './page-of.ts';
import { MemoryTable, type TableChange } from './memory-table.ts';
import { WatchHub } from './watch-hub.ts';
import type { WatchQueue } from './watch-queue.ts';

/** Wall-clock time in milliseconds since 1970 UTC; any `Clock` will do. */
export interface WallClock {
  now(): number;
}

/** Settings of a {@link MemoryReferenceStore}. */
export interface MemoryReferenceStoreOptions {
  /** Default: the machine's clock. */
  readonly clock?: WallClock;
  /** Names the maker of versions, `[a-z0-9]{1,24}`; default {@link DEFAULT_REFERENCE_NEURON}. */
  readonly neuron?: string;
  /** Author of writes that name none; default {@link DEFAULT_REFERENCE_AUTHOR}. */
  readonly author?: string;
  /** Versions kept, by layer; default `DEFAULT_LAYER_RETENTION`. */
  readonly retention?: LayerRetention;
  /** Another store whose data this one works on, as a second neuron would; its clock, neuron and retention are used then. */
  readonly shareWith?: MemoryReferenceStore;
}

/** Default of {@link MemoryReferenceStoreOptions.neuron}. */
export const DEFAULT_REFERENCE_NEURON = 'reference';
/** Default of {@link MemoryReferenceStoreOptions.author}. */
export const DEFAULT_REFERENCE_AUTHOR = '$sys';

let storesMade = 0;

/**
 * KV4 in plain memory: the contract in its simplest form, whole and unhurried. Every listing sorts; nothing is kept when the process ends. The acceptance suite
 * holds it to the same cases as any other store, and tests of programs that take a `Kv4Store` can use it in place of a database.
 *
 * An expired key is absent from then on, and its history ends with a deletion dated at the expiry. Without timers, that deletion is made, and watches are told of it, when
 * the key is next touched.
 */
export class MemoryReferenceStore implements Kv4Store {
  readonly supports: Kv4StoreSupports = { watch: true, history: true, expiry: true, author: true, scalars: true };
  readonly #author: string;
  readonly #table: MemoryTable;
  readonly #hub: WatchHub;
  readonly #watches = new Set<WatchQueue>();
  #closed = false;

  constructor(options: MemoryReferenceStoreOptions = {}) {
    const clock = options.clock ?? Date;
    this.#author = options.author ?? DEFAULT_REFERENCE_AUTHOR;
    const { shareWith } = options;
    if (shareWith !== undefined) {
      this.#table = shareWith.#table;
      this.#hub = shareWith.#hub;
      return;
    }
    storesMade += 1;
    const hub = new WatchHub(`m${storesMade}x${Math.floor(clock.now())}`);
    this.#hub = hub;
    this.#table = new MemoryTable({
      now: () => clock.now(),
      neuron: options.neuron ?? DEFAULT_REFERENCE_NEURON,
      retention: options.retention ?? DEFAULT_LAYER_RETENTION,
      onExpired: (change) => hub.publish(change),
    });
  }

  /** Watches under way: for tests that look for leaks. */
  get watchCount(): number {
    return this.#watches.size;
  }

  async get(address: KeyAddress, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const id = headId(this.#begin(checkKeyAddress, address, options));
    checkReadOptions(options);
    return this.#table.record(id);
  }

  async put(address: KeyAddress, value: JsonValue, options: PutOptions = {}): Promise<WriteResult> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkPutOptions(options);
    const text = checkValue(value);
    const change = this.#table.write({
      id: headId(checked),
      address: checked,
      condition: checkWriteCondition(options.condition),
      author: options.author ?? this.#author,
      valueText: (current) => (options.merge === true && current !== undefined ? mergeTexts(current.valueText, text) : text),
      secondary: options.secondary && checkSecondaryKeys(options.secondary),
      expiresInMs: options.expiresInMs,
    }) as TableChange;
    return this.#written(change);
  }

  async delete(address: KeyAddress, options: DeleteOptions = {}): Promise<WriteResult | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkDeleteOptions(options);
    return this.#deleteOne(headId(checked), checked, options);
  }

  async deletePath(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteRange(pathRange(this.#begin(checkPathAddress, address, options)), options);
  }

  async deleteSubtree(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteRange(subtreeRange(this.#begin(checkPathAddress, address, options)), options);
  }

  async keys(address: PathAddress, options: PageOptions = {}): Promise<Page<string>> {
    const page = await this.list(address, options);
    return { ...page, items: page.items.map((record) => record.address.key) };
  }

  async list(address: PathAddress, options: PageOptions = {}): Promise<Page<Kv4Record>> {
    const range = pathRange(this.#begin(checkPathAddress, address, options));
    return pageOf(this.#table.ids(range), checkPageOptions(options, range), (id) => this.#table.record(id) as Kv4Record);
  }

  async tree(address: PathAddress, options: TreeOptions = {}): Promise<Page<Kv4Record>> {
    const base = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, subtreeRange(base));
    return pageOf(this.#idsBeneath(base, options, false), page, (id) => this.#table.record(id) as Kv4Record);
  }

  async paths(address: PathAddress, options: TreeOptions = {}): Promise<Page<string>> {
    const base = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, subtreeRange(base));
    // A path's cursor is the id of its first possible key, so it holds whatever keys come and go.
    const paths = new Map<string, string>();
    for (const id of this.#idsBeneath(base, options, false)) {
      const { path } = this.#table.addressOf(id) as KeyAddress;
      paths.set(pathRange({ ...base, path }).startKey, path);
    }
    return pageOf([...paths.keys()], page, (id) => paths.get(id) as string);
  }

  async layers(bucket: string, options: ReadOptions = {}): Promise<readonly string[]> {
    const checked = this.#begin(checkBucket, bucket, options);
    checkReadOptions(options);
    return [...new Set(this.#table.ids(bucketRange(checked)).map((id) => (this.#table.addressOf(id) as KeyAddress).layer))];
  }

  async find(address: PathAddress, name: SecondaryKeyName, value: string, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const range = pathRange(this.#begin(checkPathAddress, address, options));
    checkReadOptions(options);
    checkSecondaryKeys({ [name]: value });
    const records = this.#table.ids(range).map((id) => this.#table.record(id) as Kv4Record);
    return records.find((record) => record.secondary[name] === value);
  }

  async *series(address: KeyAddress, options: SeriesOptions = {}): AsyncGenerator<Kv4Version, void, undefined> {
    const id = headId(this.#begin(checkKeyAddress, address, options));
    checkSeriesOptions(options);
    const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = options;
    const versions = this.#table.versions(id).filter((version) => version.timeMs >= fromMs && version.timeMs <= toMs);
    for (const version of (options.ascending === true ? versions.reverse() : versions).slice(0, limit)) {
      yield version;
      this.#refuseClosed();
      options.signal?.throwIfAborted();
    }
  }

  async at(address: KeyAddress, timeMs: number, options: OperationOptions = {}): Promise<Kv4Version | undefined> {
    const id = headId(this.#begin(checkKeyAddress, address, options));
    return this.#versionAt(id, checkTime(timeMs, 'timeMs'));
  }

  async treeAt(address: PathAddress, timeMs: number, options: TreeOptions = {}): Promise<Page<Kv4Version>> {
    const base = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, subtreeRange(base));
    const moment = checkTime(timeMs, 'timeMs');
    const ids = this.#idsBeneath(base, options, true).filter((id) => this.#versionAt(id, moment) !== undefined);
    return pageOf(ids, page, (id) => this.#versionAt(id, moment) as Kv4Version);
  }

  async aggregate(address: KeyAddress, options: AggregateOptions): Promise<AggregateResult> {
    const id = headId(this.#begin(checkKeyAddress, address, options));
    checkAggregateOptions(options);
    return aggregateVersions(this.#table.versions(id), options);
  }

  async *watch(scope: WatchScope, options: WatchOptions = {}): AsyncGenerator<WatchEvent, void, undefined> {
    this.#refuseClosed();
    const cover = coverOf(scope);
    const maxQueuedEvents = checkWatchOptions(options);
    if (isAborted(options)) return;
    const watch = this.#hub.subscribe(cover, { maxQueuedEvents, latestOnly: options.latestOnly === true }, options.after);
    this.#watches.add(watch.queue);
    const abort = (): void => watch.queue.end();
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      for (const event of this.#opening(cover, options, watch)) {
        if (isAborted(options)) return;
        yield event;
        this.#refuseClosed();
      }
      for (;;) {
        const event = await watch.queue.next();
        if (event === undefined) return;
        yield event;
      }
    } finally {
      options.signal?.removeEventListener('abort', abort);
      this.#watches.delete(watch.queue);
      watch.release();
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const queue of this.#watches) queue.end(closedError());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What comes before the live events, taken whole at the moment the watch begins. */
  #opening(cover: WatchCover, options: WatchOptions, watch: { missed: readonly WatchEvent[] | undefined; position: string }): readonly WatchEvent[] {
    if (watch.missed !== undefined) return watch.missed;
    const lost = options.after !== undefined;
    if (!lost && options.initial === false) return [];
    const ids = this.#table.ids(bucketsOf(cover)).filter((id) => covers(cover, id));
    const position = this.#hub.unresumable;
    const values = ids.map((id): WatchEvent => ({ type: 'put', position, record: this.#table.record(id) as Kv4Record }));
    const end: WatchEvent = { type: 'end-of-initial', position: watch.position };
    return lost ? [{ type: 'reset', reason: 'position-unknown', position }, ...values, end] : [...values, end];
  }

  #begin<Subject, Checked>(check: (subject: Subject) => Checked, subject: Subject, options: OperationOptions): Checked {
    this.#refuseClosed();
    const checked = check(subject);
    options.signal?.throwIfAborted();
    return checked;
  }

  #refuseClosed(): void {
    if (this.#closed) throw closedError();
  }

  #written(change: TableChange): WriteResult {
    this.#hub.publish(change);
    const { address, version, record } = change;
    return { address, version, timeMs: versionTimeMs(version), durable: true, ...(record === undefined ? {} : { record }) };
  }

  #deleteOne(id: string, address: KeyAddress, options: DeleteOptions): WriteResult | undefined {
    const change = this.#table.write({ id, address, condition: checkWriteCondition(options.condition), author: options.author ?? this.#author });
    return change && this.#written(change);
  }

  #deleteRange(range: IdRange, options: DeleteOptions): number {
    checkDeleteOptions(options);
    const ids = this.#table.ids(range);
    for (const id of ids) this.#deleteOne(id, this.#table.addressOf(id) as KeyAddress, options);
    return ids.length;
  }

  #idsBeneath(base: PathAddress, options: TreeOptions, everything: boolean): string[] {
    const depth = checkDepth(options);
    const ids = this.#table.ids(subtreeRange(base), everything);
    return ids.filter((id) => depthBelow(base.path, (this.#table.addressOf(id) as KeyAddress).path) <= depth);
  }

  #versionAt(id: string, timeMs: number): Kv4Version | undefined {
    const version = this.#table.versions(id).find((candidate) => candidate.timeMs <= timeMs);
    return version?.deleted === false ? version : undefined;
  }
}

function isAborted(options: OperationOptions): boolean {
  return options.signal?.aborted === true;
}

function closedError(): Kv4Error {
  return new Kv4Error('KV4_CLOSED', 'the store is closed');
}

function bucketsOf(cover: WatchCover): IdRange {
  return cover.type === 'range' ? cover.range : { startKey: cover.id, endKey: `${cover.id}"` };
}
