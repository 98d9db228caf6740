import type { RunRecord } from '../history.ts';

/** A violation of a promise, in words that let somebody find it. */
export type Violation = string;

/** A pure judgement over everything that a run recorded. */
export interface Check {
  readonly name: string;
  /** What is promised. */
  readonly promise: string;
  /** Not promised on a cluster, and not judged there. */
  readonly ofOneServer?: true;
  readonly violations: (record: RunRecord) => readonly Violation[];
}
