/** Bounds of a {@link CommitPace}. */
export interface CommitPaceLimits {
  /** A batch on its way for longer than this, in milliseconds, lets another one leave beside it. */
  readonly slowBatchMs: number;
  /** Longest pause between two arrivals, in milliseconds, during which a batch still waits for the writers that were just answered. */
  readonly maxQuietMs: number;
}

/** Default bounds: a fsync takes a few milliseconds, a busy database some tens. */
export const DEFAULT_COMMIT_PACE_LIMITS: CommitPaceLimits = Object.freeze({ slowBatchMs: 50, maxQuietMs: 5 });

/** So few writers are not worth waiting for. */
const SMALLEST_CROWD = 4;
/** Share of the last batch's time for which no arrival may be missed. */
const QUIET_SHARE = 1 / 8;
/** Share of the last batch's time, from its answer on, in which writers may come back. */
const RETURN_SHARE = 1 / 2;

/**
 * When batches leave: pure, times are monotonic milliseconds. One batch on its way at a time makes the largest batches, and a database spends most of
 * its time per batch, not per document. Writers that were just answered are about to come back: the next batch waits for them, for a fraction of the
 * time that the last one took. A lone writer never waits, nor do two or three.
 */
export class CommitPace {
  readonly #limits: CommitPaceLimits;
  readonly #sentMs = new Map<number, number>();
  #crowd = 0;
  #lastBatchMs = 0;
  /** When the writers of the last batch had been told; `undefined` until that is asked for. */
  #toldMs: number | undefined = Number.NEGATIVE_INFINITY;
  #arrivedMs = Number.NEGATIVE_INFINITY;

  constructor(limits: Partial<CommitPaceLimits> = {}) {
    this.#limits = { ...DEFAULT_COMMIT_PACE_LIMITS, ...limits };
  }

  arrived(nowMs: number): void {
    this.#arrivedMs = nowMs;
  }

  sent(batch: number, nowMs: number): void {
    this.#sentMs.set(batch, nowMs);
  }

  /** `pending`: operations that waited or were on their way when the answer came. */
  answered(batch: number, pending: number, nowMs: number): void {
    this.#lastBatchMs = nowMs - (this.#sentMs.get(batch) ?? nowMs);
    this.#sentMs.delete(batch);
    this.#crowd = pending >= SMALLEST_CROWD ? pending : 0;
    this.#toldMs = undefined;
  }

  /**
   * Milliseconds for which a batch that could leave waits for more writers, unless one arrives before; 0: it leaves now. `pending`: operations that wait. Once it
   * does not wait, it no longer will until the next answer.
   */
  patienceMs(pending: number, nowMs: number): number {
    if (this.#sentMs.size > 0 || pending >= this.#crowd) return 0;
    // Telling them takes its time; they can come back only from the next turn of the event loop on, which is when this is asked.
    if (this.#toldMs === undefined) this.#toldMs = this.#arrivedMs = nowMs;
    const quietMs = Math.min(this.#lastBatchMs * QUIET_SHARE, this.#limits.maxQuietMs) - (nowMs - this.#arrivedMs);
    const returnMs = this.#lastBatchMs * RETURN_SHARE - (nowMs - this.#toldMs);
    const patienceMs = Math.max(0, Math.min(quietMs, returnMs));
    if (patienceMs === 0) this.#crowd = 0;
    return patienceMs;
  }

  /** How many batches may be on their way now. */
  room(nowMs: number): number {
    let slow = 0;
    for (const sentMs of this.#sentMs.values()) if (nowMs - sentMs >= this.#limits.slowBatchMs) slow += 1;
    return slow + 1;
  }

  /** Milliseconds until another batch may leave beside those on their way; `undefined`: one may leave now. */
  roomInMs(nowMs: number): number | undefined {
    let inMs: number | undefined;
    for (const sentMs of this.#sentMs.values()) {
      const leftMs = this.#limits.slowBatchMs - (nowMs - sentMs);
      if (leftMs > 0 && (inMs === undefined || leftMs < inMs)) inMs = leftMs;
    }
    return inMs;
  }
}
