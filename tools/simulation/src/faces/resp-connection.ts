import { RespErrorReply, RespPush, RespReplyParser, type RespReply } from '@xir/protocol/resp';
import type { RespFace } from '@xir/resp';
import { PipeSocket } from './pipe-socket.ts';

/** Who is told what comes on a connection, at the moment it comes. */
export interface RespConnectionListener {
  /** A message that is no answer. */
  told(items: readonly RespReply[]): void;
  closed(): void;
}

type Take = (reply: RespReply) => void;

/** A connection of a client of the Redis protocol (RESP3), over a pipe. */
export class RespConnection {
  readonly #parser = new RespReplyParser();
  readonly #socket: PipeSocket;
  readonly #waiting: Take[] = [];

  constructor(face: RespFace, listener: RespConnectionListener) {
    this.#socket = new PipeSocket({
      received: (bytes) => {
        this.#parser.push(bytes);
        for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) {
          if (reply instanceof RespPush) listener.told(reply.items);
          else this.#waiting.shift()?.(reply);
        }
      },
      closed: () => {
        for (const take of this.#waiting.splice(0)) take(new RespErrorReply('CLOSED the connection is over'));
        listener.closed();
      },
    });
    face.accept(this.#socket.socket);
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** Sends requests in one write; each answer is handed over as it comes, an error for each that will not. */
  send(requests: readonly (readonly [words: readonly string[], take: Take])[]): void {
    if (this.isClosed) {
      for (const [, take] of requests) take(new RespErrorReply('CLOSED the connection is over'));
      return;
    }
    for (const [, take] of requests) this.#waiting.push(take);
    this.#socket.send(requests.map(([words]) => requestText(words)).join(''));
  }

  /** Sends one request. */
  ask(words: readonly string[]): Promise<RespReply> {
    return new Promise((resolve) => this.send([[words, resolve]]));
  }

  /** Cuts the connection. Idempotent. */
  cut(): void {
    this.#socket.destroy();
  }
}

/** A request; words are byte text. */
function requestText(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}
