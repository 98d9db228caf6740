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

/** Answers that lie in one answer, at most. */
const MAX_ITEMS = 1_048_576;

/** An array, a map or a message whose items are not all there. */
interface Unfinished {
  readonly items: RespReply[];
  left: number;
  readonly isPush: boolean;
}

/** Nothing whole came of what was read: more bytes are needed, items are to follow, or there is a problem. */
const NOTHING = Symbol('nothing');

/** Takes the bytes of a server (RESP3) in any pieces, as byte text, and gives its answers and messages, of up to 1,048,576 parts each. Never throws. After a problem nothing is given any more. Pure. */
export class RespReplyParser {
  readonly #maxBytes: number;
  #text = '';
  #at = 0;
  /** Units that have to be there before it is worth looking again. */
  #needed = 0;
  /** What the answer that is being read has had before {@link #text} at {@link #at}. */
  #readBytes = 0;
  #readItems = 0;
  #unfinished: Unfinished[] = [];
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

  /** The next answer or message; `undefined`: more bytes are needed, or there is a problem. What was read of an answer is not read again. */
  next(): RespReply | undefined {
    while (this.#problem === undefined && this.#at < this.#text.length && this.#text.length >= this.#needed) {
      const start = this.#at;
      const value = this.#read();
      this.#readBytes += this.#at - start;
      if (this.#readBytes > this.#maxBytes) return void this.#fail('the answer is too long');
      const reply = value === NOTHING ? NOTHING : this.#fill(value);
      if (reply === NOTHING) continue;
      this.#readBytes = 0;
      this.#readItems = 0;
      return reply;
    }
    return undefined;
  }

  /** Puts a value where it belongs; the answer, if that makes it whole. */
  #fill(value: RespReply): RespReply | typeof NOTHING {
    let whole = value;
    for (let last = this.#unfinished.at(-1); last !== undefined; last = this.#unfinished.at(-1)) {
      last.items.push(whole);
      last.left -= 1;
      if (last.left > 0) return NOTHING;
      this.#unfinished.pop();
      whole = last.isPush ? new RespPush(last.items) : last.items;
    }
    return whole;
  }

  #read(): RespReply | typeof NOTHING {
    const end = this.#text.indexOf('\r\n', this.#at);
    if (end < 0) {
      if (this.#text.length - this.#at > MAX_LINE_BYTES) return this.#fail('a line is too long');
      return this.#wait(this.#text.length + 1);
    }
    const type = this.#text[this.#at];
    const rest = this.#text.slice(this.#at + 1, end);
    switch (type) {
      case '+':
        return this.#goOn(end + 2, rest);
      case '-':
        return this.#goOn(end + 2, new RespErrorReply(rest));
      case ':':
      case ',':
        return this.#goOn(end + 2, numberOf(rest));
      case '#':
        return this.#goOn(end + 2, rest === 't');
      case '_':
        return this.#goOn(end + 2, null);
      case '$':
        return this.#bulk(end + 2, rest, 0);
      case '=':
        return this.#bulk(end + 2, rest, 4);
      case '*':
      case '~':
      case '%':
      case '>':
        return this.#items(end + 2, rest, type);
      default:
        return this.#fail('an answer of an unknown type');
    }
  }

  #goOn<Value extends RespReply>(at: number, value: Value): Value {
    this.#at = at;
    return value;
  }

  #wait(needed: number): typeof NOTHING {
    this.#needed = needed;
    return needed - this.#at + this.#readBytes > this.#maxBytes ? this.#fail('the answer is too long') : NOTHING;
  }

  #bulk(start: number, rest: string, skipped: number): RespReply | typeof NOTHING {
    if (rest === '-1') return this.#goOn(start, null);
    const length = this.#length(rest);
    if (length === undefined) return NOTHING;
    const end = start + length;
    if (this.#text.length < end + 2) return this.#wait(end + 2);
    if (this.#text.slice(end, end + 2) !== '\r\n') return this.#fail('no line end behind bytes');
    return this.#goOn(end + 2, this.#text.slice(start + skipped, end));
  }

  #items(start: number, rest: string, type: string): RespReply | typeof NOTHING {
    if (rest === '-1') return this.#goOn(start, null);
    const length = this.#length(rest);
    if (length === undefined) return NOTHING;
    const left = type === '%' ? length * 2 : length;
    if (this.#unfinished.length >= MAX_DEPTH) return this.#fail('answers lie too deep in each other');
    this.#readItems += left;
    if (this.#readItems > MAX_ITEMS) return this.#fail('an answer has too many parts');
    this.#at = start;
    if (left === 0) return type === '>' ? new RespPush([]) : [];
    this.#unfinished.push({ items: [], left, isPush: type === '>' });
    return NOTHING;
  }

  #length(text: string): number | undefined {
    const value = text.length <= MAX_LENGTH_DIGITS && /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value <= this.#maxBytes) return value;
    this.#fail('a length is none, or too large');
    return undefined;
  }

  #fail(problem: string): typeof NOTHING {
    this.#problem = problem;
    this.#text = '';
    this.#at = 0;
    this.#unfinished = [];
    return NOTHING;
  }
}

function numberOf(text: string): number {
  if (text === 'inf') return Infinity;
  return text === '-inf' ? -Infinity : Number(text);
}
