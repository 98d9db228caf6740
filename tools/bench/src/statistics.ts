/** Nearest-rank percentile of numbers that are already sorted ascending; `NaN` of none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] as number;
}

/** The smallest, the middle and the largest of some rounds. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Minimum, median and maximum of the rounds of one measure. */
export function spreadOf(rounds: readonly number[]): Spread {
  const sorted = rounds.toSorted((a, b) => a - b);
  return { min: percentile(sorted, 0), median: percentile(sorted, 0.5), max: percentile(sorted, 1) };
}

/** A spread as a table shows it: the median, and the smallest and largest round in parentheses. */
export function spreadText(rounds: readonly number[], digits: number): string {
  const { min, median, max } = spreadOf(rounds);
  return rounds.length < 2 ? median.toFixed(digits) : `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** The median of some rounds. */
export function medianOf(rounds: readonly number[]): number {
  return spreadOf(rounds).median;
}

/**
 * Latencies of reads that are due at fixed moments, although nobody can read while the thread is busy: a read that comes due during a pause waits for its end. Answers
 * the waits of the reads due in `[fromMs, toMs)` if the thread came round at `toMs`; `nextDueMs` is the first one's moment. A loop that only measured the reads it
 * managed to make would hide its pauses.
 */
export function overdueWaits(nextDueMs: number, toMs: number, everyMs: number): number[] {
  const waits: number[] = [];
  for (let dueMs = nextDueMs; dueMs <= toMs; dueMs += everyMs) waits.push(toMs - dueMs);
  return waits;
}
