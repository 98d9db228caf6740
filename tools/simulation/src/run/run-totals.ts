import type { Violation } from '../world/history.ts';
import type { ScheduleResult } from './run-schedule.ts';

/** A schedule that broke a promise. */
export interface FailedSchedule {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

/** What many schedules came to together. Plain data: workers send it. */
export interface RunTotals {
  schedules: number;
  events: number;
  simulatedMs: number;
  writes: number;
  acknowledged: number;
  reads: number;
  watchEvents: number;
  /** Sum of the hashes of all schedules: the same whatever the order. */
  hash: number;
  longestConvergenceMs: number;
  readonly faults: Record<string, number>;
  readonly counters: Record<string, number>;
  /** Schedules in which a check found something, by check. */
  readonly failures: Record<string, number>;
  /** The first of them. */
  readonly failed: FailedSchedule[];
}

/** Failed schedules whose violations are kept. */
const MAX_FAILED = 40;

/** Nothing yet. */
export function emptyTotals(): RunTotals {
  return { schedules: 0, events: 0, simulatedMs: 0, writes: 0, acknowledged: 0, reads: 0, watchEvents: 0, hash: 0, longestConvergenceMs: 0, faults: {}, counters: {}, failures: {}, failed: [] };
}

function add(into: Record<string, number>, from: Iterable<readonly [string, number]>): void {
  for (const [name, count] of from) into[name] = (into[name] ?? 0) + count;
}

/** Adds a schedule. */
export function addSchedule(totals: RunTotals, result: ScheduleResult): void {
  totals.schedules += 1;
  for (const name of ['events', 'simulatedMs', 'writes', 'acknowledged', 'reads', 'watchEvents'] as const) totals[name] += result[name];
  totals.hash = (totals.hash + result.hash) >>> 0;
  totals.longestConvergenceMs = Math.max(totals.longestConvergenceMs, result.convergedMs);
  add(totals.faults, result.faults);
  add(totals.counters, Object.entries(result.counters));
  add(totals.failures, [...new Set(result.violations.map(({ check }) => check))].map((check) => [check, 1] as const));
  if (result.violations.length > 0 && totals.failed.length < MAX_FAILED) totals.failed.push({ seed: result.seed, violations: result.violations.slice(0, 5) });
}

/** Adds what another worker did. */
export function addTotals(totals: RunTotals, other: RunTotals): void {
  for (const name of ['schedules', 'events', 'simulatedMs', 'writes', 'acknowledged', 'reads', 'watchEvents'] as const) totals[name] += other[name];
  totals.hash = (totals.hash + other.hash) >>> 0;
  totals.longestConvergenceMs = Math.max(totals.longestConvergenceMs, other.longestConvergenceMs);
  add(totals.faults, Object.entries(other.faults));
  add(totals.counters, Object.entries(other.counters));
  add(totals.failures, Object.entries(other.failures));
  totals.failed.push(...other.failed.slice(0, MAX_FAILED - totals.failed.length));
}
