import { systemClock, type Clock } from './clock.ts';
import { CouchError, hasEffects, isCouchError, type CouchErrorCode } from './errors.ts';
import { shownPath } from './status-error.ts';
import type { CouchTransport, TransportRequest, TransportResponse } from './transport.ts';
import { DEFAULT_HEADERS_TIMEOUT_MS, DEFAULT_MAX_RESPONSE_BYTES } from './undici-transport.ts';

/** A server in the same process; `EmbeddedCouch` of `@xir/couch-embedded` is one. */
export interface InProcessServer {
  /** Answers when the head of the answer is there. Rejects when there will be none, or with the reason of the signal. */
  request(request: Pick<TransportRequest, 'method' | 'path' | 'headers' | 'body' | 'signal'>): Promise<InProcessResponse>;
}

/** An answer of an {@link InProcessServer}. */
export interface InProcessResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: TransportResponse['headers'];
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body; rejects with a `RangeError` past `maxBytes`. */
  text(maxBytes: number): Promise<string>;
  discard(): void;
}

/** Settings of {@link inProcessTransport}. */
export interface InProcessTransportOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Milliseconds until an answer's head must be there; 0: no limit. Default {@link DEFAULT_HEADERS_TIMEOUT_MS}. */
  readonly headersTimeoutMs?: number;
  /** Default {@link DEFAULT_MAX_RESPONSE_BYTES}. Bodies read piece by piece are not limited. */
  readonly maxResponseBytes?: number;
}

/**
 * A transport to a server in the same process: no sockets, nothing of HTTP to write or to parse. Rejections are `CouchError`s, as of `undiciTransport`. There is no limit of the
 * time between two pieces of a body: nothing but its reader keeps a server in the same process.
 */
export function inProcessTransport(server: InProcessServer, options: InProcessTransportOptions = {}): CouchTransport {
  const open = new Set<OpenRequest>();
  let closed = false;
  return {
    async request(request) {
      if (closed) throw new CouchError('COUCH_CLOSED', 'the transport is closed');
      if (request.signal?.aborted === true) throw failure(request, 'COUCH_ABORTED', { sent: false, cause: request.signal.reason });
      const started = new OpenRequest(request, options, () => open.delete(started));
      open.add(started);
      return started.send(server);
    },
    close() {
      closed = true;
      // Requests that are still open (a feed is, always) are cut, not waited for.
      for (const request of open) request.cut('COUCH_CLOSED');
      return Promise.resolve();
    },
  };
}

/** One request, until its answer has been read or given up. */
class OpenRequest implements TransportResponse {
  readonly #request: TransportRequest;
  readonly #options: InProcessTransportOptions;
  readonly #ended: () => void;
  readonly #abort = new AbortController();
  readonly #onAbort = (): void => this.cut('COUCH_ABORTED');
  #cut: CouchErrorCode | undefined;
  #response: InProcessResponse | undefined;

  constructor(request: TransportRequest, options: InProcessTransportOptions, ended: () => void) {
    this.#request = request;
    this.#options = options;
    this.#ended = ended;
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get status(): number {
    return this.#answer.status;
  }

  get headers(): TransportResponse['headers'] {
    return this.#answer.headers;
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#pieces();
  }

  async send(server: InProcessServer): Promise<TransportResponse> {
    const { clock = systemClock, headersTimeoutMs = DEFAULT_HEADERS_TIMEOUT_MS } = this.#options;
    const limitMs = this.#request.headersTimeoutMs ?? headersTimeoutMs;
    const timer = limitMs > 0 ? clock.schedule(limitMs, () => this.cut('COUCH_TIMEOUT')) : undefined;
    const { method, path, headers, body } = this.#request;
    try {
      this.#response = await server.request({ method, path, ...(headers === undefined ? {} : { headers }), ...(body === undefined ? {} : { body }), signal: this.#abort.signal });
      return this;
    } catch (cause) {
      throw this.#fail(cause);
    } finally {
      timer?.cancel();
    }
  }

  async text(maxBytes = this.#options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES): Promise<string> {
    try {
      const text = await this.#answer.text(maxBytes);
      this.#end();
      return text;
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  discard(): Promise<void> {
    this.#answer.discard();
    this.#end();
    return Promise.resolve();
  }

  /** Gives the request up for a reason that its reader gets. */
  cut(code: CouchErrorCode): void {
    this.#cut ??= code;
    this.#abort.abort();
    this.#end();
  }

  get #answer(): InProcessResponse {
    if (this.#response === undefined) throw new TypeError('the answer has not come yet');
    return this.#response;
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of this.#answer.body) yield piece;
    } catch (cause) {
      throw this.#fail(cause);
    } finally {
      this.#end();
    }
  }

  #fail(cause: unknown): CouchError {
    this.#end();
    if (isCouchError(cause)) return cause;
    const code = this.#cut ?? (cause instanceof RangeError ? 'COUCH_TOO_LARGE' : 'COUCH_UNREACHABLE');
    return failure(this.#request, code, { sent: code !== 'COUCH_TOO_LARGE', cause });
  }

  #end(): void {
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#ended();
  }
}

function failure(request: TransportRequest, code: CouchErrorCode, { sent, cause }: { readonly sent: boolean; readonly cause: unknown }): CouchError {
  const { method, path } = request;
  return new CouchError(code, `${method} ${shownPath(path)}: the request was not answered in this process`, { outcomeUnknown: sent && hasEffects(method), cause });
}
