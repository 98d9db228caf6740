import { TIME_UNITS, type JsonObject, type JsonValue, type KeyAddress, type Kv4Record, type PathAddress, type TimeUnit } from '@xir/kv4-core';
import { isTruthy, withVersionText, type Query } from '@xir/protocol';

import { datumText, seriesRowText, versionDatumText } from './datum-text.ts';
import { RestError } from './errors.ts';
import { streamedAnswer } from './list-answer.ts';
import { moment, readOptions, requiredInteger, spanOptions } from './read-parameters.ts';
import type { ListAnswer, ServiceAnswer, ServiceRequest, ValueAnswer } from './service.ts';

/** What a service shows of the values it reads. */
export interface Reading {
  readonly address: PathAddress;
  /** Older history belongs to an earlier account of the same name and is not shown; milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  /** Leaves out what must not be shown; default: everything is. */
  readonly project?: (value: JsonValue) => JsonObject;
}

/** How listings show their items: keys, values or records. */
export type ListForm = 'keys' | 'values' | 'datum';

/** The form that `as` asks for. `as=1` is what clients of before 3.5 send for `datum`. */
export function listForm(query: Query): ListForm {
  const as = query.get('as');
  if (as === 'values') return 'values';
  return as === 'datum' || as === '1' || as === 'true' ? 'datum' : 'keys';
}

/** The text of a record's value as far as it may be shown. */
export function shownText(reading: Reading, record: Kv4Record): string {
  return reading.project === undefined ? record.valueText : JSON.stringify(reading.project(record.value));
}

/** Whether the request names a single key: `k`, or one of `k2`, `k3`, `k4`. */
export function namesKey(query: Query): boolean {
  return ['k', 'k2', 'k3', 'k4'].some((name) => (query.get(name) ?? '') !== '');
}

/** Answers a GET of one key: its value, its series, its value at a time, or measures over its series. */
export async function readKey(request: ServiceRequest, reading: Reading): Promise<ServiceAnswer> {
  const { query } = request;
  if (isTruthy(query.get('time_series'))) return readSeries(request, reading);
  if (isTruthy(query.get('aggregate'))) return readAggregate(request, reading);
  const at = query.get('at');
  if (at !== undefined) return readAt(request, reading, moment('at', at));
  const record = await findRecord(request, reading);
  if (record === undefined) throw new RestError('REST_NOT_FOUND', 'there is no such key');
  if (matchesVersion(request.headers['if-none-match'], record.version)) return { kind: 'not-modified', version: record.version, address: record.address };
  return recordAnswer(request, reading, record);
}

/** One record as an answer: its value, or with `as=datum` all of it. */
export function recordAnswer(request: ServiceRequest, reading: Reading, record: Kv4Record): ValueAnswer {
  const text = shownText(reading, record);
  const shown = listForm(request.query) === 'datum' ? datumText(record, text) : withVersionText(text, record.version);
  return { kind: 'value', text: shown, version: record.version, cached: true, address: record.address };
}

/** Whether a list of entity tags (RFC 9110, 13.1.2) names a version. */
export function matchesVersion(header: string | undefined, version: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => {
    const trimmed = tag.trim();
    return trimmed === '*' || trimmed === `"${version}"` || trimmed === `W/"${version}"`;
  });
}

async function findRecord(request: ServiceRequest, reading: Reading): Promise<Kv4Record | undefined> {
  const { query, context } = request;
  const key = query.get('k');
  if (key !== undefined && key !== '') return context.store.get({ ...reading.address, key }, readOptions(request));
  for (const name of ['k2', 'k3', 'k4'] as const) {
    const value = query.get(name);
    if (value !== undefined && value !== '') return context.store.find(reading.address, name, value, readOptions(request));
  }
  return undefined;
}

/** The key that a series, a past value or an aggregate is about; secondary keys lead to it through the present record. */
async function findAddress(request: ServiceRequest, reading: Reading): Promise<KeyAddress> {
  const key = request.query.get('k');
  if (key !== undefined && key !== '') return { ...reading.address, key };
  const record = await findRecord(request, reading);
  if (record === undefined) throw new RestError('REST_NOT_FOUND', 'there is no such key');
  return record.address;
}

async function readSeries(request: ServiceRequest, reading: Reading): Promise<ListAnswer> {
  const { query, context, signal } = request;
  const limit = query.get('limit');
  const span = spanOptions(query);
  const versions = context.store.series(await findAddress(request, reading), {
    signal,
    ...span,
    fromMs: Math.max(span.fromMs ?? 0, reading.sinceMs),
    ...(limit === undefined ? {} : { limit: requiredInteger('limit', limit) }),
    ...(query.get('order') === 'asc' ? { ascending: true } : {}),
  });
  const toText = listForm(query) === 'datum' ? versionDatumText : seriesRowText;
  return streamedAnswer(versions, (version) => toText(version, versionText(reading, version)));
}

async function readAt(request: ServiceRequest, reading: Reading, timeMs: number): Promise<ValueAnswer> {
  const { context, signal, query } = request;
  const address = await findAddress(request, reading);
  const version = timeMs < reading.sinceMs ? undefined : await context.store.at(address, timeMs, { signal });
  if (version === undefined || version.deleted || version.timeMs < reading.sinceMs) throw new RestError('REST_NOT_FOUND', 'the key had no value then');
  const text = versionText(reading, version);
  const shown = listForm(query) === 'datum' ? versionDatumText(version, text) : withVersionText(text, version.version);
  return { kind: 'value', text: shown, version: version.version };
}

/** The text of an old version's value as far as it may be shown. */
export function versionText(reading: Reading, version: { readonly deleted: boolean; readonly value: JsonValue }): string {
  if (version.deleted) return 'null';
  return JSON.stringify(reading.project === undefined ? version.value : reading.project(version.value));
}

async function readAggregate(request: ServiceRequest, reading: Reading): Promise<ValueAnswer> {
  const { query, context, signal } = request;
  if (reading.project !== undefined) throw new RestError('REST_BAD_OPTION', 'this service has no aggregates');
  const span = spanOptions(query);
  const field = query.get('field');
  const groupBy = timeUnit(query.get('break'));
  const result = await context.store.aggregate(await findAddress(request, reading), {
    signal,
    ...span,
    fromMs: Math.max(span.fromMs ?? 0, reading.sinceMs),
    ...(field === undefined || field === '' ? {} : { field }),
    ...(groupBy === undefined ? {} : { groupBy }),
  });
  const groups = result.groups === undefined ? {} : { groups: Object.fromEntries(result.groups) };
  return { kind: 'value', text: JSON.stringify({ total: result.total ?? null, ...groups }) };
}

/** The unit that `break` names; `undefined` for none. Throws `REST_BAD_OPTION` for a word that is no unit. */
export function timeUnit(text: string | undefined): TimeUnit | undefined {
  if (!isTruthy(text)) return undefined;
  const unit = TIME_UNITS.find((name) => name === text);
  if (unit === undefined) throw new RestError('REST_BAD_OPTION', `break must be one of ${TIME_UNITS.join(', ')}`);
  return unit;
}
