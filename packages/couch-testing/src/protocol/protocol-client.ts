import { randomBytes } from 'node:crypto';
import { Agent, request } from 'undici';

/** A server the suite may create databases on. */
export interface ProtocolTarget {
  /** Base URL; credentials in it are sent as Basic. */
  readonly url: string;
  /** Longest a request may take, in milliseconds; default {@link PROTOCOL_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** An answer that was read to its end. */
export interface ProtocolAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  json<T = Record<string, never>>(): T;
}

/** How a request differs from a plain one. */
export interface ProtocolRequest {
  /** A string or bytes are sent as they are; anything else as JSON with its content type. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longest a request of the suite may take, in milliseconds. */
export const PROTOCOL_TIMEOUT_MS = 10_000;

/** What a case of the suite talks through: one database of its own on the server under test. */
export class ProtocolClient {
  readonly #agent = new Agent();
  readonly #timeoutMs: number;
  readonly #origin: string;
  readonly #authorization: Readonly<Record<string, string>>;
  /** Path of the case's database, beginning with `/`. */
  readonly database = `/xir-protocol-${randomBytes(8).toString('hex')}`;

  constructor(target: ProtocolTarget) {
    const url = new URL(target.url);
    this.#timeoutMs = target.timeoutMs ?? PROTOCOL_TIMEOUT_MS;
    this.#origin = url.origin;
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    this.#authorization = url.username === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  }

  /** Sends a request to a path of the server. */
  async server(method: string, path: string, options: ProtocolRequest = {}): Promise<ProtocolAnswer> {
    const response = await this.#send(method, path, options, AbortSignal.timeout(this.#timeoutMs));
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) };
  }

  /** Sends a request to a path inside the database, which begins with `/` or `?` or is empty. */
  call(method: string, path: string, options: ProtocolRequest = {}): Promise<ProtocolAnswer> {
    return this.server(method, `${this.database}${path}`, options);
  }

  /** Stores a document and returns its new revision. */
  async put(id: string, document: Record<string, unknown>): Promise<string> {
    const answer = await this.call('PUT', `/${encodeURIComponent(id)}`, { body: document });
    if (answer.status !== 201 && answer.status !== 200) throw new Error(`PUT ${id} answered ${answer.status} ${answer.text}`);
    return answer.json<{ rev: string }>().rev;
  }

  /** Stores revisions as a replicator does. */
  async replicate(docs: readonly Record<string, unknown>[]): Promise<ProtocolAnswer> {
    return this.call('POST', '/_bulk_docs', { body: { new_edits: false, docs } });
  }

  /** Lines of a feed as they arrive, empty ones (heartbeats) included. Leaving the loop closes the connection. */
  async *lines(path: string): AsyncGenerator<string> {
    const response = await this.#send('GET', `${this.database}${path}`, {}, AbortSignal.timeout(this.#timeoutMs));
    let rest = '';
    response.body.setEncoding('utf8');
    for await (const piece of response.body as AsyncIterable<string>) {
      const lines = `${rest}${piece}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #send(method: string, path: string, options: ProtocolRequest, signal: AbortSignal) {
    const raw = options.body === undefined || typeof options.body === 'string' || options.body instanceof Uint8Array;
    const body = raw ? (options.body as string | Uint8Array | undefined) : JSON.stringify(options.body);
    const headers = { accept: 'application/json', ...(raw ? {} : { 'content-type': 'application/json' }), ...this.#authorization, ...options.headers };
    return request(`${this.#origin}${path}`, { method: method as 'GET', headers, body: body ?? null, dispatcher: this.#agent, signal });
  }
}
