import type { Socket } from 'node:net';

import type { Timer } from '@xir/couch-client';
import type { WebSocket } from 'ws';

import type { WebSocketContext } from './context.ts';

/** From this many waiting bytes of answers on, no further request of the client is carried out until it has read. */
export const ENOUGH_OUTPUT_BYTES = 1_048_576;
/** From this many waiting bytes on, events of watches wait where they can be merged. */
const ENOUGH_PUSHED_BYTES = 262_144;

/** What goes out on one connection: what is sent in one turn leaves in one write, and a slow reader is cut. */
export class Output {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #context: WebSocketContext;
  #corked = false;
  #timer: Timer | undefined;

  constructor(ws: WebSocket, socket: Socket, context: WebSocketContext) {
    this.#ws = ws;
    this.#socket = socket;
    this.#context = context;
  }

  /** The client has read too little for more requests to be carried out. */
  get isFull(): boolean {
    return this.#ws.bufferedAmount >= ENOUGH_OUTPUT_BYTES;
  }

  /** Sends a message, together with the others of this turn. */
  send(text: string): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    this.#cork();
    this.#ws.send(text);
    const waiting = this.#ws.bufferedAmount;
    if (waiting > this.#context.limits.maxOutputBytes) this.#cut();
    else if (waiting >= ENOUGH_OUTPUT_BYTES && this.#timer === undefined) this.#expectReading();
  }

  /** Until then nothing is added to what waits; `undefined`: add. */
  drained(): Promise<void> | undefined {
    if (this.#ws.bufferedAmount < ENOUGH_PUSHED_BYTES || this.#socket.destroyed) return undefined;
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.once('drain', done);
      this.#socket.once('close', done);
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  /** Looks after a while whether anything was read. */
  #expectReading(): void {
    const { clock, limits } = this.#context;
    const readBefore = this.#readBytes;
    this.#timer = clock.schedule(limits.outputTimeoutMs, () => {
      this.#timer = undefined;
      if (this.#socket.destroyed || !this.isFull) return;
      if (this.#readBytes === readBefore) this.#cut();
      else this.#expectReading();
    });
  }

  /** Bytes that the operating system has taken. */
  get #readBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  #cut(): void {
    this.#context.metrics.slowReadersCut += 1;
    this.#ws.terminate();
  }
}
