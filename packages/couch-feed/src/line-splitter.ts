const NEWLINE = 0x0a;

/** Bytes kept at most of a line that is longer than allowed: enough for its sequence, id and revisions. */
export const OVERSIZED_PREFIX_BYTES = 16_384;

/** Memory for lines that lie in several pieces, at least, in bytes. */
const LEAST_HELD_BYTES = 65_536;
/** More than this is not kept for the next such line, in bytes. */
const MOST_SPARE_BYTES = 4 * 1024 * 1024;

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
  /** Beginning of the line that is not finished. What was handed over as a line stays untouched until the next one is: two pieces of memory take turns. */
  #held = Buffer.alloc(0);
  #spare = Buffer.alloc(0);
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
    this.#heldBytes = 0;
    this.#skippedBytes = 0;
  }

  #hold(rest: Buffer): void {
    if (this.#skippedBytes > 0) {
      this.#skippedBytes += rest.length;
      return;
    }
    const bytes = this.#heldBytes + rest.length;
    if (bytes > this.#maxLineBytes) {
      this.#append(rest.subarray(0, Math.max(0, this.#prefixBytes - this.#heldBytes)));
      this.#heldBytes = this.#prefixBytes;
      this.#skippedBytes = bytes;
    } else this.#append(rest);
  }

  #append(rest: Buffer): void {
    const bytes = this.#heldBytes + rest.length;
    if (bytes > this.#held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(LEAST_HELD_BYTES, 2 ** Math.ceil(Math.log2(bytes))));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    rest.copy(this.#held, this.#heldBytes);
    this.#heldBytes = bytes;
  }

  #finishHeld(last: Buffer, sink: LineSink): void {
    const skipped = this.#skippedBytes;
    if (skipped === 0 && this.#heldBytes + last.length > this.#maxLineBytes) this.#hold(last);
    else if (skipped === 0) this.#append(last);
    const line = this.#held;
    const bytes = this.#heldBytes;
    const whole = this.#skippedBytes > 0 ? (skipped > 0 ? skipped + last.length : this.#skippedBytes) : 0;
    this.reset();
    this.#held = this.#spare.length > MOST_SPARE_BYTES ? Buffer.alloc(0) : this.#spare;
    this.#spare = line;
    if (whole > 0) sink.oversized(line.subarray(0, bytes), whole);
    else sink.line(line, 0, bytes);
  }
}
