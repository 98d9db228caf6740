/** What a figure must reach. One of the two bounds is given. */
export interface Target {
  readonly atMost?: number;
  readonly atLeast?: number;
  /** What stands behind the number: ` ×`, ` ms`, ` bytes`. */
  readonly unit: string;
}

/** A figure judged by its target, as the report shows it. */
export interface Verdict {
  /** The target in words, such as `at most 1.50 ×`. */
  readonly target: string;
  readonly isReached: boolean;
  /** Whether there was a figure at all; a peer may not be installed. */
  readonly isMeasured: boolean;
}

/** Judges a figure. A figure that is no number reaches nothing. */
export function judge(figure: number, target: Target): Verdict {
  const { atMost, atLeast, unit } = target;
  const isReached = Number.isFinite(figure) && figure <= (atMost ?? Number.POSITIVE_INFINITY) && figure >= (atLeast ?? Number.NEGATIVE_INFINITY);
  const words = atMost !== undefined ? `at most ${atMost}${unit}` : `at least ${atLeast ?? Number.NaN}${unit}`;
  return { target: words, isReached, isMeasured: !Number.isNaN(figure) };
}
