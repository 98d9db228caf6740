/** An error that was answered: its first word is a code in capitals. */
export class RespErrorReply {
  readonly line: string;

  constructor(line: string) {
    this.line = line;
  }
}

/** A message that is no answer. */
export class RespPush {
  readonly items: readonly RespReply[];

  constructor(items: readonly RespReply[]) {
    this.items = items;
  }
}

/** An answer: strings are byte text, maps are their keys and values in turn. */
export type RespReply = null | string | number | boolean | RespErrorReply | readonly RespReply[] | RespPush;

/** Default of the bytes that one answer may have: 256 MiB. */
export const DEFAULT_MAX_REPLY_BYTES = 268_435_456;
/** Answers within answers, at most. */
const MAX_DEPTH = 16;
/** Digits of the longest length that is looked at. */
const MAX_LENGTH_DIGITS = 12;
/** Longest line, in bytes. */
const MAX_LINE_BYTES = 65_536;

/** More bytes are needed: at least so many in all. */
class Incomplete {
  readonly needed: number;

  constructor(needed: number) {
    this.needed = needed;
  }
}

/** Takes the bytes of a server (RESP3) in any pieces, as byte text, and gives its answers and messages. Never throws. After a problem nothing is given any more. Pure. */
export class RespReplyParser {
  readonly #maxBytes: number;
  #text = '';
  #at = 0;
  /** Units that have to be there before it is worth looking again. */
  #needed = 0;
  #problem: string | undefined;

  constructor(maxReplyBytes: number = DEFAULT_MAX_REPLY_BYTES) {
    this.#maxBytes = maxReplyBytes;
  }

  /** Why nothing more will come; `undefined`: all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Takes in more bytes, as byte text. */
  push(bytes: string): void {
    if (this.#problem !== undefined) return;
    this.#text = this.#at === this.#text.length ? bytes : (this.#at === 0 ? this.#text : this.#text.slice(this.#at)) + bytes;
    this.#needed -= this.#at;
    this.#at = 0;
  }

  /** The next answer or message; `undefined`: more bytes are needed, or there is a problem. */
  next(): RespReply | undefined {
    if (this.#problem !== undefined || this.#at >= this.#text.length || this.#text.length < this.#needed) return undefined;
    const start = this.#at;
    const reply = this.#read(0);
    if (reply instanceof Incomplete) {
      this.#at = start;
      this.#needed = reply.needed;
      if (reply.needed - start > this.#maxBytes) this.#fail('the answer is too long');
      return undefined;
    }
    return this.#problem === undefined ? reply : undefined;
  }

  #read(depth: number): RespReply | Incomplete {
    const end = this.#text.indexOf('\r\n', this.#at);
    if (end < 0) {
      if (this.#text.length - this.#at > MAX_LINE_BYTES) return this.#fail('a line is too long');
      return new Incomplete(this.#text.length + 1);
    }
    const type = this.#text[this.#at];
    const rest = this.#text.slice(this.#at + 1, end);
    this.#at = end + 2;
    switch (type) {
      case '+':
        return rest;
      case '-':
        return new RespErrorReply(rest);
      case ':':
      case ',':
        return numberOf(rest);
      case '#':
        return rest === 't';
      case '_':
        return null;
      case '$':
        return this.#bulk(rest);
      case '=': {
        const text = this.#bulk(rest);
        return typeof text === 'string' ? text.slice(4) : text;
      }
      case '*':
      case '~':
        return this.#items(rest, { each: 1, depth });
      case '%':
        return this.#items(rest, { each: 2, depth });
      case '>': {
        const items = this.#items(rest, { each: 1, depth });
        return items === null || items instanceof Incomplete ? items : new RespPush(items);
      }
      default:
        return this.#fail('an answer of an unknown type');
    }
  }

  #bulk(rest: string): string | null | Incomplete {
    if (rest === '-1') return null;
    const length = this.#length(rest);
    if (length === undefined) return null;
    const end = this.#at + length;
    if (this.#text.length < end + 2) return new Incomplete(end + 2);
    if (this.#text.slice(end, end + 2) !== '\r\n') return this.#fail('no line end behind bytes');
    const bytes = this.#text.slice(this.#at, end);
    this.#at = end + 2;
    return bytes;
  }

  #items(rest: string, { each, depth }: { readonly each: number; readonly depth: number }): readonly RespReply[] | null | Incomplete {
    if (rest === '-1') return null;
    const length = this.#length(rest);
    if (length === undefined) return null;
    if (depth >= MAX_DEPTH) return this.#fail('answers lie too deep in each other');
    const items: RespReply[] = [];
    for (let left = length * each; left > 0; left -= 1) {
      const item = this.#read(depth + 1);
      if (item instanceof Incomplete) return item;
      if (this.#problem !== undefined) return null;
      items.push(item);
    }
    return items;
  }

  #length(text: string): number | undefined {
    const value = text.length <= MAX_LENGTH_DIGITS && /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value <= this.#maxBytes) return value;
    this.#fail('a length is none, or too large');
    return undefined;
  }

  #fail(problem: string): null {
    this.#problem = problem;
    this.#text = '';
    this.#at = 0;
    return null;
  }
}

function numberOf(text: string): number {
  if (text === 'inf') return Infinity;
  return text === '-inf' ? -Infinity : Number(text);
}
