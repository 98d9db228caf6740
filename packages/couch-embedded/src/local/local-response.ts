import { EventEmitter } from 'node:events';
import type { ExchangeResponse } from '../http/exchange-sides.ts';
import { EmbeddedError } from '../errors.ts';

/** Bytes that may wait for a reader before the server waits for it. */
const HIGH_WATER_BYTES = 64 * 1024;

/** The answer to a {@link LocalRequest}. Its owner reads it, once, or discards it. */
export interface LocalResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body in pieces as they are made. Leaving the loop early ends the request. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body; rejects with a `RangeError` past `maxBytes`. */
  text(maxBytes: number): Promise<string>;
  discard(): void;
}

/** The answer's side of an exchange without a socket, and what its reader holds. */
export class LocalExchangeResponse extends EventEmitter implements ExchangeResponse, LocalResponse {
  status = 0;
  headersSent = false;
  destroyed = false;
  writableEnded = false;
  readonly #opened: () => void;
  readonly #pieces: (string | Buffer)[] = [];
  #headers: Record<string, string> = {};
  #isOpen = false;
  #isWhole = false;
  #waitingBytes = 0;
  #failure: unknown;
  #wake: (() => void) | undefined;

  /** `opened` is called when the head of the answer is there. */
  constructor(opened: () => void) {
    super();
    this.#opened = opened;
  }

  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(this.#headers).map(([name, value]) => [name.toLowerCase(), value]));
  }

  get writableNeedDrain(): boolean {
    return !this.destroyed && !this.#isWhole && this.#waitingBytes >= HIGH_WATER_BYTES;
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#read();
  }

  writeHead(status: number, headers: Record<string, string>): void {
    this.status = status;
    this.#headers = headers;
    this.headersSent = true;
  }

  flushHeaders(): void {
    if (!this.destroyed) this.#open();
  }

  write(piece: string | Buffer): void {
    if (this.destroyed || this.writableEnded) return;
    this.#push(piece);
    this.flushHeaders();
  }

  end(piece?: string | Buffer): void {
    if (this.destroyed || this.writableEnded) return;
    if (piece !== undefined) this.#push(piece);
    this.writableEnded = true;
    this.flushHeaders();
    this.#wake?.();
    this.emit('close');
  }

  /** Ends it, whole or not; whoever reads it gets the `failure`. */
  destroy(failure?: unknown): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#failure = failure ?? new EmbeddedError('EMBEDDED_BROKEN_OFF', 'the answer was broken off');
    this.#open();
    this.#wake?.();
    if (!this.writableEnded) this.emit('close');
  }

  /** What a request that failed before its head was there is to reject with. */
  get failure(): unknown {
    return this.#failure;
  }

  async text(maxBytes: number): Promise<string> {
    // All of it is wanted: nothing has to wait for a reader.
    this.#isWhole = true;
    this.emit('drain');
    while (!this.writableEnded && !this.destroyed && this.#waitingBytes <= maxBytes) await this.#more();
    if (this.destroyed) throw this.#failure;
    if (this.#waitingBytes > maxBytes) {
      this.destroy();
      throw new RangeError(`the answer is larger than ${maxBytes} bytes`);
    }
    const pieces = this.#pieces.splice(0);
    this.#waitingBytes = 0;
    if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('');
    return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))).toString('utf8');
  }

  discard(): void {
    if (this.writableEnded) this.#pieces.length = 0;
    else this.destroy();
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece !== undefined) {
          const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
          const needed = this.writableNeedDrain;
          this.#waitingBytes -= bytes.length;
          if (needed && !this.writableNeedDrain) this.emit('drain');
          yield bytes;
        } else if (this.destroyed) throw this.#failure;
        else if (this.writableEnded) return;
        else await this.#more();
      }
    } finally {
      this.discard();
    }
  }

  #push(piece: string | Buffer): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#waitingBytes += Buffer.byteLength(piece);
    this.#wake?.();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** Lets whoever waits for the head look at what there is. */
  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#opened();
  }
}
