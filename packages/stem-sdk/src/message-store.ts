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
  DEFAULT_PAGE_LIMIT,
  Kv4Error,
  pathRange,
  subtreeRange,
  versionTimeMs,
  type Aggregate,
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

import { REMOTE_SUPPORTS } from './remote-store.ts';
import { followWatch, type WatchTiming } from './remote-watch.ts';
import { describe, MAX_TIME_MS } from './rest-requests.ts';
import { fieldsOf, pastVersionOf, recordOf } from './message-answer.ts';
import type { MessageChannel } from './message-channel.ts';
import { messageWatchSource } from './message-watch.ts';

/** Versions that are asked for at once. */
const SERIES_PAGE = 1000;

type Message = Readonly<Record<string, unknown>>;

/** `Kv4Store` over a connection that answers requests of the data API, whatever carries them. Addresses and options are checked here, so that mistakes cost no request. */
export class MessageStore implements Kv4Store {
  readonly supports: Kv4StoreSupports = REMOTE_SUPPORTS;
  readonly #channel: MessageChannel;
  readonly #timing: WatchTiming;

  constructor(channel: MessageChannel, timing: WatchTiming) {
    this.#channel = channel;
    this.#timing = timing;
  }

  async get(address: KeyAddress, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkReadOptions(options);
    const result = await this.#read('get', { ...checked, ...freshness(options) }, options);
    return result === null ? undefined : recordOf(result, checked);
  }

  async put(address: KeyAddress, value: JsonValue, options: PutOptions = {}): Promise<WriteResult> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkPutOptions(options);
    if (options.secondary !== undefined) checkSecondaryKeys(options.secondary);
    checkValue(value);
    const { merge, secondary, expiresInMs } = options;
    const condition = checkWriteCondition(options.condition);
    const result = fieldsOf(await this.#write('put', { ...checked, value, condition, merge, secondary, expiresInMs, answer: 'record' }, options));
    const record = recordOf(result['record'], checked);
    return { address: checked, version: record.version, timeMs: record.timeMs, durable: result['durable'] !== false, record };
  }

  async delete(address: KeyAddress, options: DeleteOptions = {}): Promise<WriteResult | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkDeleteOptions(options);
    const result = await this.#write('delete', { ...checked, condition: options.condition }, options);
    if (result === null) return undefined;
    const fields = fieldsOf(result);
    const version = String(fields['version']);
    return { address: checked, version, timeMs: versionTimeMs(version), durable: fields['durable'] !== false };
  }

  deletePath(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteMany('delete-path', address, options);
  }

  deleteSubtree(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteMany('delete-tree', address, options);
  }

  async keys(address: PathAddress, options: PageOptions = {}): Promise<Page<string>> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkPageOptions(options, pathRange(checked));
    return this.#page('keys', { ...checked, ...paging(options) }, options, String);
  }

  async list(address: PathAddress, options: PageOptions = {}): Promise<Page<Kv4Record>> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkPageOptions(options, pathRange(checked));
    return this.#page('list', { ...checked, ...paging(options) }, options, (item) => recordOf(item, checked));
  }

  async tree(address: PathAddress, options: TreeOptions = {}): Promise<Page<Kv4Record>> {
    const checked = this.#beginTree(address, options);
    return this.#page('tree', { ...checked, ...paging(options), depth: options.depth }, options, (item) => recordOf(item, checked));
  }

  async paths(address: PathAddress, options: TreeOptions = {}): Promise<Page<string>> {
    const checked = this.#beginTree(address, options);
    return this.#page('paths', { ...checked, ...paging(options), depth: options.depth }, options, String);
  }

  async layers(bucket: string, options: ReadOptions = {}): Promise<readonly string[]> {
    const checked = this.#begin(checkBucket, bucket, options);
    checkReadOptions(options);
    return (await this.#page('layers', { bucket: checked, ...freshness(options) }, options, String)).items;
  }

  async find(address: PathAddress, name: SecondaryKeyName, value: string, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkReadOptions(options);
    checkSecondaryKeys({ [name]: value });
    const result = await this.#read('find', { ...checked, by: name, value, ...freshness(options) }, options);
    return result === null ? undefined : recordOf(result, checked);
  }

  async *series(address: KeyAddress, options: SeriesOptions = {}): AsyncGenerator<Kv4Version, void, undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkSeriesOptions(options);
    const span = spanOf(options);
    if (span === undefined) return;
    let after: string | undefined;
    let left = options.limit ?? Infinity;
    do {
      const limit = Math.min(left, SERIES_PAGE);
      if (limit === 0) return;
      const page: Page<Kv4Version> = await this.#page('series', { ...checked, ...span, ascending: options.ascending, limit, after }, options, (item) => pastVersionOf(item, checked));
      for (const version of page.items) {
        this.#refuseClosed();
        options.signal?.throwIfAborted();
        yield version;
      }
      left -= page.items.length;
      after = page.next;
    } while (after !== undefined);
  }

  async at(address: KeyAddress, timeMs: number, options: OperationOptions = {}): Promise<Kv4Version | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    const at = momentOf(timeMs);
    const result = at === undefined ? null : await this.#read('at', { ...checked, timeMs: at }, options);
    return result === null ? undefined : pastVersionOf(result, checked);
  }

  async treeAt(address: PathAddress, timeMs: number, options: TreeOptions = {}): Promise<Page<Kv4Version>> {
    const checked = this.#beginTree(address, options);
    const at = momentOf(timeMs);
    if (at === undefined) return { items: [] };
    const { limit = DEFAULT_PAGE_LIMIT, after, depth } = options;
    return this.#page('tree-at', { ...checked, timeMs: at, limit, after, depth }, options, (item) => pastVersionOf(item, checked));
  }

  async aggregate(address: KeyAddress, options: AggregateOptions): Promise<AggregateResult> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkAggregateOptions(options);
    const { field, groupBy } = options;
    const span = spanOf(options);
    if (span === undefined) return groupBy === undefined ? {} : { groups: new Map() };
    const { total, groups } = fieldsOf(await this.#read('aggregate', { ...checked, ...span, field, groupBy }, options));
    return {
      ...(total === null || total === undefined ? {} : { total: total as Aggregate }),
      ...(groups === undefined ? {} : { groups: new Map(Object.entries(groups as Readonly<Record<string, Aggregate>>)) }),
    };
  }

  async *watch(scope: WatchScope, options: WatchOptions = {}): AsyncGenerator<WatchEvent, void, undefined> {
    this.#refuseClosed();
    coverOf(scope);
    checkWatchOptions(options);
    if (options.signal?.aborted === true) return;
    yield* followWatch(messageWatchSource(this.#channel, scope, options), { scope, options, timing: this.#timing });
  }

  async close(): Promise<void> {
    this.#channel.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #deleteMany(op: 'delete-path' | 'delete-tree', address: PathAddress, options: DeleteOptions): Promise<number> {
    const checked = this.#begin(checkPathAddress, address, options);
    checkDeleteOptions(options);
    return Number(fieldsOf(await this.#write(op, { ...checked, condition: options.condition }, options))['count']);
  }

  async #page<Item>(op: string, message: Message, options: OperationOptions, read: (item: unknown) => Item): Promise<Page<Item>> {
    const { items, next } = fieldsOf(await this.#read(op, message, options));
    return { items: (items as readonly unknown[]).map(read), ...(typeof next === 'string' ? { next } : {}) };
  }

  #read(op: string, message: Message, { signal }: OperationOptions): Promise<unknown> {
    return this.#channel.call({ message: { op, ...message }, writes: false, signal, doing: doing(op, message) });
  }

  #write(op: string, message: Message, { signal }: OperationOptions): Promise<unknown> {
    return this.#channel.call({ message: { op, ...message }, writes: true, signal, doing: doing(op, message) });
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

function doing(op: string, { path, key }: Message): string {
  return typeof path === 'string' ? describe(op, { bucket: '', layer: '', path, ...(typeof key === 'string' ? { key } : {}) }) : op;
}

function freshness({ fresh, maxAgeMs }: ReadOptions): Message {
  return { fresh, maxAgeMs: maxAgeMs === undefined ? undefined : Math.min(Math.floor(maxAgeMs), MAX_TIME_MS) };
}

function paging(options: PageOptions): Message {
  return { ...freshness(options), limit: options.limit ?? DEFAULT_PAGE_LIMIT, after: options.after };
}

/** `undefined`: nothing lies in it. */
function spanOf({ fromMs, toMs }: { readonly fromMs?: number; readonly toMs?: number }): Message | undefined {
  if (toMs !== undefined && toMs < 0) return undefined;
  const whole = (timeMs: number) => Math.max(0, Math.min(timeMs, MAX_TIME_MS));
  return { fromMs: fromMs === undefined ? undefined : Math.ceil(whole(fromMs)), toMs: toMs === undefined ? undefined : Math.floor(whole(toMs)) };
}

/** A moment as the neuron takes it; `undefined` before 1970, when nothing had a value. */
function momentOf(timeMs: number): number | undefined {
  const checked = checkTime(timeMs, 'timeMs');
  return checked < 0 ? undefined : Math.min(Math.floor(checked), MAX_TIME_MS);
}
