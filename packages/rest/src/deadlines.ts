import type { Clock, Timer } from '@xir/couch-client';

/** Something that has to be done in time. */
export interface Deadline {
  readonly atMs: number;
  readonly expire: () => void;
}

/** Deadlines that are all as far away when they are set: one timer for all of them. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #open = new Set<Deadline>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, afterMs: number) {
    this.#clock = clock;
    this.#afterMs = afterMs;
  }

  /** Sets a deadline; `expire` is called once its time is up. */
  set(expire: () => void): Deadline {
    const deadline = { atMs: this.#clock.monotonic() + this.#afterMs, expire };
    this.#open.add(deadline);
    this.#timer ??= this.#clock.schedule(this.#afterMs, () => this.#sweep());
    return deadline;
  }

  /** It was done in time. */
  met(deadline: Deadline): void {
    this.#open.delete(deadline);
    if (this.#closed && this.#open.size === 0) this.close();
  }

  /** Leaves no timer behind the deadlines that are still open. */
  close(): void {
    this.#closed = true;
    if (this.#open.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonic();
    this.#timer = undefined;
    for (const deadline of this.#open) {
      if (deadline.atMs > nowMs) {
        this.#timer = this.#clock.schedule(deadline.atMs - nowMs, () => this.#sweep());
        return;
      }
      this.#open.delete(deadline);
      deadline.expire();
    }
  }
}
