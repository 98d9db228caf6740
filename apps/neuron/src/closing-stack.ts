/** Things that were opened, to be closed in the opposite order. */
export class ClosingStack {
  readonly #closers: { readonly name: string; readonly close: () => Promise<void> }[] = [];
  readonly #onError: (name: string, error: unknown) => void;
  #closing: Promise<void> | undefined;

  /** `onError` is told what could not be closed; the rest is closed all the same. */
  constructor(onError: (name: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Takes note of something that was opened, and hands it back. */
  add<Opened extends { close(): Promise<void> }>(name: string, opened: Opened): Opened {
    this.#closers.push({ name, close: () => opened.close() });
    return opened;
  }

  /** Closes everything, last opened first. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (let next = this.#closers.pop(); next !== undefined; next = this.#closers.pop()) {
      try {
        await next.close();
      } catch (error) {
        this.#onError(next.name, error);
      }
    }
  }
}
