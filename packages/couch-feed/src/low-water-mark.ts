interface Ticket {
  readonly order: number;
  seq: string | undefined;
  done: boolean;
}

interface Waiter {
  readonly order: number;
  readonly run: (applied: boolean) => void;
}

/**
 * The position behind which everything is finished, however out of order pieces of work finish. Pure: positions are opaque and only kept, never compared.
 */
export class LowWaterMark {
  #seq: string | undefined;
  #nextOrder = 0;
  #finishedBelow = 0;
  #open: Ticket[] = [];
  #waiters: Waiter[] = [];
  readonly #onMove: () => void;

  /** `onMove` is called when the mark has moved. */
  constructor(seq: string | undefined, onMove: () => void = () => undefined) {
    this.#seq = seq;
    this.#onMove = onMove;
  }

  /** The mark, or `undefined` when none is known yet. */
  get seq(): string | undefined {
    return this.#seq;
  }

  /** Number of pieces of work that are not finished. */
  get openCount(): number {
    return this.#open.length;
  }

  /** Opens a piece of work that ends at `seq` (or moves nothing, with `undefined`). Answers the function that finishes it. */
  open(seq: string | undefined): () => void {
    const ticket: Ticket = { order: this.#nextOrder++, seq, done: false };
    this.#open.push(ticket);
    return () => {
      if (ticket.done) return;
      ticket.done = true;
      this.#settle();
    };
  }

  /** The feed went on to `seq` without work: the mark moves at once when nothing is open, else with the last piece. */
  pass(seq: string): void {
    const last = this.#open.at(-1);
    if (last !== undefined) {
      last.seq = seq;
      return;
    }
    this.#seq = seq;
    this.#onMove();
  }

  /** Forgets all open work and starts from `seq`; those who wait are told `false`. */
  restart(seq: string | undefined): void {
    for (const ticket of this.#open) ticket.done = true;
    this.#open = [];
    this.#finishedBelow = this.#nextOrder;
    this.#seq = seq;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.run(false);
    this.#onMove();
  }

  /** Calls `run(true)` when all work opened so far is finished, `run(false)` when it was forgotten by a restart. */
  whenFinished(run: (applied: boolean) => void): void {
    if (this.#open.length === 0) run(true);
    else this.#waiters.push({ order: this.#nextOrder, run });
  }

  #settle(): void {
    let moved = false;
    let count = 0;
    for (const ticket of this.#open) {
      if (!ticket.done) break;
      count += 1;
      this.#finishedBelow = ticket.order + 1;
      if (ticket.seq !== undefined) {
        this.#seq = ticket.seq;
        moved = true;
      }
    }
    if (count > 0) this.#open.splice(0, count);
    const ready = this.#waiters.filter((waiter) => waiter.order <= this.#finishedBelow);
    if (ready.length > 0) {
      this.#waiters = this.#waiters.filter((waiter) => waiter.order > this.#finishedBelow);
      for (const waiter of ready) waiter.run(true);
    }
    if (moved) this.#onMove();
  }
}
