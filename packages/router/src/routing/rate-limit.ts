/** So many a second, and twice as many at once after a pause. Pure. */
export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = 2 * perSecond;
    this.#filledAtMs = nowMs;
  }

  /** Whether nothing was taken lately. */
  isIdle(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= 2 * this.#perSecond;
  }

  /** False: it is one too many. */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#filledAtMs) return;
    this.#tokens = Math.min(2 * this.#perSecond, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond);
    this.#filledAtMs = nowMs;
  }
}
