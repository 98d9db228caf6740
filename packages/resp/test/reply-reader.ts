/** A reply as a value: an error is an `Error`, a push is marked. */
export type Reply = null | string | number | bigint | boolean | Error | Reply[] | Map<string, Reply> | Push;

/** A message that is no answer. */
export class Push {
  readonly items: Reply[];

  constructor(items: Reply[]) {
    this.items = items;
  }
}

/** More bytes are needed. */
class Incomplete extends Error {}

/** Reads replies of RESP2 and RESP3 out of byte text, in any pieces. Strings are text in UTF-8 where they are that, else byte text. */
export class ReplyReader {
  #text = '';
  #at = 0;
  /** The bytes of the reply that was read last. */
  lastRaw = '';

  push(bytes: string): void {
    this.#text = this.#text.slice(this.#at) + bytes;
    this.#at = 0;
  }

  next(): Reply | undefined {
    const start = this.#at;
    try {
      const reply = this.#read();
      this.lastRaw = this.#text.slice(start, this.#at);
      return reply;
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
      this.#at = start;
      return undefined;
    }
  }

  #line(): string {
    const end = this.#text.indexOf('\r\n', this.#at);
    if (end < 0) throw new Incomplete();
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 2;
    return line;
  }

  #bytes(length: number): string {
    if (this.#text.length < this.#at + length + 2) throw new Incomplete();
    const bytes = this.#text.slice(this.#at, this.#at + length);
    if (this.#text.slice(this.#at + length, this.#at + length + 2) !== '\r\n') throw new Error('no line end behind a bulk');
    this.#at += length + 2;
    const buffer = Buffer.from(bytes, 'latin1');
    const text = buffer.toString('utf8');
    return Buffer.from(text, 'utf8').equals(buffer) ? text : bytes;
  }

  #read(): Reply {
    const line = this.#line();
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return rest;
      case '-':
        return new Error(rest);
      case ':': {
        const value = BigInt(rest);
        return Number.isSafeInteger(Number(value)) ? Number(value) : value;
      }
      case ',':
        return rest === 'inf' ? Infinity : rest === '-inf' ? -Infinity : Number(rest);
      case '#':
        return rest === 't';
      case '_':
        return null;
      case '$':
        return rest === '-1' ? null : this.#bytes(Number(rest));
      case '=':
        return this.#bytes(Number(rest)).slice(4);
      case '*':
        return rest === '-1' ? null : this.#items(Number(rest));
      case '~':
        return this.#items(Number(rest));
      case '>':
        return new Push(this.#items(Number(rest)));
      case '%': {
        const items = this.#items(Number(rest) * 2);
        const map = new Map<string, Reply>();
        for (let index = 0; index < items.length; index += 2) map.set(items[index] as string, items[index + 1] ?? null);
        return map;
      }
      default:
        throw new Error(`no reply: ${JSON.stringify(line)}`);
    }
  }

  #items(count: number): Reply[] {
    return Array.from({ length: count }, () => this.#read());
  }
}
