import type { OperationOptions } from './operation.ts';

/** The units of time groups, from coarse to fine, in UTC. */
export type TimeUnit = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

/** The measures over a set of numbers. Percentiles are exact, by the nearest-rank method. */
export interface Aggregate {
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly avg: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What is aggregated. Versions whose value holds no finite number at `field` are passed over. */
export interface AggregateOptions extends OperationOptions {
  /** Versions made at this time or later, in milliseconds since 1970 UTC; default: from the first on. */
  readonly fromMs?: number;
  /** Versions made at this time or earlier, in milliseconds since 1970 UTC; default: up to the last. */
  readonly toMs?: number;
  /** The field of an object value that holds the number; absent: the value itself, or its field `value`. */
  readonly field?: string;
  /** Break the answer down by this unit. */
  readonly groupBy?: TimeUnit;
}

/** The aggregate of everything (absent: there was nothing to aggregate) and, when asked, of each time group that has data. */
export interface AggregateResult {
  readonly total?: Aggregate;
  /** Group name (`2016:3:16:4`, no zero-padding) to its aggregate, oldest first; present with `groupBy`. */
  readonly groups?: ReadonlyMap<string, Aggregate>;
}
