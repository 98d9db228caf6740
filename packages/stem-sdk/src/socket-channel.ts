import { Kv4Error } from '@xir/kv4-core';

import { errorOfAnswer, SdkError } from './errors.ts';
import type { Credentials } from './location.ts';

/** What is used of a WebSocket: the platform's own, or one like it. */
export interface SocketLike {
  send(text: string): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** Makes a WebSocket. */
export type SocketFactory = (url: string) => SocketLike;

/** A request, without its id. */
export interface SocketRequest {
  readonly message: Readonly<Record<string, unknown>> & { readonly op: string };
  /** Whether it changes something, so that a broken connection leaves its outcome unknown. */
  readonly writes: boolean;
  readonly signal: AbortSignal | undefined;
  /** How the operation is called in messages. */
  readonly doing: string;
}

/** Who is told of a watch. */
export interface WatchListener {
  event(event: Readonly<Record<string, unknown>>): void;
  /** The connection has ended. */
  lost(): void;
}

/** How a channel is made. */
export interface SocketChannelOptions {
  readonly url: string;
  readonly credentials: Credentials;
  readonly open: SocketFactory;
  readonly requestTimeoutMs: number;
  /** Milliseconds of silence after which a connection counts as dead. */
  readonly silenceMs: number;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  readonly request: SocketRequest;
}

/** One connection of a {@link SocketChannel}. */
export class Line {
  readonly pending = new Map<number, Pending>();
  readonly watches = new Map<number, WatchListener>();
  readonly #socket: SocketLike;
  #lastId = 0;
  /** No new request belongs on it. */
  isOver = false;
  #isLost = false;
  #heard = true;
  #stopBeat: () => void = () => undefined;

  constructor(socket: SocketLike) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('close', () => this.#lose());
    socket.addEventListener('error', () => this.#lose());
  }

  /** Sends the text of a message under a new id. */
  send(text: string): number {
    this.#lastId += 1;
    this.#socket.send(`{"id":${this.#lastId},${text.slice(1)}`);
    return this.#lastId;
  }

  /** Asks for a sign of life where there was none for a third of the time, and gives the connection up after all of it. */
  keepAlive(silenceMs: number): void {
    let asked = 0;
    const beat = setInterval(() => {
      asked = this.#heard ? 0 : asked + 1;
      this.#heard = false;
      if (asked > 2) this.close();
      else if (asked > 0) this.send('{"op":"ping"}');
    }, silenceMs / 3);
    this.#stopBeat = () => clearInterval(beat);
  }

  /** Begins a watch; its answer comes to the listener like an event. */
  watch(message: Readonly<Record<string, unknown>>, listener: WatchListener): number {
    const id = this.send(JSON.stringify(message));
    this.watches.set(id, listener);
    return id;
  }

  /** Ends a watch. */
  unwatch(id: number): void {
    if (!this.watches.delete(id) || this.#isLost) return;
    this.send(`{"op":"stop","watch":${id}}`);
  }

  /** Sends a message that has no answer. */
  tell(message: Readonly<Record<string, unknown>>): void {
    if (!this.#isLost) this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.#socket.close();
    this.#lose();
  }

  #receive(data: unknown): void {
    this.#heard = true;
    const message = parse(data);
    if (message === undefined) return this.close();
    const { id, watch, notice } = message;
    if (notice === 'go-away') this.isOver = true;
    else if (typeof watch === 'number') this.watches.get(watch)?.event(message);
    else if (typeof id === 'number') this.#settle(id, message);
  }

  #settle(id: number, { result, error }: Readonly<Record<string, unknown>>): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return this.watches.get(id)?.event({ result, error });
    this.pending.delete(id);
    if (error === undefined) pending.resolve(result);
    else pending.reject(errorOfMessage(error, pending.request.doing));
  }

  #lose(): void {
    this.isOver = true;
    this.#isLost = true;
    this.#stopBeat();
    for (const { reject, request } of this.pending.values()) reject(broken(request, 'the connection broke'));
    this.pending.clear();
    for (const watch of this.watches.values()) watch.lost();
    this.watches.clear();
  }
}

/** The error that a message tells of. */
export function errorOfMessage(error: unknown, doing: string): Kv4Error {
  const { error: errorString, code, version } = (typeof error === 'object' && error !== null ? error : {}) as Readonly<Record<string, unknown>>;
  return errorOfAnswer(
    {
      errorString: typeof errorString === 'string' ? errorString : 'internal',
      code: typeof code === 'string' ? code : undefined,
      ...(typeof version === 'string' ? { currentVersion: version } : {}),
    },
    doing,
  );
}

function parse(data: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = typeof data === 'string' ? JSON.parse(data) : undefined;
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    // Not what a neuron sends: the connection is given up.
    return undefined;
  }
}

function broken({ doing, writes }: SocketRequest, why: string): Kv4Error {
  return writes ? new Kv4Error('KV4_OUTCOME_UNKNOWN', `${doing}: ${why}; the write may have happened`) : new Kv4Error('KV4_UNAVAILABLE', `${doing}: ${why}`);
}

/** Requests over one WebSocket at a time, which is opened when it is needed and again when it has ended. */
export class SocketChannel {
  readonly #options: SocketChannelOptions;
  readonly #closing = new AbortController();
  #line: Promise<Line> | undefined;
  #current: Line | undefined;

  constructor(options: SocketChannelOptions) {
    this.#options = options;
  }

  /** The signal that ends with the channel. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Ends every request under way with `KV4_CLOSED`. Idempotent. */
  close(): void {
    this.#closing.abort();
    this.#current?.close();
  }

  /** The result of a request. Rejects with a `Kv4Error`, or the signal's reason. */
  async call(request: SocketRequest): Promise<unknown> {
    // As it is now, whatever becomes of the value while the connection is opened.
    const text = JSON.stringify(request.message);
    const line = await this.#until({ ...request, writes: false }, this.open(request.doing));
    return this.#until(request, this.#send(line, text, request));
  }

  #send(line: Line, text: string, request: SocketRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = line.send(text);
      line.pending.set(id, { resolve, reject, request });
    });
  }

  /** A line that is logged in. Rejects with `KV4_UNAVAILABLE`, or `KV4_REJECTED` for a refused login. */
  open(doing: string): Promise<Line> {
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

  async #connect(doing: string): Promise<Line> {
    const { url, credentials, open } = this.#options;
    const socket = open(url);
    const line = new Line(socket);
    this.#current = line;
    const tooLate = setTimeout(() => line.close(), this.#options.requestTimeoutMs);
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(new Kv4Error('KV4_UNAVAILABLE', `${doing}: the neuron at ${url} cannot be reached`));
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', fail);
      socket.addEventListener('close', fail);
    }).finally(() => clearTimeout(tooLate));
    const message = { op: 'login', account: credentials.account, secret: credentials.secret };
    try {
      await this.#send(line, JSON.stringify(message), { message, writes: false, signal: undefined, doing });
    } catch (error) {
      line.close();
      throw error;
    }
    line.keepAlive(this.#options.silenceMs);
    return line;
  }

  /** Ends a wait with the channel, the caller's signal, or the time. */
  #until<Result>(request: SocketRequest, work: Promise<Result>): Promise<Result> {
    const { signal, doing } = request;
    return new Promise((resolve, reject) => {
      const onClose = () => finish(() => reject(closedError(doing)));
      const onAbort = () => finish(() => reject(signal?.reason as Error));
      const timer = setTimeout(() => finish(() => reject(broken(request, 'no answer in time'))), this.#options.requestTimeoutMs);
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.closed.removeEventListener('abort', onClose);
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      this.closed.addEventListener('abort', onClose);
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

/** The WebSocket of the platform. Throws `SDK_NO_WEBSOCKET` where there is none. */
export function platformSocket(): SocketFactory {
  const { WebSocket } = globalThis as { readonly WebSocket?: new (url: string) => SocketLike };
  if (WebSocket === undefined) throw new SdkError('SDK_NO_WEBSOCKET', 'This platform has no WebSocket (Node.js has one from version 22 on): hand one in as webSocket.');
  return (url) => new WebSocket(url);
}
