import type { Socket } from 'node:net';

import type { Timer } from '@xir/couch-client';
import type { WebSocket } from 'ws';

import type { WebSocketContext } from './context.ts';

/** From this many waiting bytes of answers on, no further request of the client is carried out until it has read. */
const ENOUGH_OUTPUT_BYTES = 1_048_576;
/** From this many waiting bytes on, events of watches wait where they can be merged. */
const ENOUGH_PUSHED_BYTES = 262_144;

/** What an {@link Output} works with. */
export interface OutputParts {
  readonly context: WebSocketContext;
  /** Told when the client has read most of what was sent. */
  readonly onDrained: () => void;
}

/** What goes out on one connection: what is sent in one turn leaves in one write, and a slow reader is cut. */
export class Output {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #parts: OutputParts;
  #waiters: Array<() => void> = [];
  #corked = false;
  #timer: Timer | undefined;

  constructor(ws: WebSocket, socket: Socket, parts: OutputParts) {
    this.#ws = ws;
    this.#socket = socket;
    this.#parts = parts;
  }

  /** The client has read too little for more requests to be carried out. */
  get isFull(): boolean {
    return this.#ws.bufferedAmount >= ENOUGH_OUTPUT_BYTES;
  }

  /** Bytes that may wait. */
  get maxBytes(): number {
    return this.#parts.context.limits.maxOutputBytes;
  }

  /** Whether that much more can wait without the connection being cut. */
  hasRoomFor(bytes: number): boolean {
    return this.#ws.bufferedAmount + bytes <= this.maxBytes;
  }

  /** Sends a message, together with the others of this turn. */
  send(text: string): void {
    const ws = this.#ws;
    if (ws.readyState !== ws.OPEN) return;
    this.#cork();
    // Only what fills the buffer has to be heard of again: whatever was sent before it has left then, too.
    if (ws.bufferedAmount + text.length < ENOUGH_PUSHED_BYTES) return ws.send(text);
    ws.send(text, this.#sent);
    const waiting = ws.bufferedAmount;
    if (waiting > this.maxBytes) this.#cut();
    else if (waiting >= ENOUGH_OUTPUT_BYTES && this.#timer === undefined) this.#expectReading();
  }

  /** Until then nothing is added to what waits; `undefined`: add. */
  drained(): Promise<void> | undefined {
    if (this.#ws.bufferedAmount < ENOUGH_PUSHED_BYTES || this.#socket.destroyed) return undefined;
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  close(): void {
    this.#timer?.cancel();
    this.#release();
  }

  readonly #sent = (): void => {
    if (this.#ws.bufferedAmount >= ENOUGH_PUSHED_BYTES) return;
    this.#release();
    this.#parts.onDrained();
  };

  #release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
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
    const { clock, limits } = this.#parts.context;
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
    this.#parts.context.metrics.slowReadersCut += 1;
    this.#ws.terminate();
  }
}
