const DASH = 0x2d;
const DIGIT_ZERO = 0x30;
const HASH_DIGITS = 32;
const MOST_GENERATION_DIGITS = 9;

/** Value of a lower-case hexadecimal digit by its code; 255 for anything else. */
const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit += 1) HEX[digit.toString(16).charCodeAt(0)] = digit;

const scratch = new Uint8Array(64);

/**
 * A revision of CouchDB's usual form (`generation-hash`, 32 lower-case hexadecimal digits) as five numbers, so that thousands can be kept without a text each. One object is
 * used again and again.
 */
export class PackedRevision {
  generation = 0;
  /** The hash, eight digits each, the first ones first. */
  readonly words = new Uint32Array(4);

  /** Reads the revision in `bytes[start, end)`. False: it has another form, and the numbers mean nothing. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    let generation = 0;
    for (; at < end; at += 1) {
      const digit = (bytes[at] as number) - DIGIT_ZERO;
      if (digit < 0 || digit > 9) break;
      generation = generation * 10 + digit;
    }
    const digits = at - start;
    if (digits === 0 || digits > MOST_GENERATION_DIGITS || bytes[start] === DIGIT_ZERO || bytes[at] !== DASH || end - at - 1 !== HASH_DIGITS) return false;
    at += 1;
    let allBits = 0;
    for (let word = 0; word < 4; word += 1) {
      let value = 0;
      for (const wordEnd = at + 8; at < wordEnd; at += 1) {
        const digit = HEX[bytes[at] as number] as number;
        allBits |= digit;
        value = (value << 4) | digit;
      }
      this.words[word] = value;
    }
    this.generation = generation;
    return allBits < 16;
  }

  /** As {@link read}, of a text. */
  readText(revision: string): boolean {
    if (revision.length > scratch.length) return false;
    for (let index = 0; index < revision.length; index += 1) {
      const unit = revision.charCodeAt(index);
      if (unit > 0x7f) return false;
      scratch[index] = unit;
    }
    return this.read(scratch, 0, revision.length);
  }
}

/** The text of a packed revision. */
export function revisionText(generation: number, words: ArrayLike<number>, first = 0): string {
  let text = `${generation}-`;
  for (let word = first; word < first + 4; word += 1) text += (words[word] as number).toString(16).padStart(8, '0');
  return text;
}
