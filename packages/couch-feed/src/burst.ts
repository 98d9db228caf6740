/** Rows within {@link BURST_WINDOW_MS} that make a burst, if next to none of them are wanted. */
export const BURST_ROWS = 1000;
/** Bytes of such rows that make one, however few rows they are. */
export const BURST_BYTES = 2 * 1024 * 1024;
/** Milliseconds within which they come. */
export const BURST_WINDOW_MS = 100;
/** A burst is over when fewer rows than {@link BURST_ROWS} came within this time, in milliseconds, or, of a burst of bytes, no more than {@link CALM_ROWS}. */
export const CALM_WINDOW_MS = 1000;
/** After one was ended by rows that somebody wanted, milliseconds before the next can begin: the feed connects anew each time. */
export const BURST_PAUSE_MS = 10_000;
/** Share of wanted rows up to which a burst begins. */
const BEGIN_RATIO = 0.02;
/** Share of wanted rows from which a burst is over. */
const END_RATIO = 0.05;
/** Rows of large documents within {@link CALM_WINDOW_MS} that do not make a burst go on. */
const CALM_ROWS = 1;
/** Rows that are looked at before a share is believed. */
const FEWEST_ROWS = 200;

/** What is known of how fast rows come that nobody wants. Immutable. */
export interface BurstState {
  readonly isBurst: boolean;
  /** The burst is one of few rows with large documents. */
  readonly isOfBytes: boolean;
  /** No burst begins before, in monotonic milliseconds. */
  readonly notBeforeMs: number;
  /** When the present window began, in monotonic milliseconds. */
  readonly sinceMs: number;
  /** Rows of the window. */
  readonly rows: number;
  readonly wantedRows: number;
  readonly bytes: number;
  readonly wantedBytes: number;
}

/** What came with one piece of the feed. */
export interface Arrived {
  readonly rows: number;
  readonly wantedRows: number;
  readonly bytes: number;
  readonly wantedBytes: number;
}

const NOTHING: Arrived = { rows: 0, wantedRows: 0, bytes: 0, wantedBytes: 0 };

/** Nothing seen yet. */
export function calm(nowMs: number): BurstState {
  return { isBurst: false, isOfBytes: false, notBeforeMs: nowMs, sinceMs: nowMs, ...NOTHING };
}

/** Adds what came, possibly nothing. Pure. */
export function stepBurst(state: BurstState, came: Arrived, nowMs: number): BurstState {
  return state.isBurst ? goOn(state, came, nowMs) : lookForOne(state, came, nowMs);
}

function lookForOne(state: BurstState, came: Arrived, nowMs: number): BurstState {
  const { notBeforeMs } = state;
  const isOver = nowMs - state.sinceMs > BURST_WINDOW_MS;
  const seen = isOver ? came : sumOf(state, came);
  const sinceMs = isOver ? nowMs : state.sinceMs;
  const isOfRows = seen.rows >= BURST_ROWS && seen.wantedRows <= seen.rows * BEGIN_RATIO;
  const isOfBytes = seen.bytes >= BURST_BYTES && seen.wantedBytes <= seen.bytes * BEGIN_RATIO;
  if (nowMs >= notBeforeMs && (isOfRows || isOfBytes)) return { isBurst: true, isOfBytes: !isOfRows, notBeforeMs, sinceMs: nowMs, ...NOTHING };
  const isFull = seen.rows >= BURST_ROWS || seen.bytes >= BURST_BYTES;
  return { isBurst: false, isOfBytes: false, notBeforeMs, sinceMs: isFull ? nowMs : sinceMs, ...(isFull ? NOTHING : pick(seen)) };
}

function goOn(state: BurstState, came: Arrived, nowMs: number): BurstState {
  const { isOfBytes, notBeforeMs } = state;
  const seen = sumOf(state, came);
  const isWanted = seen.wantedRows > 0 && seen.rows >= (isOfBytes ? 1 : FEWEST_ROWS) && seen.wantedRows >= seen.rows * END_RATIO;
  if (isWanted) return { isBurst: false, isOfBytes: false, notBeforeMs: nowMs + BURST_PAUSE_MS, sinceMs: nowMs, ...NOTHING };
  if (nowMs - state.sinceMs < CALM_WINDOW_MS) return { ...state, ...seen };
  return { isBurst: seen.rows >= (isOfBytes ? CALM_ROWS + 1 : BURST_ROWS), isOfBytes, notBeforeMs, sinceMs: nowMs, ...NOTHING };
}

function sumOf(a: Arrived, b: Arrived): Arrived {
  return { rows: a.rows + b.rows, wantedRows: a.wantedRows + b.wantedRows, bytes: a.bytes + b.bytes, wantedBytes: a.wantedBytes + b.wantedBytes };
}

function pick({ rows, wantedRows, bytes, wantedBytes }: Arrived): Arrived {
  return { rows, wantedRows, bytes, wantedBytes };
}
