import type { SharedDatabase } from './processes/shared-database.ts';
import type { Verdict } from './target.ts';

/** One row of the results: ours beside the peer. */
export interface ResultRow {
  readonly measure: string;
  readonly ours: string;
  readonly peer: string;
  /** Ours divided by the peer's, or the difference, as the measure says. */
  readonly ratio: string;
  /** What was aimed at, and whether it was reached; absent where nothing was. */
  readonly verdict?: Verdict;
}

/** One table of the results. */
export interface ResultTable {
  readonly title: string;
  /** What was measured, and how, in a sentence or two. */
  readonly method: string;
  readonly oursName: string;
  readonly peerName: string;
  readonly rows: readonly ResultRow[];
}

/** What every measure is told. */
export interface MeasureContext {
  /** Rounds of each side, alternating. */
  readonly rounds: number;
  /** Milliseconds of load in each round. */
  readonly roundMs: number;
  /** Keys in the largest cache that is measured. */
  readonly keys: number;
  /** Rows written during the outage that is caught up with. */
  readonly rows: number;
  /** A CouchDB to measure on besides the embedded database, with credentials. */
  readonly couchdbUrl?: string;
  /** A database process with keys in it, made when first asked for and shared by the measures of a run. */
  readonly sharedDatabase: () => Promise<SharedDatabase>;
  /** Says what is going on, for the person who waits. */
  readonly progress: (line: string) => void;
}

/** A measure: runs its servers and its load, and returns its table. */
export type Measure = (context: MeasureContext) => Promise<ResultTable>;
