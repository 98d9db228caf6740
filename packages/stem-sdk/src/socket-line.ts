import { Kv4Error } from '@xir/kv4-core';

import { SdkError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import type { LoginSource } from './location.ts';
import { brokenRequest, errorOfMessage } from './message-error.ts';
import type { Message, MessageLine, MessageRequest, WatchListener, Wire } from './message-channel.ts';

/** What is used of a WebSocket: the platform's own, or one like it. */
export interface SocketLike {
  send(text: string): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** Makes a WebSocket. */
export type SocketFactory = (url: string) => SocketLike;

/** How a WebSocket is opened. */
export interface SocketWireOptions {
  readonly url: string;
  readonly credentials: LoginSource;
  readonly open: SocketFactory;
  /** Milliseconds of silence after which a connection counts as dead. */
  readonly silenceMs: number;
  /** Characters of one message. */
  readonly maxAnswerBytes: number;
}

/** Requests as they go over WebSockets. */
export function socketWire(options: SocketWireOptions): Wire {
  return { encode: (message) => JSON.stringify(message), open: () => new SocketLine(options) };
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  readonly request: MessageRequest;
}

/** One WebSocket. */
class SocketLine implements MessageLine {
  readonly #options: SocketWireOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #watches = new Map<number, WatchListener>();
  readonly #socket: SocketLike;
  readonly #heartbeat = new Heartbeat();
  #lastId = 0;
  isOver = false;
  #isLost = false;

  constructor(options: SocketWireOptions) {
    this.#options = options;
    this.#socket = options.open(options.url);
    this.#socket.addEventListener('message', ({ data }) => this.#receive(data));
    this.#socket.addEventListener('close', () => this.#lose());
    this.#socket.addEventListener('error', () => this.#lose());
  }

  async ready(doing: string): Promise<void> {
    const { url, credentials, silenceMs } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(new Kv4Error('KV4_UNAVAILABLE', `${doing}: the neuron at ${url} cannot be reached`));
      this.#socket.addEventListener('open', resolve);
      this.#socket.addEventListener('error', fail);
      this.#socket.addEventListener('close', fail);
    });
    const login = 'token' in credentials ? { token: await credentials.token() } : { account: credentials.account, secret: credentials.secret };
    const message = { op: 'login', ...login };
    await this.send(JSON.stringify(message), { message, writes: false, signal: undefined, doing });
    this.#heartbeat.start(silenceMs, { ask: () => this.#write('{"op":"ping"}'), giveUp: () => this.close() });
  }

  send(encoded: string, request: MessageRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isLost) return reject(brokenRequest({ ...request, writes: false }, 'the connection broke'));
      this.#pending.set(this.#write(encoded), { resolve, reject, request });
    });
  }

  watch(message: Message, listener: WatchListener): number {
    const id = this.#write(JSON.stringify(message));
    this.#watches.set(id, listener);
    return id;
  }

  grant(watch: number, events: number): void {
    if (!this.#isLost) this.#socket.send(JSON.stringify({ op: 'credit', watch, events }));
  }

  unwatch(id: number): void {
    if (!this.#watches.delete(id) || this.#isLost) return;
    this.#write(`{"op":"stop","watch":${id}}`);
  }

  close(): void {
    this.#socket.close();
    this.#lose();
  }

  /** Sends the text of a message under a new id. */
  #write(text: string): number {
    this.#lastId += 1;
    this.#socket.send(`{"id":${this.#lastId},${text.slice(1)}`);
    return this.#lastId;
  }

  #receive(data: unknown): void {
    this.#heartbeat.noteHeard();
    const message = typeof data === 'string' && data.length <= this.#options.maxAnswerBytes ? parse(data) : undefined;
    if (message === undefined) return this.close();
    const { id, watch, notice } = message;
    if (notice === 'go-away') this.#leave();
    else if (typeof watch === 'number') this.#watches.get(watch)?.event(message);
    else if (typeof id === 'number') this.#settle(id, message);
  }

  #settle(id: number, { result, error }: Readonly<Record<string, unknown>>): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return this.#watches.get(id)?.event({ result, error });
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(result);
    else pending.reject(errorOfMessage(error, pending.request.doing));
  }

  /** Requests that are under way are answered; watches go on elsewhere, as later requests do. */
  #leave(): void {
    this.isOver = true;
    for (const watch of this.#watches.values()) watch.lost();
  }

  #lose(): void {
    this.isOver = true;
    this.#isLost = true;
    this.#heartbeat.stop();
    for (const { reject, request } of this.#pending.values()) reject(brokenRequest(request, 'the connection broke'));
    this.#pending.clear();
    for (const watch of this.#watches.values()) watch.lost();
    this.#watches.clear();
  }
}

function parse(data: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    // Not what a neuron sends: the connection is given up.
    return undefined;
  }
}

/** The WebSocket of the platform. Throws `SDK_NO_WEBSOCKET` where there is none. */
export function platformSocket<Socket = SocketLike>(): (url: string) => Socket {
  const { WebSocket } = globalThis as unknown as { readonly WebSocket?: new (url: string) => Socket };
  if (WebSocket === undefined) throw new SdkError('SDK_NO_WEBSOCKET', 'This platform has no WebSocket (Node.js has one from version 22 on): hand one in as webSocket.');
  return (url) => new WebSocket(url);
}
