/** One KV4.WATCH of a client: how many events it may still be told, and its end. */
export class ClientWatch {
  readonly #abort = new AbortController();
  #credit: number;
  #wake: (() => void) | undefined;

  constructor(credit: number) {
    this.#credit = credit;
  }

  /** Ends with the watch. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Nothing is told any more. Idempotent. */
  abort(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  /** Further events may be told. */
  grant(events: number): void {
    this.#credit += events;
    this.#wake?.();
  }

  /** Uses up one event's credit, waiting for it where there is none. False: the watch has ended. */
  async spend(): Promise<boolean> {
    while (this.#credit <= 0 && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    this.#credit -= 1;
    return !this.signal.aborted;
  }
}
