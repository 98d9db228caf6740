import { webSocketMessageSchema, WEBSOCKET_RESULTS, type WebSocketEvent } from '@xir/protocol';
import { WebSocket, type ClientOptions } from 'ws';

/** A failure as it was told. */
export class ToldFailure extends Error {
  readonly error: string;
  readonly code: string;
  readonly version: string | undefined;

  constructor({ error, code, message, version }: { readonly error: string; readonly code: string; readonly message: string; readonly version?: string | undefined }) {
    super(message);
    this.error = error;
    this.code = code;
    this.version = version;
  }
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

type Fields = Record<string, unknown>;

/** A client that holds every message against its schema. */
export class SocketClient {
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  readonly opened: Promise<void>;
  /** Everything that came, as text. */
  readonly texts: string[] = [];
  readonly #waiting = new Map<number | string | null, { readonly op: string; resolve(result: unknown): void; reject(error: Error): void }>();
  readonly #events: WebSocketEvent[] = [];
  readonly #eventWaiters: Array<(event: WebSocketEvent) => void> = [];
  readonly notices: unknown[] = [];
  #lastId = 0;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    this.closed = new Promise((resolve) => this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve());
      this.socket.once('error', reject);
    });
    this.opened.catch(() => undefined);
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => this.#receive(data.toString()));
    void this.closed.then(({ code }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the connection was closed: ${code}`));
    });
  }

  /** Sends a request; resolves to its result. */
  call(op: string, fields: Fields = {}): Promise<unknown> {
    this.#lastId += 1;
    const id = (fields['id'] as number | undefined) ?? this.#lastId;
    return this.answer(id, op, () => this.socket.send(JSON.stringify({ id, op, ...fields })));
  }

  /** Resolves to the result of the request with that id. */
  answer(id: number | string | null, op: string, send: () => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { op, resolve, reject });
      send();
    });
  }

  credit(watch: number | string, events: number): void {
    this.socket.send(JSON.stringify({ op: 'credit', watch, events }));
  }

  /** The next event of a watch. */
  event(): Promise<WebSocketEvent> {
    const event = this.#events.shift();
    return event === undefined ? new Promise((resolve) => this.#eventWaiters.push(resolve)) : Promise.resolve(event);
  }

  /** Events that have come and were not taken yet. */
  get pendingEvents(): number {
    return this.#events.length;
  }

  close(): void {
    this.socket.terminate();
  }

  #receive(text: string): void {
    this.texts.push(text);
    const message = webSocketMessageSchema.parse(JSON.parse(text));
    if ('notice' in message) this.notices.push(message);
    else if ('watch' in message) {
      const waiter = this.#eventWaiters.shift();
      if (waiter === undefined) this.#events.push(message);
      else waiter(message);
    } else this.#settle(message);
  }

  #settle(message: { readonly id: number | string | null; readonly result?: unknown; readonly error?: ConstructorParameters<typeof ToldFailure>[0] }): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error !== undefined) return waiting?.reject(new ToldFailure(message.error));
    const schema = WEBSOCKET_RESULTS[waiting?.op as keyof typeof WEBSOCKET_RESULTS];
    try {
      waiting?.resolve(schema === undefined ? message.result : schema.parse(message.result));
    } catch (error) {
      waiting?.reject(error as Error);
    }
  }
}

/** The failure that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<ToldFailure> {
  const failure = await call.then(
    (result) => new Error(`it succeeded: ${JSON.stringify(result)}`),
    (error: unknown) => error,
  );
  if (failure instanceof ToldFailure) return failure;
  throw failure;
}
