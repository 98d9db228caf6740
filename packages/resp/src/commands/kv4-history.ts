import {
  isVersion,
  pageText,
  placedRecordText,
  placedVersionText,
  readSeriesPage,
  TIME_UNITS,
  versionText,
  type Aggregate,
  type Kv4Store,
  type Kv4Version,
  type Page,
  type PathAddress,
  type TimeUnit,
  type TreeOptions,
} from '@xir/kv4-core';

import { bytesOfText } from '../byte-text.ts';
import type { Call, Command } from '../command.ts';
import { RespError } from '../errors.ts';
import { bytesOfValue } from '../stored-value.ts';
import { KEY } from './arguments.ts';
import { replyItem, replyPage } from './kv4-items.ts';
import { KEY_ARGUMENTS, KEY_WORDS, PATH_ARGUMENTS, PATH_WORDS, placedKey, placedPath, textOf, type Placed } from './kv4-place.ts';
import { countOf, depthOf, JSON_ARGUMENT, JSON_WORD, PAGE_ARGUMENTS, PAGE_WORDS, pageOf } from './kv4-reading.ts';
import { KV4_COMMAND } from './kv4-since.ts';
import { momentOf } from './moments.ts';
import { readWords } from './word-options.ts';

const DEFAULT_SERIES_VERSIONS = 1000;
const MAX_SERIES_VERSIONS = 100_000;

/** The span of time that FROM and TO name, without what belongs to an earlier account of the same name. */
function spanOf(words: ReadonlyMap<string, string>, sinceMs: number): { readonly fromMs: number; readonly toMs?: number } {
  const from = words.get('FROM');
  const to = words.get('TO');
  return { fromMs: Math.max(from === undefined ? 0 : momentOf(from), sinceMs), ...(to === undefined ? {} : { toMs: momentOf(to) }) };
}

async function series(call: Call): Promise<void> {
  const words = readWords(call.args, 2, { FROM: 'value', TO: 'value', COUNT: 'value', AFTER: 'value', ASC: 'flag', ...KEY_WORDS, ...JSON_WORD });
  const limit = countOf(words, { usual: DEFAULT_SERIES_VERSIONS, most: MAX_SERIES_VERSIONS });
  const after = words.get('AFTER');
  if (after !== undefined && !isVersion(after)) throw new RespError('RESP_BAD_ARGUMENT', 'AFTER is the version that a page before ended with');
  const { address, sinceMs } = await placedKey(call, words);
  const { items: versions, next } = await readSeriesPage(call.context.store, address, { ...spanOf(words, sinceMs), limit, after, ascending: words.has('ASC') });
  if (words.has('JSON')) return call.reply.bulk(bytesOfText(pageText(versions.map(versionText), next)));
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
  const words = readWords(call.args, 2, { FROM: 'value', TO: 'value', FIELD: 'value', BY: 'value', ...KEY_WORDS, ...JSON_WORD });
  const field = words.get('FIELD');
  const by = words.get('BY');
  const groupBy = by === undefined ? undefined : unitOf(by);
  const { address, sinceMs } = await placedKey(call, words);
  const { total, groups } = await call.context.store.aggregate(address, {
    ...spanOf(words, sinceMs),
    ...(field === undefined ? {} : { field: textOf(field) }),
    ...(groupBy === undefined ? {} : { groupBy }),
  });
  const { reply } = call;
  if (words.has('JSON')) return reply.bulk(bytesOfText(JSON.stringify({ total, ...(groups === undefined ? {} : { groups: Object.fromEntries(groups) }) })));
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
  const words = readWords(call.args, 2, { DEPTH: 'value', AT: 'value', ...PAGE_WORDS, ...PATH_WORDS, ...JSON_WORD });
  const at = words.get('AT');
  const options: TreeOptions = { ...pageOf(words), ...depthOf(words) };
  const placed = await placedPath(call, words, 'subtree');
  const { store } = call.context;
  if (at === undefined) {
    const page = await store.tree(placed.address, options);
    if (words.has('JSON')) call.reply.bulk(bytesOfText(pageText(page.items.map(placedRecordText), page.next)));
    else replyPage(call, page, replyItem);
    return;
  }
  const page = await treeAt(store, placed, { timeMs: momentOf(at), options });
  if (words.has('JSON')) call.reply.bulk(bytesOfText(pageText(page.items.map(placedVersionText), page.next)));
  else replyPage(call, page, replyItem);
}

async function treeAt(store: Pick<Kv4Store, 'treeAt'>, { address, sinceMs }: Placed<PathAddress>, { timeMs, options }: { readonly timeMs: number; readonly options: TreeOptions }): Promise<Page<Kv4Version>> {
  if (timeMs < sinceMs) return { items: [] };
  const page = await store.treeAt(address, timeMs, options);
  return { ...page, items: page.items.filter((item) => item.timeMs >= sinceMs) };
}

const FROM = { name: 'from', type: 'string', token: 'FROM', optional: true } as const;
const TO = { name: 'to', type: 'string', token: 'TO', optional: true } as const;
const COUNT = { name: 'count', type: 'integer', token: 'COUNT', optional: true } as const;
const READ = { ...KV4_COMMAND, arity: -2, flags: ['readonly'], keys: [1, 1, 1], overlaps: () => 'read' as const } as const;
const VERSION = { name: 'version', type: 'string', token: 'AFTER', optional: true } as const;

/** What was, and what is beneath a path. */
export const KV4_HISTORY: readonly Command[] = [
  {
    name: 'KV4.SERIES',
    ...READ,
    summary: 'The versions of a key, newest first: version, time, author, value (nil: deleted).',
    arguments: [KEY, FROM, TO, COUNT, VERSION, { name: 'ascending', type: 'pure-token', token: 'ASC', optional: true }, ...KEY_ARGUMENTS, JSON_ARGUMENT],
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
      ...KEY_ARGUMENTS,
      JSON_ARGUMENT,
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
      ...PAGE_ARGUMENTS,
      ...PATH_ARGUMENTS,
      JSON_ARGUMENT,
    ],
    run: tree,
  },
];
