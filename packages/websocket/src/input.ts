import type { Socket } from 'node:net';

import type { WebSocket } from 'ws';

import type { WebSocketContext } from './context.ts';

/** What a client may send before it has logged in: enough for that. */
export const MAX_BYTES_BEFORE_LOGIN = 16_384;

/** What an {@link Input} works with. */
export interface InputParts {
  readonly context: WebSocketContext;
  readonly isLoggedIn: () => boolean;
}

/** What comes in on one connection: counted while it is incomplete, and held while it cannot be carried out. */
export class Input {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #parts: InputParts;
  readonly #held: string[] = [];
  #unfinishedBytes = 0;
  #readBefore = -1;
  #broken = false;

  constructor(ws: WebSocket, socket: Socket, parts: InputParts) {
    this.#ws = ws;
    this.#socket = socket;
    this.#parts = parts;
    // Before `ws` takes the bytes, and answers what they complete.
    socket.prependListener('data', (chunk: Buffer) => this.#count(chunk.length));
  }

  /** Messages wait to be carried out. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** A message is complete. */
  received(): void {
    this.#note(-this.#unfinishedBytes);
  }

  /** Keeps a message for later; nothing more is read until then, so that what waits is what one chunk of bytes held. */
  hold(text: string): void {
    this.#held.push(text);
    if (!this.#ws.isPaused) this.#ws.pause();
  }

  /** The next message that was held; `undefined`: none, and reading goes on. */
  next(): string | undefined {
    const text = this.#held.shift();
    if (text === undefined && this.#ws.isPaused) this.#ws.resume();
    return text;
  }

  /** Asks for a sign of life. False: there was none since it was asked before. */
  beat(): boolean {
    if (this.#ws.readyState !== this.#ws.OPEN) return true;
    const { bytesRead, writableLength } = this.#socket;
    // A client that is not read cannot be heard; one that does not read is watched by its output.
    if (bytesRead === this.#readBefore && !this.#ws.isPaused && writableLength === 0) return false;
    this.#readBefore = bytesRead;
    this.#ws.ping();
    return true;
  }

  /** The connection ends for what the client has sent; counted once. */
  countBroken(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#parts.context.metrics.badInputsCut += 1;
  }

  close(): void {
    this.#note(-this.#unfinishedBytes);
    this.#held.length = 0;
  }

  #count(bytes: number): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    const { context, isLoggedIn } = this.#parts;
    const isTooEarly = this.#unfinishedBytes > MAX_BYTES_BEFORE_LOGIN && !isLoggedIn();
    this.#note(bytes);
    if (!isTooEarly && context.metrics.bufferedInputBytes <= context.limits.maxBufferedInputBytes) return;
    this.countBroken();
    this.#ws.terminate();
  }

  #note(bytes: number): void {
    this.#unfinishedBytes += bytes;
    this.#parts.context.metrics.bufferedInputBytes += bytes;
  }
}
