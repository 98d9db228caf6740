import type { TimeUnit } from './aggregate.ts';
import { Kv4Error } from './errors.ts';

/** The units of time groups, from coarse to fine: the n-th field of a group's name is the n-th unit. */
export const TIME_UNITS: readonly TimeUnit[] = ['year', 'month', 'day', 'hour', 'minute', 'second'];

/** A span of time, in milliseconds since 1970 UTC, both ends inclusive. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A time group taken apart: its unit and the span it covers. */
export interface TimeGroup extends TimeSpan {
  readonly unit: TimeUnit;
}

const GROUP = /^\d{4}(?::\d{1,2}){0,5}$/;
const HIGHEST = [9999, 12, 31, 23, 59, 59] as const;
const LOWEST = [1970, 1, 1, 0, 0, 0] as const;

/**
 * Reads a time group of the v3 API: `Y[:M[:D[:H[:m[:s]]]]]` in UTC, as in `2016:3:16:3:4`; zero-padding is tolerated. The span is that of the
 * last unit given. Throws `KV4_BAD_OPTION` for anything else, such as the 30th of February; years run from 1970 to 9999.
 */
export function parseTimeGroup(text: string): TimeGroup {
  const fields = typeof text === 'string' && GROUP.test(text) ? text.split(':').map(Number) : [];
  const unit = TIME_UNITS[fields.length - 1];
  const fits = fields.every((field, index) => field >= (LOWEST[index] as number) && field <= (HIGHEST[index] as number));
  if (unit === undefined || !fits) throw badGroup();
  const fromMs = startOf(fields);
  // A day past the end of its month moves the date into the next month.
  if (fields.length >= 3 && new Date(fromMs).getUTCDate() !== fields[2]) throw badGroup();
  const next = fields.map((field, index) => (index === fields.length - 1 ? field + 1 : field));
  return { unit, fromMs, toMs: startOf(next) - 1 };
}

function badGroup(): Kv4Error {
  return new Kv4Error('KV4_BAD_OPTION', 'a time group is Y[:M[:D[:H[:m[:s]]]]] in UTC, such as 2016:3:16:3:4');
}

function startOf(fields: readonly number[]): number {
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0] = fields;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * The span from the start of group `gs` to the end of group `ge`, both inclusive at the precision given; without `ge`, the span of `gs`. A `ge`
 * before `gs` gives a span in which nothing lies (`fromMs > toMs`). Throws `KV4_BAD_OPTION` for a malformed group.
 */
export function groupRange(gs: string, ge?: string): TimeSpan {
  const first = parseTimeGroup(gs);
  return { fromMs: first.fromMs, toMs: ge === undefined ? first.toMs : parseTimeGroup(ge).toMs };
}

/** The name of the group of a unit that a moment falls into, without zero-padding: `2016:3:16:4`. `timeMs` is milliseconds since 1970 UTC. */
export function timeGroupOf(timeMs: number, unit: TimeUnit): string {
  const date = new Date(timeMs);
  const fields = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  return fields.slice(0, TIME_UNITS.indexOf(unit) + 1).join(':');
}
