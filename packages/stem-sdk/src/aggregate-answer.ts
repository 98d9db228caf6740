import type { Aggregate, AggregateResult } from '@xir/kv4-core';
import { SdkError } from './errors.ts';

const MEASURES = ['sum', 'min', 'max', 'count', 'avg', 'p50', 'p95', 'p99'] as const;

/** Reads `{"total": …, "groups": {…}}`. Throws `SDK_BAD_RESPONSE`. */
export function readAggregate(value: unknown): AggregateResult {
  if (typeof value !== 'object' || value === null) throw unreadable();
  const { total, groups } = value as { readonly total?: unknown; readonly groups?: unknown };
  return {
    ...(total === null || total === undefined ? {} : { total: readMeasures(total) }),
    ...(groups === undefined ? {} : { groups: readGroups(groups) }),
  };
}

function readGroups(groups: unknown): ReadonlyMap<string, Aggregate> {
  if (typeof groups !== 'object' || groups === null) throw unreadable();
  const entries = Object.entries(groups).map(([name, measures]): [string, Aggregate] => [name, readMeasures(measures)]);
  // Groups by year have names that JavaScript objects order by number, which is the order of time.
  return new Map(entries);
}

function readMeasures(value: unknown): Aggregate {
  if (typeof value !== 'object' || value === null) throw unreadable();
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name of MEASURES) if (typeof fields[name] !== 'number') throw unreadable();
  return Object.fromEntries(MEASURES.map((name) => [name, fields[name]])) as unknown as Aggregate;
}

function unreadable(): SdkError {
  return new SdkError('SDK_BAD_RESPONSE', 'the neuron answered an aggregate with something else');
}
