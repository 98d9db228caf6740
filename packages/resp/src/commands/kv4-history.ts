import { TIME_UNITS, type Aggregate, type Kv4Record, type Kv4Version, type PathAddress, type TimeUnit, type TreeOptions } from '@xir/kv4-core';

import { bytesOfText, textOfBytes } from '../byte-text.ts';
import type { Call, Command } from '../command.ts';
import { RespError } from '../errors.ts';
import { keyAt, pathAt } from '../key-access.ts';
import { keyNameOf } from '../key-name.ts';
import { refuseBannedSubtree } from '../name-listing.ts';
import { wholeNumber } from '../numbers.ts';
import { bytesOfValue } from '../stored-value.ts';
import { KEY } from './arguments.ts';
import { KV4_COMMAND } from './kv4-since.ts';
import { momentOf } from './moments.ts';
import { readWords } from './word-options.ts';

const DEFAULT_SERIES_VERSIONS = 1000;
const MAX_SERIES_VERSIONS = 100_000;
const MAX_TREE_KEYS = 10_000;

/** The span of time that FROM and TO name, without what belongs to an earlier account of the same name. */
function spanOf({ client }: Call, words: ReadonlyMap<string, string>): { readonly fromMs: number; readonly toMs?: number } {
  const from = words.get('FROM');
  const to = words.get('TO');
  const { sinceMs } = client.login;
  return { fromMs: Math.max(from === undefined ? 0 : momentOf(from), sinceMs), ...(to === undefined ? {} : { toMs: momentOf(to) }) };
}

function countOf(words: ReadonlyMap<string, string>, { usual, most }: { readonly usual: number; readonly most: number }): number {
  const count = words.get('COUNT');
  if (count === undefined) return usual;
  const value = wholeNumber(count);
  if (value < 1 || value > most) throw new RespError('RESP_BAD_ARGUMENT', `COUNT must be from 1 to ${most}`);
  return value;
}

async function series(call: Call): Promise<void> {
  const address = keyAt(call, 1);
  const words = readWords(call.args, 2, { FROM: 'value', TO: 'value', COUNT: 'value', ASC: 'flag' });
  const limit = countOf(words, { usual: DEFAULT_SERIES_VERSIONS, most: MAX_SERIES_VERSIONS });
  const versions: Kv4Version[] = [];
  for await (const version of call.context.store.series(address, { ...spanOf(call, words), limit, ascending: words.has('ASC') })) versions.push(version);
  const { reply } = call;
  reply.array(versions.length);
  for (const { version, timeMs, author, deleted, value } of versions) {
    reply.array(4);
    reply.bulk(version);
    reply.integer(timeMs);
    reply.bulk(bytesOfText(author));
    if (deleted) reply.nothing();
    else reply.bulk(bytesOfValue(value));
  }
}

async function aggregate(call: Call): Promise<void> {
  const address = keyAt(call, 1);
  const words = readWords(call.args, 2, { FROM: 'value', TO: 'value', FIELD: 'value', BY: 'value' });
  const field = words.get('FIELD');
  const by = words.get('BY');
  const groupBy = by === undefined ? undefined : unitOf(by);
  const { total, groups } = await call.context.store.aggregate(address, {
    ...spanOf(call, words),
    ...(field === undefined ? {} : { field: textOfBytes(field) ?? '' }),
    ...(groupBy === undefined ? {} : { groupBy }),
  });
  const { reply } = call;
  if (groups === undefined) return replyMeasures(call, total);
  reply.map(groups.size);
  for (const [name, measures] of groups) {
    reply.bulk(name);
    replyMeasures(call, measures);
  }
}

function unitOf(text: string): TimeUnit {
  const unit = TIME_UNITS.find((name) => name === text.toLowerCase());
  if (unit === undefined) throw new RespError('RESP_BAD_ARGUMENT', `BY must be one of ${TIME_UNITS.join(', ')}`);
  return unit;
}

const MEASURES = ['count', 'sum', 'min', 'max', 'avg', 'p50', 'p95', 'p99'] as const;

function replyMeasures({ reply }: Call, measures: Aggregate | undefined): void {
  if (measures === undefined) return reply.nothing();
  reply.map(MEASURES.length);
  for (const name of MEASURES) {
    reply.bulk(name);
    if (name === 'count') reply.integer(measures.count);
    else reply.double(measures[name]);
  }
}

async function tree(call: Call): Promise<void> {
  const base = pathAt(call, 1);
  refuseBannedSubtree(call, base);
  const words = readWords(call.args, 2, { DEPTH: 'value', AT: 'value', COUNT: 'value', AFTER: 'value' });
  const depth = words.get('DEPTH');
  const at = words.get('AT');
  const after = words.get('AFTER');
  const options: TreeOptions = {
    limit: countOf(words, { usual: MAX_TREE_KEYS, most: MAX_TREE_KEYS }),
    ...(depth === undefined ? {} : { depth: wholeNumber(depth) }),
    ...(after === undefined ? {} : { after: textOfBytes(after) ?? '' }),
  };
  const { items, next } = at === undefined ? await call.context.store.tree(base, options) : await treeAt(call, base, { timeMs: momentOf(at), options });
  const { reply } = call;
  reply.array(2);
  if (next === undefined) reply.nothing();
  else reply.bulk(bytesOfText(next));
  reply.array(items.length);
  for (const item of items) replyItem(call, item);
}

async function treeAt(call: Call, base: PathAddress, { timeMs, options }: { readonly timeMs: number; readonly options: TreeOptions }) {
  const { sinceMs } = call.client.login;
  if (timeMs < sinceMs) return { items: [], next: undefined };
  const { items, next } = await call.context.store.treeAt(base, timeMs, options);
  return { items: items.filter((item) => item.timeMs >= sinceMs), next };
}

function replyItem({ reply }: Call, { address, value, version, timeMs, author }: Kv4Record | Kv4Version): void {
  reply.array(6);
  const name = keyNameOf(address);
  if (name === undefined) reply.nothing();
  else reply.bulk(bytesOfText(name));
  reply.bulk(bytesOfText(address.key));
  reply.bulk(version);
  reply.integer(timeMs);
  reply.bulk(bytesOfText(author));
  reply.bulk(bytesOfValue(value));
}

const FROM = { name: 'from', type: 'string', token: 'FROM', optional: true } as const;
const TO = { name: 'to', type: 'string', token: 'TO', optional: true } as const;
const COUNT = { name: 'count', type: 'integer', token: 'COUNT', optional: true } as const;
const READ = { ...KV4_COMMAND, arity: -2, flags: ['readonly'], keys: [1, 1, 1] } as const;

/** What was, and what is beneath a path. */
export const KV4_HISTORY: readonly Command[] = [
  {
    name: 'KV4.SERIES',
    ...READ,
    summary: 'The versions of a key, newest first: version, time, author, value (nil: deleted).',
    arguments: [KEY, FROM, TO, COUNT, { name: 'ascending', type: 'pure-token', token: 'ASC', optional: true }],
    run: series,
  },
  {
    name: 'KV4.AGG',
    ...READ,
    summary: 'Count, sum, minimum, maximum, average and percentiles over the versions of a key, or for each unit of time.',
    arguments: [
      KEY,
      FROM,
      TO,
      { name: 'field', type: 'string', token: 'FIELD', optional: true },
      {
        name: 'unit',
        type: 'oneof',
        token: 'BY',
        optional: true,
        arguments: TIME_UNITS.map((unit) => ({ name: unit, type: 'pure-token' as const, token: unit.toUpperCase() })),
      },
    ],
    run: aggregate,
  },
  {
    name: 'KV4.TREE',
    ...READ,
    summary: 'The keys at a path and beneath it, now or as they were: where to go on, and for each name, key, version, time, author, value.',
    arguments: [
      { name: 'path', type: 'key' },
      { name: 'depth', type: 'integer', token: 'DEPTH', optional: true },
      { name: 'time', type: 'string', token: 'AT', optional: true },
      COUNT,
      { name: 'cursor', type: 'string', token: 'AFTER', optional: true },
    ],
    run: tree,
  },
];
