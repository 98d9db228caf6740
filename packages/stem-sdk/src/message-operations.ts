import {
  DEFAULT_PAGE_LIMIT,
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

import type { Operations } from './operations.ts';
import { followWatch, type WatchSource, type WatchTiming } from './remote-watch.ts';
import { describe, MAX_TIME_MS } from './rest-requests.ts';
import { readAggregate } from './aggregate-answer.ts';
import { countOf, fieldsOf, itemsOf, pastVersionOf, presentOf, recordOf, textOf, versionOf } from './message-answer.ts';
import type { MessageChannel, MessageRequest } from './message-channel.ts';
import { unreadableAnswer } from './message-error.ts';
import { messageWatchSource } from './message-watch.ts';

/** Versions that are asked for at once. */
const SERIES_PAGE = 1000;

type Message = Readonly<Record<string, unknown>>;

/** `Kv4Store` over a connection that answers requests of the data API, whatever carries them. */
export class MessageOperations implements Operations {
  readonly #channel: MessageChannel;
  readonly #timing: WatchTiming;

  constructor(channel: MessageChannel, timing: WatchTiming) {
    this.#channel = channel;
    this.#timing = timing;
  }

  get closed(): AbortSignal {
    return this.#channel.closed;
  }

  async get(address: KeyAddress, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    return this.#read('get', { ...address, ...freshness(options) }, options, (result) => presentOf(result, () => recordOf(result, address)));
  }

  async put(address: KeyAddress, value: JsonValue, options: PutOptions = {}): Promise<WriteResult> {
    const { condition, merge, secondary, expiresInMs } = options;
    return this.#write('put', { ...address, value, condition, merge, secondary, expiresInMs, answer: 'record' }, options, (result) => {
      const fields = fieldsOf(result);
      const record = recordOf(fields['record'], address);
      return { address, version: record.version, timeMs: record.timeMs, durable: fields['durable'] !== false, record };
    });
  }

  async delete(address: KeyAddress, options: DeleteOptions = {}): Promise<WriteResult | undefined> {
    return this.#write('delete', { ...address, condition: options.condition }, options, (result) =>
      presentOf(result, () => {
        const fields = fieldsOf(result);
        const version = versionOf(fields);
        return { address, version, timeMs: versionTimeMs(version), durable: fields['durable'] !== false };
      }),
    );
  }

  deletePath(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteMany('delete-path', address, options);
  }

  deleteSubtree(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteMany('delete-tree', address, options);
  }

  async keys(address: PathAddress, options: PageOptions = {}): Promise<Page<string>> {
    return this.#page('keys', { ...address, ...paging(options) }, options, textOf);
  }

  async list(address: PathAddress, options: PageOptions = {}): Promise<Page<Kv4Record>> {
    return this.#page('list', { ...address, ...paging(options) }, options, (item) => recordOf(item, address));
  }

  async tree(address: PathAddress, options: TreeOptions = {}): Promise<Page<Kv4Record>> {
    return this.#page('tree', { ...address, ...paging(options), depth: options.depth }, options, (item) => recordOf(item, address));
  }

  async paths(address: PathAddress, options: TreeOptions = {}): Promise<Page<string>> {
    return this.#page('paths', { ...address, ...paging(options), depth: options.depth }, options, textOf);
  }

  async layers(bucket: string, options: ReadOptions = {}): Promise<readonly string[]> {
    return (await this.#page('layers', { bucket, ...freshness(options) }, options, textOf)).items;
  }

  async find(address: PathAddress, name: SecondaryKeyName, value: string, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    return this.#read('find', { ...address, by: name, value, ...freshness(options) }, options, (result) => presentOf(result, () => recordOf(result, address)));
  }

  async *series(address: KeyAddress, options: SeriesOptions = {}): AsyncGenerator<Kv4Version, void, undefined> {
    const span = spanOf(options);
    if (span === undefined) return;
    let after: string | undefined;
    let left = options.limit ?? Infinity;
    do {
      const limit = Math.min(left, SERIES_PAGE);
      if (limit === 0) return;
      const page: Page<Kv4Version> = await this.#page('series', { ...address, ...span, ascending: options.ascending, limit, after }, options, (item) => pastVersionOf(item, address));
      yield* page.items;
      left -= page.items.length;
      after = page.next;
    } while (after !== undefined);
  }

  async at(address: KeyAddress, timeMs: number, options: OperationOptions = {}): Promise<Kv4Version | undefined> {
    const at = Math.min(Math.floor(timeMs), MAX_TIME_MS);
    return this.#read('at', { ...address, timeMs: at }, options, (result) => presentOf(result, () => pastVersionOf(result, address)));
  }

  async treeAt(address: PathAddress, timeMs: number, options: TreeOptions = {}): Promise<Page<Kv4Version>> {
    const at = Math.min(Math.floor(timeMs), MAX_TIME_MS);
    const { limit = DEFAULT_PAGE_LIMIT, after, depth } = options;
    return this.#page('tree-at', { ...address, timeMs: at, limit, after, depth }, options, (item) => pastVersionOf(item, address));
  }

  async aggregate(address: KeyAddress, options: AggregateOptions): Promise<AggregateResult> {
    const { field, groupBy } = options;
    const span = spanOf(options);
    if (span === undefined) return groupBy === undefined ? {} : { groups: new Map() };
    return this.#read('aggregate', { ...address, ...span, field, groupBy }, options, readAggregate);
  }

  async *watch(scope: WatchScope, options: WatchOptions = {}): AsyncGenerator<WatchEvent, void, undefined> {
    yield* followWatch(this.watchSource(scope, options), { scope, options, timing: this.#timing });
  }

  watchSource(scope: WatchScope, options: WatchOptions): WatchSource {
    return messageWatchSource(this.#channel, scope, options);
  }

  close(): void {
    this.#channel.close();
  }

  #deleteMany(op: 'delete-path' | 'delete-tree', address: PathAddress, options: DeleteOptions): Promise<number> {
    return this.#write(op, { ...address, condition: options.condition }, options, countOf);
  }

  #page<Item>(op: string, message: Message, options: OperationOptions, read: (item: unknown) => Item): Promise<Page<Item>> {
    return this.#read(op, message, options, (result) => {
      const { items, next } = fieldsOf(result);
      return { items: itemsOf(items).map(read), ...(typeof next === 'string' ? { next } : {}) };
    });
  }

  #read<Result>(op: string, message: Message, { signal }: OperationOptions, read: (result: unknown) => Result): Promise<Result> {
    return this.#ask({ message: { op, ...message }, writes: false, signal, doing: doing(op, message) }, read);
  }

  #write<Result>(op: string, message: Message, { signal }: OperationOptions, read: (result: unknown) => Result): Promise<Result> {
    return this.#ask({ message: { op, ...message }, writes: true, signal, doing: doing(op, message) }, read);
  }

  async #ask<Result>(request: MessageRequest, read: (result: unknown) => Result): Promise<Result> {
    const result = await this.#channel.call(request);
    try {
      return read(result);
    } catch (error) {
      throw unreadableAnswer(request, error);
    }
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

