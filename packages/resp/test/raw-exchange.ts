import { connect, type NetConnectOpts, type Socket } from 'node:net';

import { ReplyReader } from './reply-reader.ts';

/** One connection that gives every reply as the bytes it came in. */
export class RawExchange {
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  readonly #waiting: Array<(raw: string) => void> = [];

  constructor(options: NetConnectOpts) {
    this.#socket = connect(options);
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk.toString('latin1'));
      while (this.#reader.next() !== undefined) this.#waiting.shift()?.(this.#reader.lastRaw);
    });
  }

  /** Sends a request; resolves to the bytes of its reply, as byte text. */
  send(words: readonly (string | Buffer)[]): Promise<string> {
    const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
    for (const word of words) {
      const bytes = Buffer.isBuffer(word) ? word : Buffer.from(word);
      parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(Buffer.concat(parts));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
