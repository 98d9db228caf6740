import type { Aggregate, AggregateOptions, AggregateResult } from './aggregate.ts';
import { accumulate, emptyAccumulator } from './accumulator.ts';
import { Kv4Error } from './errors.ts';
import type { JsonValue } from './json.ts';
import type { Kv4Version } from './record.ts';
import { TIME_UNITS, timeGroupOf } from './time-group.ts';

/** The field that holds the number of an object value when no field is named. */
export const DEFAULT_AGGREGATE_FIELD = 'value';

/** The measures over a set of finite numbers; `undefined` over none. Percentiles are exact, by the nearest-rank method. */
export function aggregateNumbers(numbers: readonly number[]): Aggregate | undefined {
  if (numbers.length === 0) return undefined;
  const sorted = Float64Array.from(numbers).sort();
  const { sum, min, max, count } = numbers.reduce(accumulate, emptyAccumulator());
  return { sum, min, max, count, avg: sum / count, p50: nearestRank(sorted, 50), p95: nearestRank(sorted, 95), p99: nearestRank(sorted, 99) };
}

function nearestRank(sorted: Float64Array, percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] as number;
}

/** The finite number that a value holds: at `field` of an object; without `field`, the value itself or its field `value`. */
export function numberOf(value: JsonValue, field?: string): number | undefined {
  if (field === undefined && typeof value === 'number') return finite(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const name = field ?? DEFAULT_AGGREGATE_FIELD;
  return Object.hasOwn(value, name) ? finite(value[name]) : undefined;
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Checks what is to be aggregated. Throws `KV4_BAD_OPTION`. */
export function checkAggregateOptions(options: AggregateOptions): void {
  for (const time of [options.fromMs, options.toMs]) {
    if (time !== undefined && (typeof time !== 'number' || Number.isNaN(time))) throw badOption('fromMs and toMs must be milliseconds since 1970');
  }
  if (options.field !== undefined && typeof options.field !== 'string') throw badOption('field must be the name of a field');
  if (options.groupBy !== undefined && !TIME_UNITS.includes(options.groupBy)) throw badOption(`groupBy must be one of ${TIME_UNITS.join(', ')}`);
}

function badOption(reason: string): Kv4Error {
  return new Kv4Error('KV4_BAD_OPTION', reason);
}

/**
 * Aggregates versions, in whatever order they come: those within `fromMs`–`toMs` that are no deletions and hold a number. With `groupBy`
 * also by time group, oldest group first. Throws `KV4_BAD_OPTION` for options that make no sense.
 */
export function aggregateVersions(versions: Iterable<Kv4Version>, options: AggregateOptions = {}): AggregateResult {
  checkAggregateOptions(options);
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY, field, groupBy } = options;
  const samples: { timeMs: number; value: number }[] = [];
  for (const version of versions) {
    if (version.deleted || version.timeMs < fromMs || version.timeMs > toMs) continue;
    const value = numberOf(version.value, field);
    if (value !== undefined) samples.push({ timeMs: version.timeMs, value });
  }
  samples.sort((a, b) => a.timeMs - b.timeMs);
  const total = aggregateNumbers(samples.map((sample) => sample.value));
  if (groupBy === undefined) return total === undefined ? {} : { total };
  const byGroup = new Map<string, number[]>();
  for (const sample of samples) {
    const name = timeGroupOf(sample.timeMs, groupBy);
    const numbers = byGroup.get(name);
    if (numbers === undefined) byGroup.set(name, [sample.value]);
    else numbers.push(sample.value);
  }
  const groups = new Map<string, Aggregate>();
  for (const [name, numbers] of byGroup) groups.set(name, aggregateNumbers(numbers) as Aggregate);
  return total === undefined ? { groups } : { total, groups };
}
