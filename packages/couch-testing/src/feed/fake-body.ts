/** A response body that is written piece by piece, ended, or broken, and read by at most one reader. */
export class FakeBody implements AsyncIterable<Uint8Array> {
  readonly #pieces: Uint8Array[] = [];
  #bufferedBytes = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  /** Called once when the reader has gone or the body is over. */
  onDone: () => void = () => undefined;
  #done = false;
  /** Size of the pieces the reader gets; `undefined`: as written. */
  pieceBytes: number | undefined;
  /** A half-open connection: what is written never arrives, and neither does an end. */
  stalled = false;

  /** Bytes written and not yet read. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get over(): boolean {
    return this.#ended;
  }

  write(text: string | Uint8Array): void {
    if (this.#ended || this.stalled) return;
    const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
    const size = this.pieceBytes ?? Math.max(1, bytes.length);
    for (let at = 0; at < bytes.length; at += size) this.#pieces.push(bytes.subarray(at, at + size));
    this.#bufferedBytes += bytes.length;
    this.#wake?.();
  }

  end(): void {
    if (this.stalled) return;
    this.#ended = true;
    this.#wake?.();
  }

  /** Cuts the connection: what is unread is lost. */
  break(error: Error): void {
    this.#error = error;
    this.#ended = true;
    this.#pieces.length = 0;
    this.#bufferedBytes = 0;
    this.#wake?.();
  }

  /** The reader has gone. */
  leave(): void {
    this.#ended = true;
    this.#wake?.();
    this.#finish();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece !== undefined) {
          this.#bufferedBytes -= piece.length;
          yield piece;
        } else if (this.#error !== undefined) {
          throw this.#error;
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
        }
      }
    } finally {
      this.leave();
    }
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.onDone();
  }
}
