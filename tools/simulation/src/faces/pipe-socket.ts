import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** The client's end of a pipe. */
export interface PipeClient {
  /** Bytes of the server, as byte text, at the moment they are written. */
  received(bytes: string): void;
  /** The connection is over, whoever ended it. */
  closed(): void;
}

/** A connection without a network: what of a socket a face uses, with a client at the other end in the same process. What is written arrives at once. */
export class PipeSocket extends EventEmitter {
  readonly remoteAddress = '192.0.2.1';
  readonly remotePort = 40_000;
  readonly localAddress = '192.0.2.2';
  readonly localPort = 6379;
  readonly writableLength = 0;
  bytesWritten = 0;
  destroyed = false;
  readonly #client: PipeClient;

  constructor(client: PipeClient) {
    super();
    this.#client = client;
  }

  /** The pipe as a face takes it. It has no more of a socket than a face uses. */
  get socket(): Socket {
    return this as unknown as Socket;
  }

  /** The client sends bytes, as byte text. */
  send(bytes: string): void {
    if (!this.destroyed) this.emit('data', Buffer.from(bytes, 'latin1'));
  }

  write(bytes: string): boolean {
    if (this.destroyed) return false;
    this.bytesWritten += bytes.length;
    this.#client.received(bytes);
    return true;
  }

  end(bytes = ''): this {
    if (bytes !== '') this.write(bytes);
    this.destroy();
    return this;
  }

  /** Cuts the connection. Idempotent. */
  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#client.closed();
    queueMicrotask(() => this.emit('close'));
    return this;
  }

  destroySoon(): void {
    this.destroy();
  }

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }
}
