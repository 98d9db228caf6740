import type { FollowerStateKind } from '@xir/couch-feed';

/** Whether a memory can be relied on, with the reasons why not. */
export interface MemoryHealth {
  readonly healthy: boolean;
  /** In words, for an operator; empty when healthy. */
  readonly reasons: readonly string[];
  readonly ageMs: number;
}

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
  return { healthy: reasons.length === 0, reasons, ageMs };
}
