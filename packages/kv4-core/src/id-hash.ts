const LOW_START = 0x811c9dc5;
const HIGH_START = 0x9747b28c;
const LOW_FACTOR = 0x01000193;
const HIGH_FACTOR = 0x85ebca6b;
const HIGH_BITS = 0x1f_ffff;
const SEPARATOR = 0x21;

/** The upper 21 and lower 32 bits of a hash, as one number. */
export function joinHash(high: number, low: number): number {
  return high * 0x1_0000_0000 + low;
}

/** 53 bits of FNV-1a style mixing over UTF-16 units: two lanes, so that a collision among some ten thousand texts is as good as impossible. */
export function hashText(text: string, seed = 0): number {
  let low = LOW_START ^ seed;
  let high = HIGH_START ^ seed;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, LOW_FACTOR);
    high = Math.imul(high ^ unit, HIGH_FACTOR);
    high ^= high >>> 13;
  }
  return joinHash((high >>> 0) & HIGH_BITS, low >>> 0);
}

/**
 * The hashes of a head's id and of the path in it, taken from the id's bytes as they are in a row, without making a text: the same as {@link hashText} of those texts. One
 * object is used again for every row.
 */
export class IdHash {
  /** Of the whole id. */
  low = 0;
  high = 0;
  /** Where the path's part ends: at the last two separators in a row; -1 where there are none. */
  pathEnd = -1;
  /** Of the path's part. */
  pathLow = 0;
  pathHigh = 0;

  /** Reads `bytes[start, end)`, which must be ASCII. */
  read(bytes: Uint8Array, start: number, end: number): void {
    let low = LOW_START;
    let high = HIGH_START;
    let lowBefore = low;
    let highBefore = high;
    let previous = 0;
    this.pathEnd = -1;
    for (let index = start; index < end; index += 1) {
      const unit = bytes[index] as number;
      if (unit === SEPARATOR && previous === SEPARATOR) {
        this.pathEnd = index - 1;
        this.pathLow = lowBefore;
        this.pathHigh = highBefore;
      }
      previous = unit;
      lowBefore = low;
      highBefore = high;
      low = Math.imul(low ^ unit, LOW_FACTOR);
      high = Math.imul(high ^ unit, HIGH_FACTOR);
      high ^= high >>> 13;
    }
    this.low = low >>> 0;
    this.high = (high >>> 0) & HIGH_BITS;
    this.pathLow >>>= 0;
    this.pathHigh = (this.pathHigh >>> 0) & HIGH_BITS;
  }
}
