import type { ParsedChanges } from './changes-parser.ts';

/** Milliseconds without rows after which the next one is taken to have come by itself, and not behind others that were waiting. */
export const QUIET_MS = 50;
/** Milliseconds that rows have to come without a pause before the database is asked how many wait behind them. */
export const RUN_MS = 100;
/** Shortest time between two such questions, in milliseconds. */
export const COUNT_EVERY_MS = 500;

/** A question to the database how many rows wait, as it was when it was asked. */
export interface RowCount {
  readonly startedAtMs: number;
  /** Rows received up to the position that was asked about. */
  readonly rowsBefore: number;
  readonly life: number;
}

/**
 * Decides which bytes of a feed are a sign that everything committed is received. A heartbeat is one; so is a row that comes by itself. Rows that come one upon the other
 * are none, for others may wait behind them: then the database is asked how many wait, and when that many have come, everything that was committed when it was asked is
 * here. Without sockets and without a clock.
 */
export class SignsOfLife {
  readonly #leaseMs: number;
  #signMs: number | undefined;
  /** The last moment of which it was known, by more than a row, that nothing waits; absent since a disturbance. */
  #provedMs: number | undefined;
  #heardMs = Number.NEGATIVE_INFINITY;
  #isHeard = false;
  /** When the present run of rows began, and when its last bytes came. */
  #runSinceMs = Number.NEGATIVE_INFINITY;
  #rowAtMs = Number.NEGATIVE_INFINITY;
  #rows = 0;
  #rowsAtPosition = 0;
  #countedAtMs = Number.NEGATIVE_INFINITY;
  #counting = false;
  /** What has to come before a moment is proved. */
  #awaited: { readonly rows: number; readonly asOfMs: number } | undefined;
  #life = 0;

  /** `leaseMs`: how long rows that come by themselves count without a heartbeat or a proof. */
  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** The last moment for which everything is known to be received, in monotonic milliseconds. */
  get lastMs(): number | undefined {
    return this.#signMs;
  }

  /** Bytes came. */
  heard(atMs: number): void {
    this.#heardMs = atMs;
    this.#isHeard = true;
  }

  /** They held this. */
  took({ scanned, heartbeats, seq, end }: Pick<ParsedChanges, 'scanned' | 'heartbeats' | 'seq' | 'end'>): void {
    const atMs = this.#heardMs;
    const isNothing = !this.#isHeard && scanned === 0 && end === undefined;
    this.#isHeard = false;
    if (isNothing) return;
    this.#rows += scanned;
    if (seq !== undefined || end !== undefined) this.#rowsAtPosition = this.#rows;
    const isInRun = atMs - this.#rowAtMs < QUIET_MS;
    if (end !== undefined && end.error === undefined && (end.pending ?? 0) === 0) this.proved(atMs);
    else if (scanned === 0 && heartbeats > 0) {
      if (!isInRun) this.proved(atMs);
    } else {
      // Half a row is a row that is on its way.
      if (!isInRun) this.#beginRun(atMs);
      this.#rowAtMs = atMs;
    }
    if (this.#awaited !== undefined && this.#rows >= this.#awaited.rows) this.proved(this.#awaited.asOfMs);
  }

  /** Everything that was committed at a moment is received. */
  proved(asOfMs: number): void {
    this.#sign(asOfMs);
    if (this.#provedMs === undefined || asOfMs > this.#provedMs) this.#provedMs = asOfMs;
    if (this.#awaited !== undefined && this.#awaited.asOfMs <= asOfMs) this.#awaited = undefined;
  }

  /** The feed was interrupted: rows wait, and nobody knows how many, until something is proved. */
  disturbed(): void {
    this.#life += 1;
    this.#provedMs = undefined;
    this.#awaited = undefined;
    this.#counting = false;
  }

  /** Whether the database should be asked how many rows wait; who is told so has to tell {@link counted} the answer. */
  beginCount(): RowCount | undefined {
    const atMs = this.#rowAtMs;
    if (this.#provedMs === undefined || this.#counting || this.#awaited !== undefined || atMs !== this.#heardMs || atMs - this.#countedAtMs < COUNT_EVERY_MS) return undefined;
    if (atMs - this.#runSinceMs < RUN_MS && atMs - this.#provedMs <= this.#leaseMs / 2) return undefined;
    this.#counting = true;
    this.#countedAtMs = atMs;
    return { startedAtMs: atMs, rowsBefore: this.#rowsAtPosition, life: this.#life };
  }

  /** So many rows waited; `undefined`: nobody could say. */
  counted({ startedAtMs, rowsBefore, life }: RowCount, waiting: number | undefined): void {
    if (life !== this.#life) return;
    this.#counting = false;
    if (waiting === undefined) return;
    const rows = rowsBefore + waiting;
    if (this.#rows >= rows) this.proved(startedAtMs);
    else this.#awaited = { rows, asOfMs: startedAtMs };
  }

  #beginRun(atMs: number): void {
    this.#runSinceMs = atMs;
    if (this.#provedMs !== undefined && atMs - this.#provedMs <= this.#leaseMs) this.#sign(atMs);
  }

  #sign(atMs: number): void {
    if (this.#signMs === undefined || atMs > this.#signMs) this.#signMs = atMs;
  }
}
