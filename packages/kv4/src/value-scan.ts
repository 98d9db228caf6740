import { MAX_VALUE_DEPTH } from '@xir/kv4-core';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What may come next in a value. */
const VALUE = 0;
/** A value, or the end of an array that has just begun. */
const VALUE_OR_END = 1;
/** A name, or the end of an object that has just begun. */
const NAME_OR_END = 2;
const NAME = 3;
/** A comma, or the end of what is open. */
const COMMA_OR_END = 4;
/** The rest of a string that is a name. */
const IN_NAME = 5;
/** The rest of a string that is a value. */
const IN_STRING = 6;

/** A plain number: `isFinite` without a look at its size, since it has neither exponent nor many digits. */
const NUMBER = /^-?(?:0|[1-9]\d{0,99})(?:\.\d{1,100})?$/;
const LONGEST_NUMBER = 210;

/**
 * The end of the JSON value that begins at `start` in compact JSON, found by a walk over its bytes without building it: a value of a megabyte costs a fraction of its
 * parse. Checks the grammar and the depth. -1 where it is not plainly a value that can be stored: malformed, too deep, with white space, with escapes by number (which
 * may be lone surrogates), with numbers that may be infinite; those are for the parser to judge. Pure.
 */
export function scanValue(bytes: Buffer, start: number, end: number): number {
  return new ValueScan(bytes, start, end).run(Number.POSITIVE_INFINITY);
}

/** The walk of {@link scanValue}, a piece at a time. */
export class ValueScan {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #closers: number[] = [];
  #expected = VALUE;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#at = start;
  }

  /** Walks over `length` bytes or a few more. Answers where the value ends, -1 when it is none, 0 when there is more to walk over. */
  run(length: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    const closers = this.#closers;
    const stop = Math.min(end, this.#at + length);
    let expected = this.#expected;
    let at = this.#at;
    while (at < stop) {
      const byte = bytes[at] as number;
      if (expected === COMMA_OR_END) {
        const closer = closers[closers.length - 1];
        if (byte === 0x2c) expected = closer === 0x7d ? NAME : VALUE;
        else if (byte === closer) closers.length -= 1;
        else return -1;
        at += 1;
      } else if (expected === IN_NAME || expected === IN_STRING) {
        at = walkString(bytes, at, stop);
        if (at < 0) return -1;
        if (bytes[at] !== QUOTE || at >= stop) continue;
        at += 1;
        if (expected === IN_NAME) {
          if (bytes[at] !== 0x3a) return -1;
          at += 1;
          expected = VALUE;
          continue;
        }
        expected = COMMA_OR_END;
      } else if (byte === QUOTE) {
        expected = expected === NAME || expected === NAME_OR_END ? IN_NAME : IN_STRING;
        at += 1;
        continue;
      } else if (expected === NAME || expected === NAME_OR_END) {
        if (expected === NAME || byte !== 0x7d) return -1;
        closers.length -= 1;
        expected = COMMA_OR_END;
        at += 1;
      } else if (byte === 0x7b || byte === 0x5b) {
        closers.push(byte + 2);
        if (closers.length > MAX_VALUE_DEPTH) return -1;
        expected = byte === 0x7b ? NAME_OR_END : VALUE_OR_END;
        at += 1;
        continue;
      } else if (byte === 0x5d && expected === VALUE_OR_END) {
        closers.length -= 1;
        expected = COMMA_OR_END;
        at += 1;
      } else {
        at = wordEnd(bytes, at, end);
        if (at < 0) return -1;
        expected = COMMA_OR_END;
      }
      if (closers.length === 0) return at;
    }
    this.#expected = expected;
    this.#at = at;
    return at >= end ? -1 : 0;
  }
}

/** Walks through the inside of a string, to its closing quote or to `stop` (an escape is never cut: perhaps one byte further). -1: it is not plainly one. */
function walkString(bytes: Buffer, from: number, stop: number): number {
  let at = from;
  while (at < stop) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    if (byte < 0x20) return -1;
    if (byte === BACKSLASH) {
      at += 1;
      if (!isShortEscape(bytes[at])) return -1;
    }
    at += 1;
  }
  return at;
}

function isShortEscape(byte: number | undefined): boolean {
  return byte === QUOTE || byte === BACKSLASH || byte === 0x2f || byte === 0x62 || byte === 0x66 || byte === 0x6e || byte === 0x72 || byte === 0x74;
}

/** The end of a number, `true`, `false` or `null`, or -1. */
function wordEnd(bytes: Buffer, from: number, end: number): number {
  let at = from;
  let isShortInteger = true;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === 0x2c || byte === 0x5d || byte === 0x7d) break;
    if (byte < 0x30 || byte > 0x39) isShortInteger = false;
    if (at - from > LONGEST_NUMBER) return -1;
  }
  const length = at - from;
  if (length === 0 || length > LONGEST_NUMBER) return -1;
  if (isShortInteger && length < 16 && (length === 1 || bytes[from] !== 0x30)) return at;
  const word = bytes.toString('latin1', from, at);
  return word === 'true' || word === 'false' || word === 'null' || NUMBER.test(word) ? at : -1;
}
