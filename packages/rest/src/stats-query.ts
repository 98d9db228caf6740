import { mergeAccumulators, parseTimeGroup, timeGroupOf, type Accumulator, type Kv4Store, type Page, type TimeUnit } from '@xir/kv4-core';

import { RestError } from './errors.ts';
import { MINUTE_MS, readStoredMinute, statsBase, type MeasureAddress } from './stats-entry.ts';

/** Most groups in one answer. */
export const MAX_STATS_GROUPS = 100_000;

/** What is asked of the measurements. */
export interface StatsQuery {
  /** Milliseconds since 1970 UTC, inclusive. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly groupBy?: TimeUnit;
  readonly signal: AbortSignal;
}

/** The measures asked for; `undefined`: there is no data. */
export interface StatsResult {
  readonly total?: Accumulator;
  readonly groups: ReadonlyMap<string, Accumulator>;
}

/** Adds up what all writers have written about an entity and key. */
export async function queryStats(store: Kv4Store, address: MeasureAddress, query: StatsQuery): Promise<StatsResult> {
  const base = statsBase(address);
  const groups = new Map<string, Accumulator>();
  let total: Accumulator | undefined;
  for await (const path of everyItem((after) => store.paths(base, { depth: 1, signal: query.signal, ...after }))) {
    const month = monthOf(path, base.path);
    if (month === undefined || !overlaps(month, query)) continue;
    for await (const record of everyItem((after) => store.list({ ...base, path }, { signal: query.signal, ...after }))) {
      for (const [minuteMs, measures] of minutesOf(path.slice(base.path.length + 1), record.address.key, record.value)) {
        if (!within(minuteMs, query)) continue;
        total = total === undefined ? measures : mergeAccumulators(total, measures);
        if (query.groupBy !== undefined) addToGroup(groups, timeGroupOf(minuteMs, query.groupBy), measures);
      }
    }
  }
  const sorted = new Map([...groups].sort(([left], [right]) => parseTimeGroup(left).fromMs - parseTimeGroup(right).fromMs));
  return { ...(total === undefined ? {} : { total }), groups: sorted };
}

function addToGroup(groups: Map<string, Accumulator>, name: string, measures: Accumulator): void {
  const known = groups.get(name);
  if (known === undefined && groups.size >= MAX_STATS_GROUPS) throw new RestError('REST_BAD_OPTION', `more than ${MAX_STATS_GROUPS} groups`);
  groups.set(name, known === undefined ? measures : mergeAccumulators(known, measures));
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function monthOf(path: string, base: string): Span | undefined {
  const name = path.slice(base.length + 1);
  return /^\d{4}:\d{1,2}$/.test(name) ? parseTimeGroup(name) : undefined;
}

function overlaps(span: Span, query: StatsQuery): boolean {
  return span.toMs >= (query.fromMs ?? 0) && span.fromMs <= (query.toMs ?? Infinity);
}

function within(minuteMs: number, query: StatsQuery): boolean {
  return minuteMs + MINUTE_MS > (query.fromMs ?? 0) && minuteMs <= (query.toMs ?? Infinity);
}

function* minutesOf(month: string, hourKey: string, value: unknown): Generator<[number, Accumulator]> {
  const dayAndHour = /^(\d{1,2}:\d{1,2})~/.exec(hourKey)?.[1];
  if (dayAndHour === undefined || typeof value !== 'object' || value === null) return;
  for (const [minute, stored] of Object.entries(value)) {
    const measures = readStoredMinute(stored);
    if (measures !== undefined && /^\d{1,2}$/.test(minute)) yield [parseTimeGroup(`${month}:${dayAndHour}:${minute}`).fromMs, measures];
  }
}

async function* everyItem<Item>(read: (after: { readonly after?: string }) => Promise<Page<Item>>): AsyncGenerator<Item> {
  let after: { readonly after?: string } = {};
  for (;;) {
    const page = await read(after);
    yield* page.items;
    if (page.next === undefined) return;
    after = { after: page.next };
  }
}
