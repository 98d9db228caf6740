import { connect, type Socket } from 'node:net';

import { Push, ReplyReader, type Reply } from './reply-reader.ts';

/** A small client for tests: answers in order, messages apart. */
export class RespClient {
  readonly socket: Socket;
  readonly #reader = new ReplyReader();
  readonly #waiting: Array<{ resolve: (reply: Reply) => void; reject: (error: Error) => void }> = [];
  readonly #messages: Push[] = [];
  readonly #messageWaiters: Array<(message: Push) => void> = [];
  /** Takes messages instead of {@link message}, at the moment they come. */
  onMessage: ((items: Reply[]) => void) | undefined;
  /** Pieces in which bytes came. */
  readonly chunks: string[] = [];
  readonly closed: Promise<void>;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk: Buffer) => this.#receive(chunk.toString('latin1')));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection was closed'));
        resolve();
      });
    });
  }

  /** Sends a request and waits for its answer. Words are text. */
  call(...words: ReadonlyArray<string | number | Buffer>): Promise<Reply> {
    this.socket.write(encode(words));
    return this.answer();
  }

  /** Sends a request; `take` is given the answer at the moment it comes, before any message behind it. */
  callNow(words: ReadonlyArray<string | number | Buffer>, take: (reply: Reply) => void): Promise<void> {
    this.socket.write(encode(words));
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        resolve: (reply) => {
          take(reply);
          resolve();
        },
        reject,
      });
    });
  }

  /** Sends several requests in one write and waits for all answers. */
  pipeline(requests: ReadonlyArray<ReadonlyArray<string | number | Buffer>>): Promise<Reply[]> {
    const answers = Promise.all(requests.map(() => this.answer()));
    this.socket.write(Buffer.concat(requests.map(encode)));
    return answers;
  }

  /** Sends a request whose answer nobody waits for. */
  send(...words: ReadonlyArray<string | number | Buffer>): void {
    this.socket.write(encode(words));
  }

  /** The next answer. */
  answer(): Promise<Reply> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The next message that is no answer. */
  message(): Promise<Reply[]> {
    const known = this.#messages.shift();
    if (known !== undefined) return Promise.resolve(known.items);
    return new Promise((resolve) => this.#messageWaiters.push(({ items }) => resolve(items)));
  }

  /** Messages that came and nobody waited for. */
  get pendingMessages(): readonly Reply[][] {
    return this.#messages.map(({ items }) => items);
  }

  close(): void {
    this.socket.destroy();
  }

  #receive(bytes: string): void {
    this.chunks.push(bytes);
    this.#reader.push(bytes);
    for (let reply = this.#reader.next(); reply !== undefined; reply = this.#reader.next()) this.#take(reply);
  }

  #take(reply: Reply): void {
    const confirms = reply instanceof Push && (reply.items[0] as string).endsWith('subscribe');
    if (reply instanceof Push && !confirms) {
      if (this.onMessage !== undefined) return this.onMessage(reply.items);
      const waiter = this.#messageWaiters.shift();
      if (waiter === undefined) this.#messages.push(reply);
      else waiter(reply);
      return;
    }
    const value = reply instanceof Push ? reply.items : reply;
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) waiter.resolve(value);
    else if (Array.isArray(value)) this.#take(new Push(value));
  }
}

/** A request as bytes. */
export function encode(words: ReadonlyArray<string | number | Buffer>): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}
