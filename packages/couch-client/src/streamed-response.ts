import { connect, type Socket } from 'node:net';
import { CouchError } from './errors.ts';
import { HttpResponseParser, type ResponseHead } from './http-response-parser.ts';
import { shownPath } from './status-error.ts';
import type { BorrowedPieces, TransportRequest, TransportResponse } from './transport.ts';
import { errorOfUndici } from './undici-error.ts';

/** Bytes that are read from the socket at a time: into the same memory again and again, so that a feed of any length leaves no garbage. */
export const STREAM_READ_BYTES = 65_536;

/** Where a {@link streamResponse} goes to. */
export interface StreamTarget {
  readonly hostname: string;
  readonly port: number;
  /** The `host` header. */
  readonly host: string;
  readonly connectTimeoutMs: number;
  /** Largest body that `text()` reads, in bytes. */
  readonly maxResponseBytes: number;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: CouchError) => void;
}

/** A `GET` over plain TCP on a connection of its own, whose answer is read without copies. For long streams; there are no timeouts but that of the connection. */
export class StreamedResponse implements TransportResponse {
  readonly #request: TransportRequest;
  readonly #target: StreamTarget;
  readonly #socket: Socket;
  readonly #parser: HttpResponseParser;
  readonly #onAbort = (): void => this.#fail(this.#request.signal?.reason);
  readonly #onOver: () => void;
  readonly #text: string;
  #head: ResponseHead | undefined;
  #opening: Waiting | undefined;
  /** Body that came before anybody read it: what was left of the piece that held the head. */
  #early: Buffer[] = [];
  #take: BorrowedPieces | undefined;
  #reading: Waiting | undefined;
  #paused = false;
  #ended = false;
  #error: CouchError | undefined;

  /** `onOver` is called when the connection is gone. Throws `COUCH_BAD_REQUEST` for what cannot be sent. */
  constructor(request: TransportRequest, target: StreamTarget, onOver: () => void) {
    this.#text = requestText(request, target.host);
    this.#request = request;
    this.#target = target;
    this.#onOver = onOver;
    this.#parser = new HttpResponseParser({
      head: (head) => this.#opened(head),
      body: (piece) => this.#body(piece),
      end: () => this.#end(),
    });
    const buffer = Buffer.allocUnsafeSlow(STREAM_READ_BYTES);
    this.#socket = connect({
      host: target.hostname,
      port: target.port,
      keepAlive: true,
      keepAliveInitialDelay: 10_000,
      noDelay: true,
      onread: { buffer, callback: (count, bytes) => this.#read(bytes as Buffer, count) },
    });
  }

  /** Sends the request; resolves when the head of the answer has come. Rejects as a transport's `request` does. */
  open(): Promise<this> {
    const { signal } = this.#request;
    return new Promise<this>((resolve, reject) => {
      this.#opening = { resolve: () => resolve(this), reject };
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      const timer = setTimeout(() => this.#fail(Object.assign(new Error('connect timeout'), { code: 'UND_ERR_CONNECT_TIMEOUT' })), this.#target.connectTimeoutMs);
      const connected = (): void => clearTimeout(timer);
      this.#socket.once('connect', connected).once('close', connected);
      this.#socket.on('error', (error) => this.#fail(error));
      this.#socket.on('end', () => this.#closed());
      this.#socket.on('close', () => this.#closed());
      this.#socket.write(this.#text, 'latin1');
    });
  }

  get status(): number {
    return this.#head?.status ?? 0;
  }

  get headers(): TransportResponse['headers'] {
    return this.#head?.headers ?? {};
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#pieces();
  }

  borrow(take: BorrowedPieces): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#reading = { resolve, reject };
      this.#take = take;
      const early = this.#early;
      this.#early = [];
      for (const piece of early) this.#body(piece);
      this.#settle();
      if (!this.#paused) this.#socket.resume();
    });
  }

  async text(maxBytes = this.#target.maxResponseBytes): Promise<string> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    await this.borrow((piece) => {
      bytes += piece.length;
      if (bytes > maxBytes) {
        this.#fail(new CouchError('COUCH_TOO_LARGE', `${this.#told}: the answer is larger than ${maxBytes} bytes`, { status: this.status, outcomeUnknown: false }));
        return;
      }
      pieces.push(Buffer.from(piece));
    });
    return Buffer.concat(pieces, bytes).toString('utf8');
  }

  discard(): Promise<void> {
    this.#finish();
    return Promise.resolve();
  }

  /** Gives the answer up for a reason that its reader gets. */
  cut(error: CouchError): void {
    this.#fail(error);
  }

  get #told(): string {
    return `${this.#request.method} ${shownPath(this.#request.path)}`;
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    const pieces: Buffer[] = [];
    let more: () => void = () => undefined;
    let room: () => void = () => undefined;
    let isOver = false;
    const finish = (): void => {
      isOver = true;
      more();
    };
    const borrowed = this.borrow((piece) => {
      pieces.push(Buffer.from(piece));
      more();
      return new Promise<void>((resolve) => {
        room = resolve;
      });
    });
    borrowed.then(finish, finish);
    try {
      for (;;) {
        for (const piece of pieces.splice(0)) yield piece;
        room();
        if (pieces.length > 0) continue;
        // Rejects with what broke the body off.
        if (isOver) return await borrowed;
        await new Promise<void>((resolve) => {
          more = resolve;
        });
      }
    } finally {
      this.#finish();
    }
  }

  /** Bytes came into the shared memory. False: nothing more for now. */
  #read(bytes: Buffer, count: number): boolean {
    if (this.#ended || this.#error !== undefined) return false;
    try {
      this.#parser.push(count === bytes.length ? bytes : bytes.subarray(0, count));
    } catch (error) {
      this.#fail(error);
    }
    this.#settle();
    return !this.#paused && !this.#ended && this.#error === undefined && (this.#take !== undefined || this.#head === undefined);
  }

  #opened(head: ResponseHead): void {
    this.#head = head;
    const opening = this.#opening;
    this.#opening = undefined;
    opening?.resolve();
  }

  #body(piece: Buffer): void {
    if (this.#error !== undefined) return;
    // A reader that has not come yet, or wants nothing for now: what this piece of the socket still holds is kept.
    if (this.#take === undefined || this.#paused) {
      this.#early.push(Buffer.from(piece));
      return;
    }
    const wait = this.#take(piece);
    if (wait === undefined) return;
    this.#paused = true;
    wait.then(
      () => this.#goOn(),
      (error: unknown) => this.#fail(error),
    );
  }

  #goOn(): void {
    this.#paused = false;
    while (!this.#paused && this.#early.length > 0) this.#body(this.#early.shift() as Buffer);
    this.#settle();
    if (!this.#paused && !this.#ended && this.#error === undefined) this.#socket.resume();
  }

  #end(): void {
    this.#ended = true;
    this.#socket.destroy();
    this.#over();
  }

  /** The server closed the connection, which may be how the body ends. */
  #closed(): void {
    if (this.#ended || this.#error !== undefined) return;
    try {
      this.#parser.close();
      this.#settle();
    } catch (cause) {
      this.#fail(this.#head === undefined ? Object.assign(new Error('closed', { cause }), { code: 'UND_ERR_SOCKET' }) : new CouchError('COUCH_UNREACHABLE', `${this.#told}: the connection was cut`, { cause }));
    }
  }

  #fail(cause: unknown): void {
    if (this.#ended || this.#error !== undefined) return;
    this.#error = cause instanceof CouchError && cause.code === 'COUCH_BAD_RESPONSE' ? new CouchError('COUCH_BAD_RESPONSE', `${this.#told}: ${cause.message}`, { cause }) : errorOfUndici(cause, this.#request, { sent: true });
    this.#early = [];
    this.#socket.destroy();
    this.#over();
    const opening = this.#opening;
    this.#opening = undefined;
    opening?.reject(this.#error);
    this.#settle();
  }

  /** Nobody wants the rest. */
  #finish(): void {
    this.#early = [];
    this.#ended = true;
    this.#socket.destroy();
    this.#over();
    this.#settle();
  }

  /** Tells the reader of the end once everything was handed over. */
  #settle(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    if (this.#error !== undefined) reading.reject(this.#error);
    else if (this.#ended && !this.#paused && this.#early.length === 0) reading.resolve();
    else return;
    this.#reading = undefined;
    this.#take = undefined;
  }

  #over(): void {
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#onOver();
  }
}

function requestText({ method, path, headers = {} }: TransportRequest, host: string): string {
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`, 'connection: close', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  // What ends a line ends the request: nobody may smuggle another one in.
  const unsafe = lines.find((line) => /[^\t\x20-\x7e\x80-\xff]/.test(line));
  if (unsafe !== undefined) throw new CouchError('COUCH_BAD_REQUEST', `${method} ${shownPath(path)}: a header or the path holds a character that cannot be sent`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
