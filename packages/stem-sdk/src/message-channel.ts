import { Kv4Error } from '@xir/kv4-core';

import { brokenRequest } from './message-error.ts';

/** A request of the WebSocket data API, without its id. */
export type Message = Readonly<Record<string, unknown>> & { readonly op: string };

/** A request that is under way. */
export interface MessageRequest {
  readonly message: Message;
  /** Whether it changes something, so that a broken connection leaves its outcome unknown. */
  readonly writes: boolean;
  readonly signal: AbortSignal | undefined;
  /** How the operation is called in messages. */
  readonly doing: string;
}

/** Who is told of a watch: its answer first, which names no `event`, then its events. */
export interface WatchListener {
  event(event: Readonly<Record<string, unknown>>): void;
  /** The connection has ended. */
  lost(): void;
}

/** One connection. */
export interface MessageLine {
  /** No new request belongs on it. */
  readonly isOver: boolean;
  /** Connects and logs in. Rejects with `KV4_UNAVAILABLE`, or `KV4_REJECTED` for a refused login. */
  ready(doing: string): Promise<void>;
  /** Sends what {@link Wire.encode} made of the request's message. */
  send(encoded: string, request: MessageRequest): Promise<unknown>;
  /** Begins a watch; the number that is answered is this connection's own. */
  watch(message: Message, listener: WatchListener): number;
  /** Lets a watch send further events. */
  grant(watch: number, events: number): void;
  /** Ends a watch. */
  unwatch(watch: number): void;
  close(): void;
}

/** What carries requests. */
export interface Wire {
  /** A message as it is sent, taken down at once. */
  encode(message: Message): string;
  /** A new connection, not connected yet. */
  open(): MessageLine;
}

/** How a channel is made. */
export interface MessageChannelOptions {
  readonly wire: Wire;
  readonly requestTimeoutMs: number;
}

/** Requests over one connection at a time, which is opened when it is needed and again when it has ended. */
export class MessageChannel {
  readonly #options: MessageChannelOptions;
  readonly #closing = new AbortController();
  #line: Promise<MessageLine> | undefined;
  #current: MessageLine | undefined;
  /** Waits to be ended by `close`. */
  readonly #waits = new Set<() => void>();

  constructor(options: MessageChannelOptions) {
    this.#options = options;
  }

  /** The signal that ends with the channel. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Runs something when the channel closes; the answer takes that back. Listeners of the signal would be counted as a leak. */
  onClose(run: () => void): () => void {
    this.#waits.add(run);
    return () => void this.#waits.delete(run);
  }

  /** Milliseconds that an answer may take. */
  get requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs;
  }

  /** Ends every request under way with `KV4_CLOSED`. Idempotent. */
  close(): void {
    this.#closing.abort();
    for (const end of this.#waits) end();
    this.#current?.close();
  }

  /** The result of a request. Rejects with a `Kv4Error`, or the signal's reason. */
  async call(request: MessageRequest): Promise<unknown> {
    // As it is now, whatever becomes of the value while the connection is opened.
    const encoded = this.#options.wire.encode(request.message);
    const line = await this.#until({ ...request, writes: false }, this.open(request.doing));
    return this.#until(request, line.send(encoded, request));
  }

  /** A connection that is logged in. Rejects like {@link MessageLine.ready}. */
  open(doing: string): Promise<MessageLine> {
    if (this.#closing.signal.aborted) return Promise.reject(closedError(doing));
    if (this.#line !== undefined && this.#current?.isOver !== true) return this.#line;
    this.#current = undefined;
    const opening = this.#connect(doing);
    this.#line = opening;
    opening.catch(() => {
      if (this.#line === opening) this.#line = undefined;
    });
    return opening;
  }

  async #connect(doing: string): Promise<MessageLine> {
    const line = this.#options.wire.open();
    this.#current = line;
    try {
      await this.#until({ message: { op: 'login' }, writes: false, signal: undefined, doing }, line.ready(doing));
      return line;
    } catch (error) {
      line.close();
      throw error;
    }
  }

  /** Ends a wait with the channel, the caller's signal, or the time. */
  #until<Result>(request: MessageRequest, work: Promise<Result>): Promise<Result> {
    const { signal, doing } = request;
    return new Promise((resolve, reject) => {
      const onClose = () => finish(() => reject(closedError(doing)));
      const onAbort = () => finish(() => reject(signal?.reason as Error));
      const timer = setTimeout(() => finish(() => reject(brokenRequest(request, 'no answer in time'))), this.#options.requestTimeoutMs);
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#waits.delete(onClose);
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      this.#waits.add(onClose);
      signal?.addEventListener('abort', onAbort);
      work.then(
        (result) => finish(() => resolve(result)),
        (error: unknown) => finish(() => reject(this.closed.aborted ? closedError(doing) : (error as Error))),
      );
    });
  }
}

function closedError(doing: string): Kv4Error {
  return new Kv4Error('KV4_CLOSED', `${doing}: the client is closed`);
}
