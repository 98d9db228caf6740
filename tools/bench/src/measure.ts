/** One row of the results: ours beside the peer. */
export interface ResultRow {
  readonly measure: string;
  readonly ours: string;
  readonly peer: string;
  /** Ours divided by the peer's, or the difference, as the measure says. */
  readonly ratio: string;
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
  /** A CouchDB to measure on besides the embedded database, with credentials. */
  readonly couchdbUrl?: string;
  /** Says what is going on, for the person who waits. */
  readonly progress: (line: string) => void;
}

/** A measure: runs its servers and its load, and returns its table. */
export type Measure = (context: MeasureContext) => Promise<ResultTable>;
