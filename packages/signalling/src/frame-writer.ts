import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import type { OutboxSink } from '@xir/router';
import type { WebSocket } from 'ws';

/** `readyState` of a WebSocket that is neither closing nor closed. */
const OPEN = 1;

/** What streams call to write: for bytes with the encoding `buffer`, which the types leave out. */
interface PlainWrite {
  _write(bytes: Uint8Array, encoding: string, onTaken: (error?: Error | null) => void): void;
}

/** The write that is handed to its socket: one at a time, so one for all connections. What is taken later is not waited for in this way. */
const handed: { isTaken: boolean; error: Error | null | undefined } = { isTaken: false, error: undefined };

function take(error?: Error | null): void {
  handed.isTaken = true;
  handed.error = error;
}

const NOTHING = Buffer.alloc(0);

/**
 * Writes whole frames to the socket of a WebSocket, past the queue of its stream: what the stream does for each write costs more than all else that a message to many receivers
 * costs in this process (ADR 0015). Below the stream the socket has a queue of its own, which keeps the order whoever writes, so that frames of `ws` come between these and in
 * none. A socket with TLS has no such queue; there the stream is written to.
 */
export class FrameWriter implements OutboxSink {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #isPlain: boolean;
  /** What was not taken at once is on its way. */
  #isWaiting = false;
  readonly #onDrained: () => void;
  readonly #onCut: () => void;

  /** `onDrained` is called when more may be written after {@link write} has said no, `onCut` when the connection is closed because it reads too slowly. */
  constructor(ws: WebSocket, socket: Socket, { onDrained, onCut }: { readonly onDrained: () => void; readonly onCut: () => void }) {
    this.#ws = ws;
    this.#socket = socket;
    this.#isPlain = !(socket instanceof TLSSocket);
    this.#onDrained = onDrained;
    this.#onCut = onCut;
    if (!this.#isPlain) socket.on('drain', onDrained);
  }

  write(bytes: Uint8Array, onWritten?: (written: boolean) => void): boolean {
    if (this.#ws.readyState !== OPEN) {
      onWritten?.(false);
      return true;
    }
    if (!this.#isPlain || this.#isWaiting) return this.#socket.write(bytes, onWritten === undefined ? undefined : (error) => onWritten(isNothing(error)));
    handed.isTaken = false;
    const plain: PlainWrite = this.#socket;
    plain._write(bytes, 'buffer', take);
    if (!handed.isTaken) return this.#wait(onWritten);
    const { error } = handed;
    if (!isNothing(error)) this.#socket.destroy(error);
    onWritten?.(isNothing(error));
    return true;
  }

  cut(): void {
    this.#onCut();
    this.#ws.terminate();
  }

  /** Nothing, written behind what has not been taken: it is taken, or fails, when that has been. */
  #wait(onWritten: ((written: boolean) => void) | undefined): boolean {
    this.#isWaiting = true;
    this.#socket.write(NOTHING, (error) => {
      this.#isWaiting = false;
      onWritten?.(isNothing(error));
      this.#onDrained();
    });
    return false;
  }
}

function isNothing(error: Error | null | undefined): error is null | undefined {
  return error === undefined || error === null;
}
