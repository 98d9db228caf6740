import { splitInlineRequest } from './inline-request.ts';
import { DEFAULT_RESP_REQUEST_LIMITS, type RespProblem, type RespProblemCode, type RespRequestLimits } from './request-limits.ts';

const CARRIAGE_RETURN = 0x0d;
const ASTERISK = 0x2a;
const DOLLAR = 0x24;
const ZERO = 0x30;
const MINUS = 0x2d;

/** Digits of the longest length that is looked at. */
const MAX_LENGTH_DIGITS = 10;
const NO_NUMBER = -2;

/**
 * Takes the bytes of a client in any pieces and gives its requests: arrays of bulk strings, and lines (RESP2 and RESP3 write requests alike). Bytes come and go as
 * *byte text*: strings with one UTF-16 unit (0–255) for each byte, which a runtime makes of a buffer in one go, so that an argument is a piece of the text it came in.
 *
 * Never throws. After a {@link RespRequestParser.problem} nothing is given any more. What is kept is bounded by the limits. Pure.
 */
export class RespRequestParser {
  #limits: RespRequestLimits;
  #text = '';
  #at = 0;
  /** Units that have to be there before it is worth looking again. */
  #needed = 0;
  #arguments: string[] = [];
  /** Arguments of the request that are still to come. */
  #missing = 0;
  /** Bytes of the argument that is being received; -1: its length is still to come. */
  #bulk = -1;
  /** Bytes of the request so far, without what is in `#text` from `#at` on. */
  #taken = 0;
  #problem: RespProblem | undefined;

  constructor(limits: RespRequestLimits = DEFAULT_RESP_REQUEST_LIMITS) {
    this.#limits = limits;
  }

  /** Why nothing more will come; `undefined`: all is well. */
  get problem(): RespProblem | undefined {
    return this.#problem;
  }

  /** Bytes that were taken in and not given out as a request. */
  get bufferedBytes(): number {
    return this.#text.length - this.#at + this.#taken;
  }

  /** Other limits, from the next length on. */
  set limits(limits: RespRequestLimits) {
    this.#limits = limits;
  }

  /** Takes in more bytes, as byte text. */
  push(bytes: string): void {
    if (this.#problem !== undefined) return;
    if (this.#at === this.#text.length) this.#text = bytes;
    // Pieces of a long argument are strung together and looked at once they are all there.
    else this.#text = (this.#at === 0 ? this.#text : this.#text.slice(this.#at)) + bytes;
    this.#needed -= this.#at;
    this.#at = 0;
  }

  /** The next request, its name first; `undefined`: more bytes are needed, or there is a problem. An empty line or array is passed over. */
  next(): string[] | undefined {
    if (this.#problem !== undefined || this.#text.length < this.#needed) return undefined;
    for (;;) {
      if (this.#missing > 0) {
        if (!this.#readArguments()) return undefined;
        return this.#finish();
      }
      if (this.#at >= this.#text.length) return undefined;
      if (this.#text.charCodeAt(this.#at) === ASTERISK) {
        if (!this.#beginArray()) return undefined;
      } else {
        const words = this.#readInline();
        if (words === undefined) return undefined;
        if (words.length > 0) return words;
      }
    }
  }

  #finish(): string[] {
    const found = this.#arguments;
    this.#arguments = [];
    this.#taken = 0;
    return found;
  }

  /** Reads `*<count>\r\n`; false: stop. */
  #beginArray(): boolean {
    const start = this.#at;
    const end = this.#lineEnd(start + 1);
    if (end < 0) return false;
    const count = this.#number(start + 1, end);
    if (count === NO_NUMBER || count > this.#limits.maxArguments) return this.#fail('RESP_BAD_ARGUMENT_COUNT', 'invalid multibulk length');
    this.#at = end + 2;
    if (count > 0) {
      this.#taken = this.#at - start;
      this.#missing = count;
    }
    return true;
  }

  /** Reads arguments until none is missing; false: stop. */
  #readArguments(): boolean {
    while (this.#missing > 0) {
      if (this.#bulk < 0 && !this.#beginBulk()) return false;
      const text = this.#text;
      const end = this.#at + this.#bulk;
      if (text.length < end + 2) {
        this.#needed = end + 2;
        return false;
      }
      if (text.charCodeAt(end) !== CARRIAGE_RETURN || text.charCodeAt(end + 1) !== 0x0a) return this.#fail('RESP_LINE_END_EXPECTED', 'expected a line end behind the argument');
      this.#arguments.push(text.slice(this.#at, end));
      this.#taken += this.#bulk + 2;
      this.#at = end + 2;
      this.#bulk = -1;
      this.#missing -= 1;
    }
    return true;
  }

  /** Reads `$<length>\r\n`; false: stop. */
  #beginBulk(): boolean {
    const start = this.#at;
    if (start >= this.#text.length) return false;
    const first = this.#text.charCodeAt(start);
    if (first !== DOLLAR) return this.#fail('RESP_BULK_EXPECTED', `expected '$', got '${first > 0x20 && first < 0x7f ? String.fromCharCode(first) : '?'}'`);
    const end = this.#lineEnd(start + 1);
    if (end < 0) return false;
    const length = this.#number(start + 1, end);
    const { maxBulkBytes, maxRequestBytes } = this.#limits;
    if (length < 0 || length > maxBulkBytes) return this.#fail('RESP_BAD_BULK_LENGTH', 'invalid bulk length');
    this.#taken += end + 2 - start;
    if (this.#taken + length + 2 > maxRequestBytes) return this.#fail('RESP_REQUEST_TOO_LARGE', 'the request is too large');
    this.#bulk = length;
    this.#at = end + 2;
    return true;
  }

  #readInline(): string[] | undefined {
    const start = this.#at;
    const text = this.#text;
    const end = text.indexOf('\n', start);
    const length = (end < 0 ? text.length : end) - start;
    if (length > this.#limits.maxInlineBytes) {
      this.#fail('RESP_LINE_TOO_LONG', 'too big inline request');
      return undefined;
    }
    if (end < 0) return undefined;
    const words = splitInlineRequest(text.slice(start, text.charCodeAt(end - 1) === CARRIAGE_RETURN && end > start ? end - 1 : end));
    this.#at = end + 1;
    if (words === undefined) this.#fail('RESP_UNBALANCED_QUOTES', 'unbalanced quotes in request');
    return words;
  }

  /** Where the `\r\n` of a line with a number begins; -1: not there yet, or there is a problem. */
  #lineEnd(from: number): number {
    const text = this.#text;
    // Nearly always a few digits: a search of the whole text would cost more.
    let at = from;
    const last = Math.min(text.length, from + MAX_LENGTH_DIGITS + 2);
    while (at < last && text.charCodeAt(at) !== CARRIAGE_RETURN) at += 1;
    if (at + 1 < text.length && at < last) return text.charCodeAt(at + 1) === 0x0a ? at : this.#failLine();
    if (at >= from + MAX_LENGTH_DIGITS + 2) return this.#failLine();
    return -1;
  }

  #failLine(): number {
    if (this.#missing > 0) this.#fail('RESP_BAD_BULK_LENGTH', 'invalid bulk length');
    else this.#fail('RESP_BAD_ARGUMENT_COUNT', 'invalid multibulk length');
    return -1;
  }

  /** A whole number from -1 up between two places, or `NO_NUMBER`. */
  #number(from: number, end: number): number {
    const text = this.#text;
    if (text.charCodeAt(from) === MINUS) return end === from + 2 && text.charCodeAt(from + 1) === ZERO + 1 ? -1 : NO_NUMBER;
    if (end === from || end - from > MAX_LENGTH_DIGITS) return NO_NUMBER;
    let value = 0;
    for (let at = from; at < end; at += 1) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit < 0 || digit > 9) return NO_NUMBER;
      value = value * 10 + digit;
    }
    return value;
  }

  #fail(code: RespProblemCode, message: string): false {
    this.#problem = { code, message };
    this.#text = '';
    this.#at = 0;
    this.#arguments = [];
    this.#missing = 0;
    this.#taken = 0;
    return false;
  }
}
