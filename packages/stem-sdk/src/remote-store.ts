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
  checkWriteCondition,
  coverOf,
  checkWatchOptions,
  DEFAULT_PAGE_LIMIT,
  Kv4Error,
  pathRange,
  subtreeRange,
  versionTimeMs,
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
import { readAggregate } from './aggregate-answer.ts';
import { readRecord, readVersion } from './datum.ts';
import type { RestAnswer, RestChannel, RestRequest } from './rest-channel.ts';
import { deleteRequest, describe, MAX_TIME_MS, pageQuery, putRequest, readQuery, scopeQuery, spanQuery, treeQuery, urlPath } from './rest-requests.ts';
import { followWatch, restWatchSource, type WatchTiming } from './remote-watch.ts';
import { streamLines } from './line-stream.ts';
import { readPage, readTexts, wrapUnreadable } from './page-answer.ts';

/** What a remote store can do: everything but choosing the author, which is the login. */
export const REMOTE_SUPPORTS: Kv4StoreSupports = Object.freeze({ watch: true, history: true, expiry: true, author: false, scalars: true });

/**
 * `Kv4Store` over a neuron's REST API. Addresses and options are checked here, so that mistakes cost no request; conditions are decided by the
 * neuron against the database.
 */
export class RemoteStore implements Kv4Store {
  readonly supports: Kv4StoreSupports = REMOTE_SUPPORTS;
  readonly #channel: RestChannel;
  readonly #timing: WatchTiming;

  constructor(channel: RestChannel, timing: WatchTiming) {
    this.#channel = channel;
    this.#timing = timing;
  }

  async get(address: KeyAddress, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkReadOptions(options);
    const request = this.#read('get', checked, { ...readQuery(options), k: checked.key, as: 'datum' }, options);
    return this.#present(request, readRecord);
  }

  async put(address: KeyAddress, value: JsonValue, options: PutOptions = {}): Promise<WriteResult> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkPutOptions(options);
    if (options.secondary !== undefined) checkSecondaryKeys(options.secondary);
    checkValue(value);
    const request = putRequest(checked, value, { ...options, condition: checkWriteCondition(options.condition) });
    const answer = await this.#channel.call(request);
    const record = wrapUnreadable(request, () => readRecord(answer.value));
    return { address: checked, version: record.version, timeMs: record.timeMs, durable: isDurable(answer), record };
  }

  async delete(address: KeyAddress, options: DeleteOptions = {}): Promise<WriteResult | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkDeleteOptions(options);
    const request = deleteRequest(checked, options);
    const answer = await this.#channel.call(request);
    const version = /^(?:W\/)?"(.*)"$/.exec(answer.headers.get('etag') ?? '')?.[1];
    if (answer.value === 0 || version === undefined) {
      if (options.condition?.type !== 'present') return undefined;
      throw new Kv4Error('KV4_NOT_FOUND', `${request.doing}: there is no such key`);
    }
    return { address: checked, version, timeMs: versionTimeMs(version), durable: isDurable(answer) };
  }

  async deletePath(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteMany('deletePath', address, options);
  }

  async deleteSubtree(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteMany('deleteSubtree', address, options);
  }

  async keys(address: PathAddress, options: PageOptions = {}): Promise<Page<string>> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkPageOptions(options, pathRange(checked));
    return this.#page(this.#read('keys', checked, pageQuery(options, DEFAULT_PAGE_LIMIT), options), (item) => textOf(item));
  }

  async list(address: PathAddress, options: PageOptions = {}): Promise<Page<Kv4Record>> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkPageOptions(options, pathRange(checked));
    return this.#page(this.#read('list', checked, { ...pageQuery(options, DEFAULT_PAGE_LIMIT), as: 'datum' }, options), readRecord);
  }

  async tree(address: PathAddress, options: TreeOptions = {}): Promise<Page<Kv4Record>> {
    const checked = this.#beginTree(address, options);
    return this.#page(this.#read('tree', checked, { ...treeQuery(options, DEFAULT_PAGE_LIMIT), as: 'datum' }, options), readRecord);
  }

  async paths(address: PathAddress, options: TreeOptions = {}): Promise<Page<string>> {
    const checked = this.#beginTree(address, options);
    const query = { ...pageQuery(options, DEFAULT_PAGE_LIMIT), depth: options.depth, a: 'paths', ...scopeQuery(checked), l: checked.layer };
    const request: RestRequest = { method: 'GET', path: urlPath('_ds', checked), query, signal: options.signal, doing: describe('paths', checked) };
    return this.#page(request, (item) => textOf(item));
  }

  async layers(bucket: string, options: ReadOptions = {}): Promise<readonly string[]> {
    const checked = this.#begin(checkBucket, bucket, options);
    checkReadOptions(options);
    const query = { ...readQuery(options), a: 'layers', w: checked };
    const request: RestRequest = { method: 'GET', path: '/_ds', query, signal: options.signal, doing: 'layers' };
    const answer = await this.#channel.call(request);
    return wrapUnreadable(request, () => readTexts(answer.value));
  }

  async find(address: PathAddress, name: SecondaryKeyName, value: string, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkReadOptions(options);
    checkSecondaryKeys({ [name]: value });
    return this.#present(this.#read('find', checked, { ...readQuery(options), [name]: value, as: 'datum' }, options), readRecord);
  }

  async *series(address: KeyAddress, options: SeriesOptions = {}): AsyncGenerator<Kv4Version, void, undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkSeriesOptions(options);
    const span = spanQuery(options);
    if (span === undefined) return;
    const query = { ...span, k: checked.key, time_series: 1, as: 'datum', limit: options.limit, order: options.ascending === true ? 'asc' : undefined };
    const request = this.#read('series', checked, query, options);
    for await (const line of streamLines(this.#channel, request)) {
      const version = wrapUnreadable(request, () => readVersion(line));
      this.#refuseClosed();
      options.signal?.throwIfAborted();
      yield version;
    }
  }

  async at(address: KeyAddress, timeMs: number, options: OperationOptions = {}): Promise<Kv4Version | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    const at = momentOf(timeMs);
    if (at === undefined) return undefined;
    return this.#present(this.#read('at', checked, { k: checked.key, at, as: 'datum' }, options), readVersion);
  }

  async treeAt(address: PathAddress, timeMs: number, options: TreeOptions = {}): Promise<Page<Kv4Version>> {
    const checked = this.#beginTree(address, options);
    const at = momentOf(timeMs);
    if (at === undefined) return { items: [] };
    return this.#page(this.#read('treeAt', checked, { ...treeQuery(options, DEFAULT_PAGE_LIMIT), at, as: 'datum' }, options), readVersion);
  }

  async aggregate(address: KeyAddress, options: AggregateOptions): Promise<AggregateResult> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkAggregateOptions(options);
    const span = spanQuery(options);
    if (span === undefined) return options.groupBy === undefined ? {} : { groups: new Map() };
    const request = this.#read('aggregate', checked, { ...span, k: checked.key, aggregate: 1, field: options.field, break: options.groupBy }, options);
    const answer = await this.#channel.call(request);
    return wrapUnreadable(request, () => readAggregate(answer.value));
  }

  async *watch(scope: WatchScope, options: WatchOptions = {}): AsyncGenerator<WatchEvent, void, undefined> {
    this.#refuseClosed();
    coverOf(scope);
    checkWatchOptions(options);
    if (options.signal?.aborted === true) return;
    const job = { scope, options, timing: this.#timing };
    yield* followWatch(restWatchSource(this.#channel, job), job);
  }

  async close(): Promise<void> {
    this.#channel.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #deleteMany(operation: 'deletePath' | 'deleteSubtree', address: PathAddress, options: DeleteOptions): Promise<number> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkDeleteOptions(options);
    if ((options.condition?.type ?? 'any') !== 'any') throw new Kv4Error('KV4_UNSUPPORTED', `${operation} over REST takes no condition`);
    const query = { ...scopeQuery(checked), subtree: operation === 'deleteSubtree' ? 1 : undefined };
    const request: RestRequest = { method: 'DELETE', path: urlPath('_data', checked), query, signal: options.signal, doing: describe(operation, checked) };
    const { value } = await this.#channel.call(request);
    return typeof value === 'number' ? value : 0;
  }

  #read(operation: string, address: PathAddress & { readonly key?: string }, query: NonNullable<RestRequest['query']>, options: OperationOptions): RestRequest {
    return {
      method: 'GET',
      path: urlPath('_data', address),
      query: { ...scopeQuery(address), ...query },
      signal: options.signal,
      doing: describe(operation, address),
    };
  }

  async #present<Item>(request: RestRequest, read: (datum: unknown) => Item): Promise<Item | undefined> {
    try {
      const { value } = await this.#channel.call(request);
      return wrapUnreadable(request, () => read(value));
    } catch (error) {
      if (error instanceof Kv4Error && error.code === 'KV4_NOT_FOUND') return undefined;
      throw error;
    }
  }

  async #page<Item>(request: RestRequest, read: (item: unknown) => Item): Promise<Page<Item>> {
    const answer = await this.#channel.call(request);
    return wrapUnreadable(request, () => readPage(answer, read));
  }

  #begin<Subject, Checked>(check: (subject: Subject) => Checked, subject: Subject, options: OperationOptions): Checked {
    this.#refuseClosed();
    const checked = check(subject);
    options.signal?.throwIfAborted();
    return checked;
  }

  #beginTree(address: PathAddress, options: TreeOptions): PathAddress {
    const checked = this.#begin(checkPathAddress, address, options);
    checkPageOptions(options, subtreeRange(checked));
    checkDepth(options);
    return checked;
  }

  #refuseClosed(): void {
    if (this.#channel.closed.aborted) throw new Kv4Error('KV4_CLOSED', 'the client is closed');
  }
}

function isDurable({ headers }: RestAnswer): boolean {
  return headers.get('x-kv4-durable') !== 'false';
}

function textOf(item: unknown): string {
  return readTexts([item])[0] ?? '';
}

/** A moment as the API takes it; `undefined` before 1970, when nothing had a value. */
function momentOf(timeMs: number): number | undefined {
  const checked = checkTime(timeMs, 'timeMs');
  return checked < 0 ? undefined : Math.min(Math.floor(checked), MAX_TIME_MS);
}
