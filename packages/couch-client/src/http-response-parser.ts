import { CouchError } from './errors.ts';

/** Longest head of a response, in bytes. */
export const MAX_HEAD_BYTES = 16_384;
/** Longest line that says how long a chunk is, and longest trailer, in bytes. */
const MAX_LINE_BYTES = 8192;
/** A chunk longer than this is none: the answer is not what it seems. */
const MAX_CHUNK_BYTES = 2 ** 40;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Status and headers of a response. */
export interface ResponseHead {
  readonly status: number;
  /** Names in lower case; repeated headers joined by `, ` except `set-cookie`, which stays a list. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Receives the parts of a response. */
export interface ResponseSink {
  head(head: ResponseHead): void;
  /** Bytes of the body, valid during the call only. */
  body(piece: Buffer): void;
  /** The body is complete. */
  end(): void;
}

type State = 'head' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'length' | 'until-close' | 'ended';

/**
 * Reads one HTTP/1.1 response to a `GET`, piece by piece, and copies nothing of its body. Pure. Format: RFC 9112, sections 4, 6 and 7; interim responses (1xx) are passed
 * over. Throws `COUCH_BAD_RESPONSE`; after that, and after the end, nothing is read any more.
 */
export class HttpResponseParser {
  readonly #sink: ResponseSink;
  #state: State = 'head';
  /** What came of a head or a line that is not complete. */
  #held = Buffer.alloc(0);
  /** Bytes left of the chunk, or of the body. */
  #left = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Whether the response is complete. */
  get isOver(): boolean {
    return this.#state === 'ended';
  }

  push(piece: Buffer): void {
    let at = 0;
    while (at < piece.length && this.#state !== 'ended') at = this.#step(piece, at);
  }

  /** The connection ended. Throws where the response is not complete. */
  close(): void {
    if (this.#state === 'until-close') this.#finish();
    if (this.#state !== 'ended') throw bad('it ended early');
  }

  /** Reads on from a place; answers how far it came. */
  #step(piece: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#inHead(piece, at);
      case 'chunk-size':
      case 'chunk-end':
      case 'trailers':
        return this.#inLine(piece, at);
      default:
        return this.#inBody(piece, at);
    }
  }

  #inBody(piece: Buffer, at: number): number {
    const end = this.#state === 'until-close' ? piece.length : Math.min(piece.length, at + this.#left);
    this.#sink.body(at === 0 && end === piece.length ? piece : piece.subarray(at, end));
    if (this.#state === 'until-close') return end;
    this.#left -= end - at;
    if (this.#left === 0) {
      if (this.#state === 'length') this.#finish();
      else this.#state = 'chunk-end';
    }
    return end;
  }

  /** A line of the framing, up to a line feed. */
  #inLine(piece: Buffer, at: number): number {
    const found = piece.indexOf(LINE_FEED, at);
    const end = found < 0 ? piece.length : found;
    if (this.#held.length + end - at > MAX_LINE_BYTES) throw bad('a line of its framing is too long');
    if (found < 0) {
      this.#held = Buffer.concat([this.#held, piece.subarray(at)]);
      return end;
    }
    const line = this.#held.length === 0 ? piece.subarray(at, end) : Buffer.concat([this.#held, piece.subarray(at, end)]);
    this.#held = Buffer.alloc(0);
    this.#line(line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line);
    return end + 1;
  }

  #line(line: Buffer): void {
    if (this.#state === 'chunk-end') {
      if (line.length > 0) throw bad('a chunk is longer than it said');
      this.#state = 'chunk-size';
    } else if (this.#state === 'trailers') {
      if (line.length === 0) this.#finish();
    } else {
      this.#left = chunkBytes(line);
      this.#state = this.#left === 0 ? 'trailers' : 'chunk';
    }
  }

  #inHead(piece: Buffer, at: number): number {
    const before = this.#held.length;
    const all = before === 0 ? piece.subarray(at) : Buffer.concat([this.#held, piece.subarray(at)]);
    // The blank line may have begun in what was held.
    const end = headEnd(all, Math.max(0, before - 3));
    if (end > MAX_HEAD_BYTES || (end < 0 && all.length > MAX_HEAD_BYTES)) throw bad('its head is too long');
    if (end < 0) {
      this.#held = Buffer.from(all);
      return piece.length;
    }
    this.#held = Buffer.alloc(0);
    const head = readHead(all.toString('latin1', 0, end));
    if (head.status >= 200) this.#begin(head);
    return at + end - before;
  }

  #begin(head: ResponseHead): void {
    const coding = head.headers['transfer-encoding'];
    const length = head.headers['content-length'];
    if (coding !== undefined) {
      if (String(coding).toLowerCase() !== 'chunked' || length !== undefined) throw bad('its length cannot be told');
      this.#state = 'chunk-size';
    } else if (length === undefined) {
      this.#state = head.status === 204 || head.status === 304 ? 'ended' : 'until-close';
    } else {
      if (!/^\d{1,15}$/.test(String(length))) throw bad('its length cannot be told');
      this.#left = Number(length);
      this.#state = this.#left === 0 ? 'ended' : 'length';
    }
    this.#sink.head(head);
    if (this.#state === 'ended') this.#sink.end();
  }

  #finish(): void {
    this.#state = 'ended';
    this.#sink.end();
  }
}

/** Where a head ends, its blank line included; -1: not yet. */
function headEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(LINE_FEED, from); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
    if (bytes[at + 1] === LINE_FEED) return at + 2;
    if (bytes[at + 1] === CARRIAGE_RETURN && bytes[at + 2] === LINE_FEED) return at + 3;
  }
  return -1;
}

function readHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw bad('it does not begin as one');
  const headers: Record<string, string | readonly string[] | undefined> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    if (line === '') continue;
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw bad('a header is none');
    add(headers, name.toLowerCase(), value);
  }
  return { status: Number(status), headers };
}

function add(headers: Record<string, string | readonly string[] | undefined>, name: string, value: string): void {
  const before = headers[name];
  if (name === 'set-cookie') headers[name] = [...(Array.isArray(before) ? (before as readonly string[]) : []), value];
  else if (before === undefined) headers[name] = value;
  // Two different lengths are an attack, or a mistake with the same effect.
  else if (name === 'content-length' && before !== value) throw bad('its length cannot be told');
  else if (name !== 'content-length') headers[name] = `${String(before)}, ${value}`;
}

function chunkBytes(line: Buffer): number {
  const text = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line.toString('latin1'))?.[1];
  const bytes = text === undefined ? Number.NaN : Number.parseInt(text, 16);
  if (!(bytes <= MAX_CHUNK_BYTES)) throw bad('a chunk has no length');
  return bytes;
}

function bad(what: string): CouchError {
  return new CouchError('COUCH_BAD_RESPONSE', `the answer is no HTTP response: ${what}`);
}
