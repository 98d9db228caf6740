/** Who has what to himself: work on the same subject goes one after the other. */
export class Claims {
  readonly #last = new Map<unknown, Promise<void>>();

  isTaken(subject: unknown): boolean {
    return this.#last.has(subject);
  }

  /** Does the work when all earlier work on the subject has ended. Rejects as the work does. */
  async whenFree(subject: unknown, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(subject);
    const done = before === undefined ? work() : before.then(work);
    // The next one waits for the end, whatever it is.
    const ended = done.catch(() => undefined);
    this.#last.set(subject, ended);
    try {
      await done;
    } finally {
      if (this.#last.get(subject) === ended) this.#last.delete(subject);
    }
  }
}
