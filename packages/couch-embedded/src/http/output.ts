import type { ExchangeResponse } from './exchange-sides.ts';

/** A piece is handed to the socket when it is this big. */
export const OUTPUT_CHUNK_BYTES = 64 * 1024;

/**
 * Collects small writes into big pieces and waits for a slow reader, so that an answer of any length needs one piece of
 * memory.
 */
export class Output {
  readonly #response: ExchangeResponse;
  #chunk = Buffer.allocUnsafe(OUTPUT_CHUNK_BYTES);
  #used = 0;
  #closed = false;
  readonly closed: Promise<void>;

  constructor(response: ExchangeResponse) {
    this.#response = response;
    this.#closed = response.destroyed || response.writableEnded;
    this.closed = new Promise((resolve) => {
      response.once('close', () => {
        this.#closed = true;
        resolve();
      });
    });
  }

  /** Whether the client has gone. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether {@link drain} should be awaited before more is written. */
  get needsDrain(): boolean {
    return this.#response.writableNeedDrain;
  }

  text(text: string): void {
    // Three bytes of UTF-8 at most for a UTF-16 unit.
    if (text.length * 3 > OUTPUT_CHUNK_BYTES) return this.bytes(Buffer.from(text));
    if (this.#used + text.length * 3 > OUTPUT_CHUNK_BYTES) this.flush();
    this.#used += this.#chunk.write(text, this.#used);
  }

  bytes(bytes: Buffer, start = 0, end = bytes.length): void {
    const length = end - start;
    if (this.#used + length > OUTPUT_CHUNK_BYTES) this.flush();
    if (length > OUTPUT_CHUNK_BYTES) {
      // Copied: the caller's buffer may be one that the next read overwrites.
      if (!this.#closed) this.#response.write(Buffer.from(bytes.subarray(start, end)));
      return;
    }
    bytes.copy(this.#chunk, this.#used, start, end);
    this.#used += length;
  }

  /** Hands what was collected to the socket. */
  flush(): void {
    if (this.#used === 0) return;
    // A small piece is copied so that an idle feed does not hold on to a big one.
    const small = this.#used < OUTPUT_CHUNK_BYTES / 4;
    const piece = small ? Buffer.from(this.#chunk.subarray(0, this.#used)) : this.#chunk.subarray(0, this.#used);
    if (!small) this.#chunk = Buffer.allocUnsafe(OUTPUT_CHUNK_BYTES);
    this.#used = 0;
    if (!this.#closed) this.#response.write(piece);
  }

  /** Flushes, and waits until the socket takes more or the client is gone. */
  async drain(): Promise<void> {
    this.flush();
    if (this.#closed || !this.#response.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#response.off('drain', done);
        this.#response.off('close', done);
        resolve();
      };
      this.#response.once('drain', done);
      this.#response.once('close', done);
    });
  }

  end(): void {
    this.flush();
    if (!this.#closed) this.#response.end();
  }
}
