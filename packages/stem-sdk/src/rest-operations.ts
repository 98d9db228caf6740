import {
  DEFAULT_PAGE_LIMIT,
  Kv4Error,
  versionTimeMs,
  type AggregateOptions,
  type AggregateResult,
  type DeleteOptions,
  type JsonValue,
  type KeyAddress,
  type Kv4Record,
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
import { readRecord, readVersion, readVersionText } from './datum.ts';
import type { Operations } from './operations.ts';
import type { RestAnswer, RestChannel, RestRequest } from './rest-channel.ts';
import { deleteRequest, describe, MAX_TIME_MS, pageQuery, putRequest, readQuery, scopeQuery, spanQuery, treeQuery, urlPath } from './rest-requests.ts';
import { followWatch, restWatchSource, type WatchSource, type WatchTiming } from './remote-watch.ts';
import { streamLines } from './line-stream.ts';
import { readCount, readPage, readTexts, wrapUnreadable } from './page-answer.ts';

/** `Kv4Store` over a neuron's REST API; conditions are decided by the neuron against the database. */
export class RestOperations implements Operations {
  readonly #channel: RestChannel;
  readonly #timing: WatchTiming;

  constructor(channel: RestChannel, timing: WatchTiming) {
    this.#channel = channel;
    this.#timing = timing;
  }

  get closed(): AbortSignal {
    return this.#channel.closed;
  }

  async get(address: KeyAddress, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const request = this.#read('get', address, { ...readQuery(options), k: address.key, as: 'datum' }, options);
    return this.#present(request, readRecord);
  }

  async put(address: KeyAddress, value: JsonValue, options: PutOptions = {}): Promise<WriteResult> {
    const request = putRequest(address, value, options);
    const answer = await this.#channel.call(request);
    const record = wrapUnreadable(request, () => readRecord(answer.value));
    return { address, version: record.version, timeMs: record.timeMs, durable: isDurable(answer), record };
  }

  async delete(address: KeyAddress, options: DeleteOptions = {}): Promise<WriteResult | undefined> {
    const request = deleteRequest(address, options);
    const answer = await this.#channel.call(request);
    const version = /^(?:W\/)?"(.*)"$/.exec(answer.headers.get('etag') ?? '')?.[1];
    if (answer.value === 0 || version === undefined) {
      if (options.condition?.type !== 'present') return undefined;
      throw new Kv4Error('KV4_NOT_FOUND', `${request.doing}: there is no such key`);
    }
    wrapUnreadable(request, () => readVersionText(version));
    return { address, version, timeMs: versionTimeMs(version), durable: isDurable(answer) };
  }

  async deletePath(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteMany('deletePath', address, options);
  }

  async deleteSubtree(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteMany('deleteSubtree', address, options);
  }

  async keys(address: PathAddress, options: PageOptions = {}): Promise<Page<string>> {
    return this.#page(this.#read('keys', address, pageQuery(options, DEFAULT_PAGE_LIMIT), options), (item) => textOf(item));
  }

  async list(address: PathAddress, options: PageOptions = {}): Promise<Page<Kv4Record>> {
    return this.#page(this.#read('list', address, { ...pageQuery(options, DEFAULT_PAGE_LIMIT), as: 'datum' }, options), readRecord);
  }

  async tree(address: PathAddress, options: TreeOptions = {}): Promise<Page<Kv4Record>> {
    return this.#page(this.#read('tree', address, { ...treeQuery(options, DEFAULT_PAGE_LIMIT), as: 'datum' }, options), readRecord);
  }

  async paths(address: PathAddress, options: TreeOptions = {}): Promise<Page<string>> {
    const query = { ...pageQuery(options, DEFAULT_PAGE_LIMIT), depth: options.depth, a: 'paths', ...scopeQuery(address), l: address.layer };
    const request: RestRequest = { method: 'GET', path: urlPath('_ds', address), query, signal: options.signal, doing: describe('paths', address) };
    return this.#page(request, (item) => textOf(item));
  }

  async layers(bucket: string, options: ReadOptions = {}): Promise<readonly string[]> {
    const query = { ...readQuery(options), a: 'layers', w: bucket };
    const request: RestRequest = { method: 'GET', path: '/_ds', query, signal: options.signal, doing: 'layers' };
    const answer = await this.#channel.call(request);
    return wrapUnreadable(request, () => readTexts(answer.value));
  }

  async find(address: PathAddress, name: SecondaryKeyName, value: string, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    return this.#present(this.#read('find', address, { ...readQuery(options), [name]: value, as: 'datum' }, options), readRecord);
  }

  async *series(address: KeyAddress, options: SeriesOptions = {}): AsyncGenerator<Kv4Version, void, undefined> {
    const span = spanQuery(options);
    if (span === undefined) return;
    const query = { ...span, k: address.key, time_series: 1, as: 'datum', limit: options.limit, order: options.ascending === true ? 'asc' : undefined };
    const request = this.#read('series', address, query, options);
    for await (const line of streamLines(this.#channel, request)) {
      const version = wrapUnreadable(request, () => readVersion(line));
      yield version;
    }
  }

  async at(address: KeyAddress, timeMs: number, options: OperationOptions = {}): Promise<Kv4Version | undefined> {
    const at = Math.min(Math.floor(timeMs), MAX_TIME_MS);
    return this.#present(this.#read('at', address, { k: address.key, at, as: 'datum' }, options), readVersion);
  }

  async treeAt(address: PathAddress, timeMs: number, options: TreeOptions = {}): Promise<Page<Kv4Version>> {
    const at = Math.min(Math.floor(timeMs), MAX_TIME_MS);
    return this.#page(this.#read('treeAt', address, { ...treeQuery(options, DEFAULT_PAGE_LIMIT), at, as: 'datum' }, options), readVersion);
  }

  async aggregate(address: KeyAddress, options: AggregateOptions): Promise<AggregateResult> {
    const span = spanQuery(options);
    if (span === undefined) return options.groupBy === undefined ? {} : { groups: new Map() };
    const request = this.#read('aggregate', address, { ...span, k: address.key, aggregate: 1, field: options.field, break: options.groupBy }, options);
    const answer = await this.#channel.call(request);
    return wrapUnreadable(request, () => readAggregate(answer.value));
  }

  async *watch(scope: WatchScope, options: WatchOptions = {}): AsyncGenerator<WatchEvent, void, undefined> {
    yield* followWatch(this.watchSource(scope, options), { scope, options, timing: this.#timing });
  }

  watchSource(scope: WatchScope, options: WatchOptions): WatchSource {
    return restWatchSource(this.#channel, { scope, options, timing: this.#timing });
  }

  close(): void {
    this.#channel.close();
  }

  async #deleteMany(operation: 'deletePath' | 'deleteSubtree', address: PathAddress, options: DeleteOptions): Promise<number> {
    if ((options.condition?.type ?? 'any') !== 'any') throw new Kv4Error('KV4_UNSUPPORTED', `${operation} over REST takes no condition`);
    const query = { ...scopeQuery(address), subtree: operation === 'deleteSubtree' ? 1 : undefined };
    const request: RestRequest = { method: 'DELETE', path: urlPath('_data', address), query, signal: options.signal, doing: describe(operation, address) };
    const { value } = await this.#channel.call(request);
    return wrapUnreadable(request, () => readCount(value));
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
}

function isDurable({ headers }: RestAnswer): boolean {
  return headers.get('x-kv4-durable') !== 'false';
}

function textOf(item: unknown): string {
  return readTexts([item])[0] ?? '';
}

