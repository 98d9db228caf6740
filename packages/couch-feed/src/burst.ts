/** Rows within {@link BURST_WINDOW_MS} that make a burst, if next to none of them are wanted. */
export const BURST_ROWS = 1000;
/** Milliseconds within which they come. */
export const BURST_WINDOW_MS = 100;
/** A burst is over when fewer rows than {@link BURST_ROWS} came within this time, in milliseconds. */
export const CALM_WINDOW_MS = 1000;
/** Share of wanted rows up to which a burst begins. */
const BEGIN_RATIO = 0.02;
/** Share of wanted rows from which a burst is over. */
const END_RATIO = 0.05;
/** Rows that are looked at before a share is believed. */
const FEWEST_ROWS = 200;

/** What is known of how fast rows come that nobody wants. Immutable. */
export interface BurstState {
  readonly isBurst: boolean;
  /** When the present window began, in monotonic milliseconds. */
  readonly sinceMs: number;
  /** Rows of the window. */
  readonly rows: number;
  readonly wantedRows: number;
}

/** Nothing seen yet. */
export function calm(nowMs: number): BurstState {
  return { isBurst: false, sinceMs: nowMs, rows: 0, wantedRows: 0 };
}

/** Adds rows that came, possibly none. Pure. */
export function stepBurst(state: BurstState, came: { readonly rows: number; readonly wantedRows: number }, nowMs: number): BurstState {
  const rows = state.rows + came.rows;
  const wantedRows = state.wantedRows + came.wantedRows;
  const elapsedMs = nowMs - state.sinceMs;
  const window = { sinceMs: state.sinceMs, rows, wantedRows };
  const next = { sinceMs: nowMs, rows: 0, wantedRows: 0 };
  if (!state.isBurst) {
    if (rows >= BURST_ROWS && elapsedMs <= BURST_WINDOW_MS && wantedRows <= rows * BEGIN_RATIO) return { isBurst: true, ...next };
    return { isBurst: false, ...(elapsedMs > BURST_WINDOW_MS || rows >= BURST_ROWS ? next : window) };
  }
  if (rows >= FEWEST_ROWS && wantedRows >= rows * END_RATIO) return { isBurst: false, ...next };
  if (elapsedMs < CALM_WINDOW_MS) return { isBurst: true, ...window };
  return { isBurst: rows >= BURST_ROWS, ...next };
}
