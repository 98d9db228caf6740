const SLAB_BYTES = 65_536;
/** Longer rows get bytes of their own. */
const MOST_SHARED_BYTES = SLAB_BYTES / 8;

/** Keeps copies of rows, many of them in one piece of memory, which goes when the last of them does. */
export class RowSlab {
  #bytes = Buffer.alloc(0);
  #used = 0;
  /** The piece of memory that holds the last copy. */
  held = this.#bytes;

  /** Copies `bytes[start, end)`; answers where the copy begins in {@link held}. */
  keep(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length > MOST_SHARED_BYTES) {
      this.held = Buffer.from(bytes.subarray(start, end));
      return 0;
    }
    if (this.#used + length > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const at = this.#used;
    bytes.copy(this.#bytes, at, start, end);
    this.#used += length;
    this.held = this.#bytes;
    return at;
  }
}
