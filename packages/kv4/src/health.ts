import type { FollowerStateKind } from '@xir/couch-feed';

/** Whether a memory can be relied on, with the reasons why not. */
export interface MemoryHealth {
  readonly healthy: boolean;
  /** In words, for an operator; empty when healthy. */
  readonly reasons: readonly string[];
  readonly ageMs: number;
  /** What keeps the memory from being current, as soon as it is known and before it lasts long enough to be a reason. */
  readonly degraded?: string;
}

/** Of which states of the feed an operator hears at once. */
const DEGRADED: Readonly<Record<FollowerStateKind, string | undefined>> = {
  idle: undefined,
  identifying: undefined,
  connecting: undefined,
  streaming: undefined,
  polling: undefined,
  'backing-off': 'the database cannot be reached; the change feed tries again',
  're-authenticating': 'the database refused the credentials; the change feed tries again',
  failed: 'the change feed has ended',
  closed: undefined,
};

/** What health is judged by. */
export interface HealthFacts {
  readonly closed: boolean;
  readonly ageMs: number;
  readonly healthyAgeMs: number;
  readonly feedState: FollowerStateKind;
  /** What ended the feed for good. */
  readonly ended: unknown;
  readonly divergences: number;
}

/** Judges health: only signs of life count, never attempts. A divergence that was found and repaired is told by the metrics, not here. Pure. */
export function judgeHealth(facts: HealthFacts): MemoryHealth {
  const { closed, ageMs, healthyAgeMs, feedState, ended } = facts;
  const reasons: string[] = [];
  if (closed) reasons.push('the memory is closed');
  if (ended !== undefined) reasons.push(`the change feed has ended: ${ended instanceof Error ? ended.message : 'without saying why'}`);
  if (!(ageMs <= healthyAgeMs)) {
    const age = Number.isFinite(ageMs) ? `for ${Math.round(ageMs)} ms` : 'yet';
    reasons.push(`the change feed has given no proof of life ${age} (at most ${healthyAgeMs} ms; it is ${feedState})`);
  }
  const degraded = DEGRADED[feedState];
  return { healthy: reasons.length === 0, reasons, ageMs, ...(degraded === undefined ? {} : { degraded }) };
}
