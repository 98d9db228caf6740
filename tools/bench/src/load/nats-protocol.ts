/** A message of the NATS client protocol, bytes as Latin-1 characters. */
export interface NatsMessage {
  readonly subject: string;
  /** The number of the subscription it was sent for; a consumer's messages keep the subject they were published on. */
  readonly subscription: number;
  /** `NATS/1.0 …` and its lines; empty where the message has none. */
  readonly header: string;
  readonly payload: string;
}

/** What came in: messages, and whether the server asked for a sign of life. */
export interface NatsInput {
  readonly messages: readonly NatsMessage[];
  readonly pings: number;
}

const LINE_END = '\r\n';

/**
 * Reads what a nats-server sends, however it is cut.
 *
 * Source: docs.nats.io, reference of the client protocol (`INFO`, `MSG`, `HMSG`, `PING`, `PONG`, `+OK`, `-ERR`).
 */
export class NatsReader {
  #rest = '';

  /** Takes bytes as Latin-1; throws on an error that the server tells. */
  push(text: string): NatsInput {
    this.#rest = this.#rest === '' ? text : this.#rest + text;
    const messages: NatsMessage[] = [];
    let pings = 0;
    let at = 0;
    for (;;) {
      const end = this.#rest.indexOf(LINE_END, at);
      if (end < 0) break;
      const line = this.#rest.slice(at, end);
      const body = end + LINE_END.length;
      const words = line.split(' ');
      if (words[0] === 'MSG' || words[0] === 'HMSG') {
        const total = Number(words.at(-1));
        if (this.#rest.length < body + total + LINE_END.length) break;
        const headerBytes = words[0] === 'HMSG' ? Number(words.at(-2)) : 0;
        messages.push({ subject: words[1] as string, subscription: Number(words[2]), header: this.#rest.slice(body, body + headerBytes), payload: this.#rest.slice(body + headerBytes, body + total) });
        at = body + total + LINE_END.length;
        continue;
      }
      if (words[0] === '-ERR') throw new Error(`nats-server: ${line}`);
      if (words[0] === 'PING') pings += 1;
      at = body;
    }
    this.#rest = this.#rest.slice(at);
    return { messages, pings };
  }
}

/** The bytes that publish a payload of Latin-1 characters. An empty `reply`: no answer is wanted. */
export function publication(subject: string, reply: string, payload: string): string {
  return `PUB ${subject} ${reply === '' ? '' : `${reply} `}${payload.length}\r\n${payload}\r\n`;
}
