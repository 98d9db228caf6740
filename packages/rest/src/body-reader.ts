import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

import { parseBody, type BodyResult } from '@xir/protocol';

import { RestError } from './errors.ts';

/** Bodies from this size on are read one in a turn of the event loop, so that many of them do not hold up everybody else. */
export const LARGE_BODY_BYTES = 131_072;

const EMPTY: BodyResult = { ok: true, body: {} };

/** Counts the bytes of all bodies that are being received, and lets the large ones in one by one. */
export class BodyBudget {
  readonly #maxBytes: number;
  #bytes = 0;
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Resolves in a turn of the event loop that nobody else is given. */
  turn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#lastTurn;
  }

  /** Takes bytes; false when there are too many already. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Gives bytes back. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** Whether a request announces a body. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || (request.headers['content-length'] ?? '0') !== '0';
}

/**
 * Receives and parses a body. Throws `REST_BODY_TOO_LARGE` past `maxBytes`, `REST_BUSY` when all bodies together are too large, and
 * `REST_BAD_REQUEST` when the client breaks off. What is wrong with the content is in the result, since some services pass over it.
 */
export async function receiveBody(request: IncomingMessage, maxBytes: number, budget: BodyBudget): Promise<BodyResult> {
  if (!hasBody(request)) return EMPTY;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const received = new ReceivedBody(maxBytes, budget);
  try {
    await new Promise<void>((resolve, reject) => {
      request.on('data', (chunk: Buffer) => {
        const problem = received.add(chunk);
        if (problem !== undefined) reject(problem);
      });
      request.once('end', resolve);
      request.once('error', () => reject(brokenOff()));
      // Every request closes, most of them after their end: only those that break off are worth an error.
      request.once('close', () => {
        if (!request.readableEnded) reject(brokenOff());
      });
    });
    if (received.length >= LARGE_BODY_BYTES) await budget.turn();
    const bytes = received.bytes();
    return isUtf8(bytes) ? parseBody(bytes.toString('utf8'), request.headers['content-type']) : { ok: false, problem: 'bad_body' };
  } finally {
    received.release();
  }
}

/** The pieces of a body so far; after a problem, what still arrives is thrown away. */
export class ReceivedBody {
  readonly #maxBytes: number;
  readonly #budget: BodyBudget;
  #chunks: Buffer[] = [];
  #length = 0;
  #refused = false;

  constructor(maxBytes: number, budget: BodyBudget) {
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  add(chunk: Buffer): RestError | undefined {
    if (this.#refused) return undefined;
    const tooMuch = this.#length + chunk.length > this.#maxBytes;
    if (tooMuch || !this.#budget.take(chunk.length)) {
      this.release();
      return tooMuch ? tooLarge(this.#maxBytes) : new RestError('REST_BUSY', 'too many bodies are being received');
    }
    this.#length += chunk.length;
    this.#chunks.push(chunk);
    return undefined;
  }

  get length(): number {
    return this.#length;
  }

  bytes(): Buffer {
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
  }

  /** Gives everything back. Idempotent. */
  release(): void {
    this.#refused = true;
    this.#budget.release(this.#length);
    this.#length = 0;
    this.#chunks = [];
  }
}

function tooLarge(maxBytes: number): RestError {
  return new RestError('REST_BODY_TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
}

function brokenOff(): RestError {
  return new RestError('REST_BAD_REQUEST', 'the client broke off');
}
