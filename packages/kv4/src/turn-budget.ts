/** Bytes of rows applied in one turn of the event loop. */
export const TURN_BYTES = 65_536;
/** Milliseconds of rows applied in one turn of the event loop, whatever their size. */
export const TURN_MS = 1;

/**
 * How much of a backlog one turn of the event loop may take: a row is begun while there is something left of both the bytes and the time. So a turn is longer than
 * its share by one row at most, and a single row never waits. Pure: the moments are handed in.
 */
export class TurnBudget {
  #bytes = 0;
  #sinceMs: number | undefined;

  /** Whether the next row has to wait for another turn. */
  isSpent(nowMs: number): boolean {
    this.#sinceMs ??= nowMs;
    return this.#bytes >= TURN_BYTES || nowMs - this.#sinceMs >= TURN_MS;
  }

  /** A row of so many bytes was applied. */
  spend(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Another turn has begun. */
  renew(nowMs: number): void {
    this.#bytes = 0;
    this.#sinceMs = nowMs;
  }

  /** Nothing waits any more: whatever comes next comes in another turn. */
  rest(): void {
    this.#bytes = 0;
    this.#sinceMs = undefined;
  }
}
