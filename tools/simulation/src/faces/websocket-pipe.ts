import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { WebSocketFace } from '@xir/websocket';

/** Operations of frames (RFC 6455). */
const FRAME = { text: 1, close: 8, ping: 9, pong: 10 } as const;
const FINAL_BIT = 0x80;
const MASK_BIT = 0x80;
const HEAD_END = '\r\n\r\n';

/** Who is at the client's end. */
export interface WebSocketListener {
  /** A message of the server. */
  message(text: string): void;
  /** The connection is over, whoever ended it, or the upgrade was refused. */
  closed(): void;
}

/** The server's end: a stream with what else of a socket the face uses. */
class PipeEnd extends Duplex {
  readonly remoteAddress = '192.0.2.1';
  bytesRead = 0;
  bytesWritten = 0;
  readonly #received: (bytes: Buffer) => void;

  constructor(received: (bytes: Buffer) => void) {
    super();
    this.#received = received;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  override _read(): void {
    // What the client sends is pushed as it comes.
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    this.bytesWritten += bytes.length;
    this.#received(bytes);
    done();
  }
}

/** A connection of a client of the WebSocket data API, without a network: what is sent arrives at once. */
export class WebSocketPipe {
  readonly #end: PipeEnd;
  readonly #listener: WebSocketListener;
  #unread = Buffer.alloc(0);
  #isUpgraded = false;
  #isOver = false;

  /** Connects, logged in by a header. */
  constructor(face: WebSocketFace, listener: WebSocketListener) {
    this.#listener = listener;
    this.#end = new PipeEnd((bytes) => this.#receive(bytes));
    this.#end.once('close', () => this.#over());
    const headers = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'c2ltdWxhdGlvbi1jbGllbg==', authorization: 'Basic Yjpz' };
    face.upgrade({ method: 'GET', url: '/ws', headers, socket: this.#end } as unknown as IncomingMessage, this.#end as unknown as Socket, Buffer.alloc(0));
  }

  /** Sends a message. */
  send(message: unknown): void {
    if (!this.#isOver) this.#push(FRAME.text, Buffer.from(JSON.stringify(message)));
  }

  /** Cuts the connection. Idempotent. */
  cut(): void {
    this.#over();
    this.#end.destroy();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.closed();
  }

  /** Frames of clients are masked; a mask of zeros changes nothing. */
  #push(operation: number, payload: Buffer): void {
    const { length } = payload;
    const head = length < 126 ? [MASK_BIT | length] : [MASK_BIT | 126, length >> 8, length & 0xff];
    const frame = Buffer.concat([Buffer.from([FINAL_BIT | operation, ...head, 0, 0, 0, 0]), payload]);
    this.#end.bytesRead += frame.length;
    this.#end.push(frame);
  }

  #receive(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    if (!this.#isUpgraded) {
      const end = this.#unread.indexOf(HEAD_END);
      if (end < 0) return;
      this.#isUpgraded = true;
      this.#unread = this.#unread.subarray(end + HEAD_END.length);
    }
    for (let frame = this.#next(); frame !== undefined && !this.#isOver; frame = this.#next()) this.#take(frame);
  }

  #next(): { readonly operation: number; readonly payload: Buffer } | undefined {
    const bytes = this.#unread;
    if (bytes.length < 2) return undefined;
    const short = bytes.readUInt8(1);
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < headBytes) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < headBytes + length) return undefined;
    this.#unread = bytes.subarray(headBytes + length);
    return { operation: bytes.readUInt8(0) & 0x0f, payload: bytes.subarray(headBytes, headBytes + length) };
  }

  #take({ operation, payload }: { readonly operation: number; readonly payload: Buffer }): void {
    if (operation === FRAME.text) this.#listener.message(payload.toString('utf8'));
    else if (operation === FRAME.ping) this.#push(FRAME.pong, payload);
    else if (operation === FRAME.close) this.cut();
  }
}
