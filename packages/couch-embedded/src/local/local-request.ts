import type { ExchangeRequest } from '../http/exchange-sides.ts';

/** A request made within the process, as it would stand on the wire. */
export interface LocalRequest {
  readonly method: string;
  /** Path and query, encoded, beginning with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** The request's side of an exchange without a socket. */
export class LocalExchangeRequest implements ExchangeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: ExchangeRequest['headers'];
  readonly destroyed = false;
  readonly complete = true;
  readonly bodyText: string | undefined;
  readonly #body: string | Uint8Array | undefined;

  constructor({ method, path, headers = {}, body }: LocalRequest) {
    this.method = method;
    this.url = path;
    this.headers = lowerCased(headers);
    this.#body = body;
    // A lone surrogate has no UTF-8: bytes, as a socket carries them, are what decides.
    if (typeof body === 'string' && isWellFormed(body)) this.bodyText = body;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const body = this.#body;
    if (body === undefined || body.length === 0) return;
    yield typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) result[name.toLowerCase()] = value;
  return result;
}

/** `String.prototype.isWellFormed` (ES2024), which every supported runtime has and the ES2023 library does not name. */
interface WellFormedText {
  isWellFormed(): boolean;
}

function isWellFormed(text: string): boolean {
  return (text as unknown as WellFormedText).isWellFormed();
}
