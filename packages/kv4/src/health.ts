import type { FeedObstacle, FollowerStateKind } from '@xir/couch-feed';

/** Whether a memory can be relied on, with the reasons why not. */
export interface MemoryHealth {
  readonly healthy: boolean;
  /** In words, for an operator; empty when healthy. */
  readonly reasons: readonly string[];
  readonly ageMs: number;
  /** What keeps the memory from being current, as soon as it is known and before it lasts long enough to be a reason. */
  readonly degraded?: string;
}

/** What an operator hears of each obstacle, at once. */
const OBSTACLES: Readonly<Record<FeedObstacle, string>> = {
  unreachable: 'the database cannot be reached',
  silent: 'the database does not answer in time',
  busy: 'the database is overloaded (429 or 503)',
  unauthorized: 'the database refused the credentials (401)',
  forbidden: 'the database forbids the access (403)',
  missing: 'the database does not exist (404)',
};

/** What health is judged by. */
export interface HealthFacts {
  readonly closed: boolean;
  readonly ageMs: number;
  readonly healthyAgeMs: number;
  readonly feedState: FollowerStateKind;
  readonly obstacle: FeedObstacle | undefined;
  /** What ended the feed for good. */
  readonly ended: unknown;
  readonly divergences: number;
}

/** Judges health: only signs of life count, never attempts. A divergence that was found and repaired is told by the metrics, not here. Pure. */
export function judgeHealth(facts: HealthFacts): MemoryHealth {
  const { closed, ageMs, healthyAgeMs, feedState, obstacle, ended } = facts;
  const met = obstacle === undefined ? undefined : OBSTACLES[obstacle];
  const reasons: string[] = [];
  if (closed) reasons.push('the memory is closed');
  if (ended !== undefined) reasons.push(`the change feed has ended: ${ended instanceof Error ? ended.message : 'without saying why'}`);
  if (!(ageMs <= healthyAgeMs)) {
    const age = Number.isFinite(ageMs) ? `for ${Math.round(ageMs)} ms` : 'yet';
    reasons.push(`the change feed has given no proof of life ${age} (at most ${healthyAgeMs} ms; it is ${feedState})${met === undefined ? '' : `: ${met}`}`);
  }
  const degraded = ended === undefined && met !== undefined ? `${met}; the change feed tries again` : undefined;
  return { healthy: reasons.length === 0, reasons, ageMs, ...(degraded === undefined ? {} : { degraded }) };
}
