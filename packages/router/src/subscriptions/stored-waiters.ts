/** Who waits until slots are stored: each as a write that is no earlier has it. */
interface Waiter {
  readonly slots: Map<number, number>;
  readonly resolve: () => void;
}

/** Those who wait for what they said to be stored, and for nothing that is said later (SPEC, S15). Pure. */
export class StoredWaiters {
  #waiters: Waiter[] = [];

  /** Resolves once each of these slots is stored as its write of this number, or a later one, has it. */
  wait(slots: Map<number, number>): Promise<void> {
    if (slots.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ slots, resolve }));
  }

  /** A slot is stored as its write of this number has it. */
  stored(slot: number, write: number): void {
    if (this.#waiters.length === 0) return;
    this.#waiters = this.#waiters.filter(({ slots, resolve }) => {
      if ((slots.get(slot) ?? Number.POSITIVE_INFINITY) <= write) slots.delete(slot);
      if (slots.size > 0) return true;
      resolve();
      return false;
    });
  }

  /** Nobody waits any more. */
  release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve } of waiters) resolve();
  }
}
