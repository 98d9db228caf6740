/** Measures that can be taken in parts and put together: what statistics keep between two postings. */
export interface Accumulator {
  readonly count: number;
  readonly sum: number;
  /** `Infinity` while `count` is 0. */
  readonly min: number;
  /** `-Infinity` while `count` is 0. */
  readonly max: number;
}

const EMPTY: Accumulator = Object.freeze({ count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY });

/** The accumulator of no numbers: merging it changes nothing. */
export function emptyAccumulator(): Accumulator {
  return EMPTY;
}

/** An accumulator with one more number. */
export function accumulate(accumulator: Accumulator, value: number): Accumulator {
  return {
    count: accumulator.count + 1,
    sum: accumulator.sum + value,
    min: Math.min(accumulator.min, value),
    max: Math.max(accumulator.max, value),
  };
}

/** The accumulator of two sets of numbers. Commutative; associative up to rounding of `sum`. */
export function mergeAccumulators(a: Accumulator, b: Accumulator): Accumulator {
  return { count: a.count + b.count, sum: a.sum + b.sum, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}
