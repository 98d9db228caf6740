import type { JsonValue } from '@xir/kv4-core';
import type { StemClient } from '@xir/stem-sdk';
import { expect } from 'vitest';

import type { SeededRandom } from './seeded-random.ts';

const VERSION = '019ac1f2b3c40000-n1';
const RECORD = { path: '/p', key: 'k', value: { n: [1, 'é'] }, version: VERSION, timeMs: 1_764_380_000_000, author: 'a', secondary: { k2: 'x' } };
const DATUM = { _id: VERSION, w: '$sys', l: '*data', p: '/p', k: 'k', v: { n: [1, 'é'], _ver_: VERSION }, a: 'a', m: { k2: 'x' }, x: 1_800_000_000_000 };
const MEASURES = { sum: 1, min: 1, max: 1, count: 1, avg: 1, p50: 1, p95: 1, p99: 1 };

/** How an answer is sent over HTTP. */
export interface HttpAnswer {
  readonly value: JsonValue;
  readonly headers?: Readonly<Record<string, string>>;
  readonly lines?: true;
}

/** An operation of the client, how a neuron answers it, and what may come of it. */
export interface Operation {
  readonly name: string;
  readonly call: (client: StemClient) => Promise<unknown>;
  /** The answer of the data API. */
  readonly result: JsonValue;
  readonly http: HttpAnswer;
  /** Fails where something is handed out that the types do not promise. */
  readonly check: (value: unknown) => void;
}

const isRecord = (value: unknown) => {
  expect(value).toMatchObject({ address: { key: expect.any(String), path: expect.any(String) }, version: expect.any(String), timeMs: expect.any(Number), author: expect.any(String), secondary: expect.any(Object) });
  expect((value as { value: unknown }).value).not.toBeUndefined();
  for (const text of Object.values((value as { secondary: object }).secondary)) expect(text).toEqual(expect.any(String));
};
const isVersion = (value: unknown) => {
  expect(value).toMatchObject({ address: { key: expect.any(String) }, version: expect.any(String), timeMs: expect.any(Number), author: expect.any(String), deleted: expect.any(Boolean) });
  expect((value as { value: unknown }).value).not.toBeUndefined();
};
const isText = (value: unknown) => expect(value).toEqual(expect.any(String));
const maybe = (check: (value: unknown) => void) => (value: unknown) => value === undefined || check(value);
const isPage = (check: (value: unknown) => void) => (value: unknown) => {
  const { items, next } = value as { items: unknown[]; next?: unknown };
  expect(Array.isArray(items)).toBe(true);
  items.forEach(check);
  maybe(isText)(next);
};
const isCount = (value: unknown) => expect(Number.isSafeInteger(value) && Number(value) >= 0).toBe(true);

/** Every operation but `watch`. */
export const OPERATIONS: readonly Operation[] = [
  { name: 'get', call: (client) => client.get(client.key('/p', 'k')), result: RECORD, http: { value: DATUM }, check: maybe(isRecord) },
  { name: 'find', call: (client) => client.find(client.path('/p'), 'k2', 'x'), result: RECORD, http: { value: DATUM }, check: maybe(isRecord) },
  {
    name: 'put',
    call: (client) => client.put(client.key('/p', 'k'), 1),
    result: { version: VERSION, timeMs: 1, durable: true, record: RECORD },
    http: { value: DATUM },
    check: (value) => isRecord((value as { record: unknown }).record),
  },
  {
    name: 'delete',
    call: (client) => client.delete(client.key('/p', 'k')),
    result: { version: VERSION, timeMs: 1, durable: true },
    http: { value: 1, headers: { etag: `"${VERSION}"` } },
    check: maybe((value) => expect(value).toMatchObject({ version: expect.stringMatching(/^[0-9a-f]{16}-[a-z0-9]+$/), timeMs: expect.any(Number) })),
  },
  { name: 'deletePath', call: (client) => client.deletePath(client.path('/p')), result: { count: 3 }, http: { value: 3 }, check: isCount },
  { name: 'deleteSubtree', call: (client) => client.deleteSubtree(client.path('/p')), result: { count: 3 }, http: { value: 3 }, check: isCount },
  { name: 'keys', call: (client) => client.keys(client.path('/p')), result: { items: ['a', 'b'], next: 'c' }, http: { value: ['a', 'b'], headers: { 'x-kv4-next': '%C3%A9' } }, check: isPage(isText) },
  { name: 'list', call: (client) => client.list(client.path('/p')), result: { items: [RECORD, RECORD] }, http: { value: [DATUM] }, check: isPage(isRecord) },
  { name: 'tree', call: (client) => client.tree(client.path('/p')), result: { items: [RECORD], next: 'c' }, http: { value: [DATUM] }, check: isPage(isRecord) },
  { name: 'paths', call: (client) => client.paths(client.path('/p')), result: { items: ['/p'] }, http: { value: ['/p'] }, check: isPage(isText) },
  { name: 'layers', call: (client) => client.layers('b'), result: { items: ['*data'] }, http: { value: ['*data'] }, check: (value) => (value as unknown[]).forEach(isText) },
  {
    name: 'series',
    call: async (client) => {
      const versions: unknown[] = [];
      for await (const version of client.series(client.key('/p', 'k'), { limit: 3 })) versions.push(version);
      return versions;
    },
    result: { items: [{ ...RECORD, deleted: false }, { ...RECORD, value: null, deleted: true }] },
    http: { value: [DATUM, { ...DATUM, gone: true }], lines: true },
    check: (value) => (value as unknown[]).forEach(isVersion),
  },
  { name: 'at', call: (client) => client.at(client.key('/p', 'k'), 5), result: { ...RECORD, deleted: false }, http: { value: DATUM }, check: maybe(isVersion) },
  { name: 'treeAt', call: (client) => client.treeAt(client.path('/p'), 5), result: { items: [{ ...RECORD, deleted: false }] }, http: { value: [DATUM] }, check: isPage(isVersion) },
  {
    name: 'aggregate',
    call: (client) => client.aggregate(client.key('/p', 'k'), { groupBy: 'year' }),
    result: { total: MEASURES, groups: { '2026': MEASURES } },
    http: { value: { total: MEASURES, groups: { '2026': MEASURES } } },
    check: (value) => {
      const { total, groups } = value as { total?: object; groups?: ReadonlyMap<string, object> };
      for (const measures of [total, ...(groups?.values() ?? [])]) if (measures !== undefined) expect(Object.values(measures)).toEqual(Array.from({ length: 8 }, () => expect.any(Number)));
    },
  },
];

/** The events of a watch, in the data API's form. */
export const EVENTS: readonly JsonValue[] = [
  { event: 'put', position: 'p1', record: RECORD, previous: RECORD },
  { event: 'delete', position: 'p2', path: '/p', key: 'k', version: VERSION },
  { event: 'end-of-initial', position: 'p3' },
  { event: 'reset', position: 'p4', reason: 'resync' },
];

/** The same as server-sent events, without their ends. */
export const SENT_EVENTS: ReadonlyArray<{ readonly event: string; readonly data: JsonValue }> = [
  { event: 'put', data: { ...DATUM, previous: DATUM } },
  { event: 'delete', data: DATUM },
  { event: 'end-of-initial', data: {} },
  { event: 'reset', data: { reason: 'resync' } },
];

/** Fails where an event is handed out that the types do not promise. */
export function checkEvent(event: unknown): void {
  const { type, position } = event as { type: unknown; position: unknown };
  expect(position).toEqual(expect.any(String));
  if (type === 'put') isRecord((event as { record: unknown }).record);
  else if (type === 'delete') expect(event).toMatchObject({ address: { key: expect.any(String), path: expect.any(String) } });
  else expect(['end-of-initial', 'reset']).toContain(type);
}

const STRANGE: readonly JsonValue[] = [null, true, -1, 0.5, 1e300, '', 'x'.repeat(300), '\u0000', [], {}, [[]], { length: 3 }, JSON.parse('{"__proto__":1,"constructor":{}}') as JsonValue, JSON.parse('['.repeat(1000) + ']'.repeat(1000)) as JsonValue];

/** A JSON value of which one part was replaced by something strange, or left out. */
export function mutatedJson(value: JsonValue, random: SeededRandom): JsonValue {
  if (typeof value !== 'object' || value === null || random.below(4) === 0) return STRANGE[random.below(STRANGE.length)] as JsonValue;
  const names = Object.keys(value);
  const name = names[random.below(names.length)];
  if (name === undefined) return STRANGE[random.below(STRANGE.length)] as JsonValue;
  if (Array.isArray(value)) return value.map((item: JsonValue, index) => (String(index) === name ? mutatedJson(item, random) : item));
  const fields = value as Readonly<Record<string, JsonValue>>;
  if (random.below(4) === 0) return Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name));
  return { ...fields, [name]: mutatedJson(fields[name] as JsonValue, random) };
}

/** A text in which something was replaced, left out, repeated, or cut off. */
export function mutatedText(text: string, random: SeededRandom): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + random.below(8));
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, end) + text.slice(at);
    case 3:
      return `${text.slice(0, at)}${String.fromCharCode(random.below(256))}${text.slice(at + 1)}`;
    default:
      return `${text.slice(0, at)}${['\r\n', '{', '"', '99999999999', '-', '$', '*', '>', '\\u0000', '}]'][random.below(10)] ?? ''}${text.slice(at)}`;
  }
}

/** A text in pieces. */
export function cut(text: string, random: SeededRandom): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + random.below(random.below(3) === 0 ? 3 : text.length);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
