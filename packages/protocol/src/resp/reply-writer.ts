/** The version of the protocol that a client reads. */
export type RespVersion = 2 | 3;

const SMALL_INTEGERS = Array.from({ length: 1024 }, (_, value) => `:${value}\r\n`);
const BULK_LENGTHS = Array.from({ length: 1024 }, (_, length) => `$${length}\r\n`);
const LINE_END = /[\r\n]+/g;

/**
 * Writes replies one behind the other into one byte text (one UTF-16 unit per byte), which goes out in one write. What it is given as bytes must be byte text; lines are
 * ASCII. In RESP2 the types of RESP3 become what Redis makes of them. Pure.
 */
export class RespReplyWriter {
  /** RESP2 until the client asks for more. */
  version: RespVersion = 2;
  #text = '';

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#text.length;
  }

  /** What was written since the last time. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Appends replies that are written already, in the same version. */
  append(written: string): void {
    this.#text += written;
  }

  /** `+OK` and the like: ASCII without line ends. */
  simple(line: string): void {
    this.#text += '+' + line + '\r\n';
  }

  /** An error: its first word is a code in capitals. Line ends become spaces, what is not ASCII a question mark. */
  error(line: string): void {
    this.#text += '-' + line.replace(LINE_END, ' ').replace(/[^\x20-\x7e]/g, '?') + '\r\n';
  }

  /** A whole number. */
  integer(value: number | bigint): void {
    this.#text += typeof value === 'number' && value >= 0 && value < 1024 ? (SMALL_INTEGERS[value] as string) : `:${value}\r\n`;
  }

  /** Bytes. */
  bulk(bytes: string): void {
    const { length } = bytes;
    this.#text += (length < 1024 ? (BULK_LENGTHS[length] as string) : `$${length}\r\n`) + bytes + '\r\n';
  }

  /** Nothing: no such value. */
  nothing(): void {
    this.#text += this.version === 3 ? '_\r\n' : '$-1\r\n';
  }

  /** No array; RESP3 has one kind of nothing only. */
  noArray(): void {
    this.#text += this.version === 3 ? '_\r\n' : '*-1\r\n';
  }

  /** The head of an array; that many replies follow. */
  array(length: number): void {
    this.#text += `*${length}\r\n`;
  }

  /** The head of a map; that many pairs follow. RESP2: an array of twice the length. */
  map(pairs: number): void {
    this.#text += this.version === 3 ? `%${pairs}\r\n` : `*${pairs * 2}\r\n`;
  }

  /** The head of a set. RESP2: an array. */
  set(length: number): void {
    this.#text += `${this.version === 3 ? '~' : '*'}${length}\r\n`;
  }

  /** The head of a message that is no answer. RESP2: an array. */
  push(length: number): void {
    this.#text += `${this.version === 3 ? '>' : '*'}${length}\r\n`;
  }

  /** A number with a fraction. RESP2: bytes. */
  double(value: number): void {
    const text = Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : Number.isNaN(value) ? 'nan' : '-inf';
    if (this.version === 3) this.#text += `,${text}\r\n`;
    else this.bulk(text);
  }

  /** True or false. RESP2: 1 or 0. */
  boolean(value: boolean): void {
    this.#text += this.version === 3 ? (value ? '#t\r\n' : '#f\r\n') : value ? ':1\r\n' : ':0\r\n';
  }

  /** Text for people. RESP2: bytes. */
  verbatim(bytes: string): void {
    if (this.version === 3) this.#text += `=${bytes.length + 4}\r\ntxt:${bytes}\r\n`;
    else this.bulk(bytes);
  }
}
