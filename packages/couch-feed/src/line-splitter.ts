const NEWLINE = 0x0a;

/** Bytes kept at most of a line that is longer than allowed: enough for its sequence, id and revisions. */
export const OVERSIZED_PREFIX_BYTES = 16_384;

/** Receives lines. The bytes are valid during the call only. */
export interface LineSink {
  /** One line without its newline: `bytes[start, end)`. */
  line(bytes: Buffer, start: number, end: number): void;
  /** A line longer than allowed: its first bytes and its whole length. */
  oversized(prefix: Buffer, lengthBytes: number): void;
}

/**
 * Cuts a stream of bytes into lines at 0x0A, wherever the pieces were cut. Pure: no decoding, no copying of lines that lie in one piece, and
 * never more than `maxLineBytes` held. A line that is longer is reported with its beginning and skipped.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  /** What is kept of a longer line: the same wherever the pieces were cut. */
  readonly #prefixBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Length so far of a line that is being skipped; 0 when none is. */
  #skippedBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
    this.#prefixBytes = Math.min(OVERSIZED_PREFIX_BYTES, maxLineBytes);
  }

  /** Bytes of an unfinished line. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(piece: Uint8Array, sink: LineSink): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let start = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, start)) {
      if (this.#heldBytes > 0) this.#finishHeld(bytes.subarray(start, newline), sink);
      else if (newline - start > this.#maxLineBytes) sink.oversized(bytes.subarray(start, start + this.#prefixBytes), newline - start);
      else sink.line(bytes, start, newline);
      start = newline + 1;
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start));
  }

  /** The stream ended in order: what is held is a last line without its newline. */
  end(sink: LineSink): void {
    if (this.#heldBytes > 0) this.#finishHeld(Buffer.alloc(0), sink);
  }

  /** The stream broke: what is held is half a line and is dropped. */
  reset(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#skippedBytes = 0;
  }

  #hold(rest: Buffer): void {
    if (this.#skippedBytes > 0) {
      this.#skippedBytes += rest.length;
      return;
    }
    this.#held.push(rest);
    this.#heldBytes += rest.length;
    // Many tiny pieces are joined now and then, so that their number stays small.
    if (this.#held.length >= 1024) this.#held = [Buffer.concat(this.#held, this.#heldBytes)];
    if (this.#heldBytes > this.#maxLineBytes) {
      this.#skippedBytes = this.#heldBytes;
      this.#held = [Buffer.from(Buffer.concat(this.#held, this.#heldBytes).subarray(0, this.#prefixBytes))];
      this.#heldBytes = this.#held[0]?.length ?? 0;
    }
  }

  #finishHeld(last: Buffer, sink: LineSink): void {
    const skipped = this.#skippedBytes;
    const whole = skipped > 0 ? this.#held[0] : Buffer.concat([...this.#held, last], this.#heldBytes + last.length);
    this.reset();
    if (whole === undefined) return;
    if (skipped > 0) sink.oversized(whole, skipped + last.length);
    else if (whole.length > this.#maxLineBytes) sink.oversized(whole.subarray(0, this.#prefixBytes), whole.length);
    else sink.line(whole, 0, whole.length);
  }
}
