/** Bytes of a feed on their way to one reader. */
export class FeedBody implements AsyncIterableIterator<Uint8Array> {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #error: Error | undefined;
  #waiting: { readonly resolve: (step: IteratorResult<Uint8Array, undefined>) => void; readonly reject: (error: Error) => void } | undefined;
  /** Called once when the reader has left. */
  onLeft: () => void = () => undefined;
  /** Called when the reader has taken everything. */
  onDrained: () => void = () => undefined;

  /** Bytes the reader has not taken. */
  get unreadBytes(): number {
    return this.#bytes;
  }

  write(piece: Uint8Array): void {
    if (this.#ended) return;
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: piece });
      return;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** The body is whole. */
  end(): void {
    this.#ended = true;
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  /** The connection is lost, with what was not read. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pieces.length = 0;
    this.#bytes = 0;
    this.#error = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#bytes -= piece.length;
      if (this.#bytes === 0) this.onDrained();
      return Promise.resolve({ done: false, value: piece });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#ended = true;
    this.#pieces.length = 0;
    this.onLeft();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
