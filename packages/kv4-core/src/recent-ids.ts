/** Ids that are remembered at most. A power of two. */
export const RECENT_ID_TEXTS = 8192;

const FEWEST_BYTES = 4096;
const MOST_BYTES = 1024 * 1024;
/** Longer ids are not remembered. */
const MOST_ID_BYTES = 8192;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The last ids, as bytes in one array that is written round and round: to add one leaves nothing to collect. */
export class RecentIds {
  #bytes = new Uint8Array(FEWEST_BYTES);
  /** Bytes written since the beginning, those skipped at the end of a round included. */
  #written = 0;
  readonly #starts = new Float64Array(RECENT_ID_TEXTS);
  readonly #lengths = new Uint16Array(RECENT_ID_TEXTS);
  #added = 0;

  /** Adds the id in `bytes[start, end)`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > MOST_ID_BYTES) return;
    // Until it is as large as it may become nothing is overwritten, so that places are the same after it has grown.
    while (this.#bytes.length < MOST_BYTES && this.#written + length > this.#bytes.length) this.#grow();
    const rest = this.#bytes.length - (this.#written % this.#bytes.length);
    if (rest < length) this.#written += rest;
    const at = this.#written % this.#bytes.length;
    const into = this.#bytes;
    for (let index = 0; index < length; index += 1) into[at + index] = bytes[start + index] as number;
    const slot = this.#added & (RECENT_ID_TEXTS - 1);
    this.#starts[slot] = this.#written;
    this.#lengths[slot] = length;
    this.#written += length;
    this.#added += 1;
  }

  addText(id: string): void {
    const bytes = encoder.encode(id);
    this.add(bytes, 0, bytes.length);
  }

  /** Those that begin with `prefix`, each once. */
  withPrefix(prefix: string): Set<string> {
    const wanted = encoder.encode(prefix);
    const found = new Set<string>();
    const size = this.#bytes.length;
    const held = Math.min(this.#added, RECENT_ID_TEXTS);
    for (let slot = 0; slot < held; slot += 1) {
      const start = this.#starts[slot] as number;
      const length = this.#lengths[slot] as number;
      // What was written a whole round ago is overwritten.
      if (length < wanted.length || this.#written - start > size) continue;
      const at = start % size;
      let same = 0;
      while (same < wanted.length && this.#bytes[at + same] === wanted[same]) same += 1;
      if (same === wanted.length) found.add(decoder.decode(this.#bytes.subarray(at, at + length)));
    }
    return found;
  }

  clear(): void {
    this.#written = 0;
    this.#added = 0;
  }

  #grow(): void {
    const grown = new Uint8Array(this.#bytes.length * 4);
    grown.set(this.#bytes.subarray(0, this.#written));
    this.#bytes = grown;
  }
}
