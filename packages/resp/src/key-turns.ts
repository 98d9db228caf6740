/** Lets work on the same key happen one after the other, within this process. */
export class KeyTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Keys that something is done with. */
  get size(): number {
    return this.#last.size;
  }

  /** Does the work once everything that was handed in for the key before is over, whether it succeeded or not. */
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const mine = before === undefined ? work() : before.then(work, work);
    this.#last.set(key, mine);
    const leave = () => {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    };
    mine.then(leave, leave);
    return mine;
  }
}
