import {
  checkAggregateOptions,
  checkBucket,
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
  checkWriteCondition,
  coverOf,
  Kv4Error,
  pathRange,
  subtreeRange,
  type AggregateOptions,
  type AggregateResult,
  type DeleteOptions,
  type JsonValue,
  type KeyAddress,
  type Kv4Record,
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

import type { CacheStatistics } from './cache-state.ts';
import { ClientCache } from './client-cache.ts';
import type { Operations } from './operations.ts';
import type { WatchTiming } from './remote-watch.ts';
import { dataPath, updateOn, type ClientIdentity, type StemClient } from './stem-client.ts';

/** What a remote store can do: everything but choosing the author, which is the login. */
export const REMOTE_SUPPORTS: Kv4StoreSupports = Object.freeze({ watch: true, history: true, expiry: true, author: false, scalars: true });

/** A client of a neuron, whatever carries its requests. Addresses and options are checked here, so that mistakes cost no request. */
export class NeuronClient implements StemClient {
  readonly supports: Kv4StoreSupports = REMOTE_SUPPORTS;
  readonly url: string;
  readonly bucket: string;
  readonly #timing: WatchTiming;
  readonly #neuron: Operations;
  readonly #cache: ClientCache | undefined;

  /** Throws `KV4_BAD_OPTION`, `KV4_BAD_ADDRESS` for a cache that cannot be. */
  constructor(neuron: Operations, { url, bucket, timing, cache }: ClientIdentity) {
    this.#neuron = neuron;
    this.url = url;
    this.bucket = bucket;
    this.#timing = timing;
    if (cache !== undefined) this.#cache = new ClientCache({ neuron, bucket, timing, options: cache });
  }

  get cacheStatistics(): CacheStatistics | undefined {
    return this.#cache?.statistics;
  }

  path(path: string, layer?: string): PathAddress {
    return dataPath(this.bucket, path, layer);
  }

  key(path: string, key: string, layer?: string): KeyAddress {
    return { ...dataPath(this.bucket, path, layer), key };
  }

  update(...parameters: Parameters<StemClient['update']>): Promise<WriteResult | undefined> {
    return updateOn(this, this.#timing, parameters);
  }

  async get(address: KeyAddress, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkReadOptions(options);
    return (this.#cache ?? this.#neuron).get(checked, options);
  }

  async put(address: KeyAddress, value: JsonValue, options: PutOptions = {}): Promise<WriteResult> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkPutOptions(options);
    if (options.secondary !== undefined) checkSecondaryKeys(options.secondary);
    checkValue(value);
    const condition = checkWriteCondition(options.condition);
    return this.#write(checked, () => this.#neuron.put(checked, value, { ...options, condition }));
  }

  async delete(address: KeyAddress, options: DeleteOptions = {}): Promise<WriteResult | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkDeleteOptions(options);
    return this.#write(checked, () => this.#neuron.delete(checked, options));
  }

  async deletePath(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkDeleteOptions(options);
    const work = () => this.#neuron.deletePath(checked, options);
    return this.#cache === undefined ? work() : this.#cache.clear('path', checked, work);
  }

  async deleteSubtree(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkDeleteOptions(options);
    const work = () => this.#neuron.deleteSubtree(checked, options);
    return this.#cache === undefined ? work() : this.#cache.clear('subtree', checked, work);
  }

  async keys(address: PathAddress, options: PageOptions = {}): Promise<Page<string>> {
    return this.#neuron.keys(this.#beginPage(address, options), options);
  }

  async list(address: PathAddress, options: PageOptions = {}): Promise<Page<Kv4Record>> {
    return this.#neuron.list(this.#beginPage(address, options), options);
  }

  async tree(address: PathAddress, options: TreeOptions = {}): Promise<Page<Kv4Record>> {
    return this.#neuron.tree(this.#beginTree(address, options), options);
  }

  async paths(address: PathAddress, options: TreeOptions = {}): Promise<Page<string>> {
    return this.#neuron.paths(this.#beginTree(address, options), options);
  }

  async layers(bucket: string, options: ReadOptions = {}): Promise<readonly string[]> {
    const checked = this.#begin(checkBucket, bucket, options);
    checkReadOptions(options);
    return this.#neuron.layers(checked, options);
  }

  async find(address: PathAddress, name: SecondaryKeyName, value: string, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkReadOptions(options);
    checkSecondaryKeys({ [name]: value });
    return this.#neuron.find(checked, name, value, options);
  }

  async *series(address: KeyAddress, options: SeriesOptions = {}): AsyncGenerator<Kv4Version, void, undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkSeriesOptions(options);
    for await (const version of this.#neuron.series(checked, options)) {
      this.#refuseClosed();
      options.signal?.throwIfAborted();
      yield version;
    }
  }

  async at(address: KeyAddress, timeMs: number, options: OperationOptions = {}): Promise<Kv4Version | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    // Before 1970 nothing had a value.
    return checkTime(timeMs, 'timeMs') < 0 ? undefined : this.#neuron.at(checked, timeMs, options);
  }

  async treeAt(address: PathAddress, timeMs: number, options: TreeOptions = {}): Promise<Page<Kv4Version>> {
    const checked = this.#beginTree(address, options);
    return checkTime(timeMs, 'timeMs') < 0 ? { items: [] } : this.#neuron.treeAt(checked, timeMs, options);
  }

  async aggregate(address: KeyAddress, options: AggregateOptions): Promise<AggregateResult> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkAggregateOptions(options);
    return this.#neuron.aggregate(checked, options);
  }

  async *watch(scope: WatchScope, options: WatchOptions = {}): AsyncGenerator<WatchEvent, void, undefined> {
    this.#refuseClosed();
    coverOf(scope);
    checkWatchOptions(options);
    if (options.signal?.aborted === true) return;
    yield* this.#neuron.watch(scope, options);
  }

  async close(): Promise<void> {
    this.#neuron.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #write<Result extends WriteResult | undefined>(address: KeyAddress, work: () => Promise<Result>): Promise<Result> {
    return this.#cache === undefined ? work() : this.#cache.write(address, work);
  }

  #begin<Subject, Checked>(check: (subject: Subject) => Checked, subject: Subject, options: OperationOptions): Checked {
    this.#refuseClosed();
    const checked = check(subject);
    options.signal?.throwIfAborted();
    return checked;
  }

  #beginPage(address: PathAddress, options: PageOptions): PathAddress {
    const checked = this.#begin(checkPathAddress, address, options);
    checkPageOptions(options, pathRange(checked));
    return checked;
  }

  #beginTree(address: PathAddress, options: TreeOptions): PathAddress {
    const checked = this.#begin(checkPathAddress, address, options);
    checkPageOptions(options, subtreeRange(checked));
    checkDepth(options);
    return checked;
  }

  #refuseClosed(): void {
    if (this.#neuron.closed.aborted) throw new Kv4Error('KV4_CLOSED', 'the client is closed');
  }
}
