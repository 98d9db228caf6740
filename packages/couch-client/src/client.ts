import { anonymousAuthentication, basicAuthentication, type Authentication, type AuthenticationContext, type CouchAuth } from './authentication.ts';
import { bearerAuthentication } from './bearer-authentication.ts';
import { systemClock, systemRandom, type Clock, type Random } from './clock.ts';
import { cookieAuthentication } from './cookie-authentication.ts';
import { CouchDatabase } from './database.ts';
import { encodeQuery, type Query } from './encoding.ts';
import { CouchError, hasEffects, isCouchError } from './errors.ts';
import { parseServerUrl, type ServerUrl } from './server-url.ts';
import { errorOfResponse, shownPath } from './status-error.ts';
import type { CouchTransport, TransportRequest, TransportResponse } from './transport.ts';
import { undiciTransport, type UndiciTransportOptions } from './undici-transport.ts';

/** Settings of a {@link CouchClient}. */
export interface CouchClientOptions extends Omit<UndiciTransportOptions, 'url'> {
  /** Address of the server, with or without credentials and a path prefix. Credentials are taken out at once. */
  readonly url: string;
  /** Default: Basic with the URL's credentials, or none. */
  readonly auth?: CouchAuth;
  /** What carries requests. Default: `undiciTransport` with the other options. A transport handed in is not closed by the client. */
  readonly transport?: CouchTransport;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: the machine's randomness. */
  readonly random?: Random;
}

/** A request of a {@link CouchClient}. */
export interface CouchRequest {
  /** Default `GET`. */
  readonly method?: TransportRequest['method'];
  /** Encoded path beginning with `/`; a query goes to `query`. */
  readonly path: string;
  readonly query?: Query;
  /** Strings and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the response's headers must have arrived; 0: no limit. Default: the transport's. */
  readonly headersTimeoutMs?: number;
  /** Milliseconds between two pieces of the body; 0: no limit. Default: the transport's. */
  readonly bodyTimeoutMs?: number;
  /** The answer goes on for long: see `TransportRequest`. */
  readonly streaming?: boolean;
}

/** A request whose answer is read as JSON. */
export interface CouchJsonRequest extends CouchRequest {
  /** Error statuses that are answered like successes instead of thrown, such as `[404]`. */
  readonly allow?: readonly number[];
  /** Largest answer, in bytes. Default: the transport's. */
  readonly maxBytes?: number;
}

/** An answer whose body was read as JSON. */
export interface CouchJsonResponse<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: TransportResponse['headers'];
}

/**
 * A connection to a server that speaks CouchDB's HTTP protocol. Credentials live in private state only: they are in no error, no URL
 * and no printed form of the client. Nothing is retried but a request refused with 401, once, after logging in anew.
 */
export class CouchClient {
  /** Address of the server, without credentials. */
  readonly url: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly #transport: CouchTransport;
  readonly #ownsTransport: boolean;
  readonly #authentication: Authentication;
  #closing: Promise<void> | undefined;

  /** Throws a `TypeError` for a URL that is not absolute http(s), or credentials that are incomplete. */
  constructor(options: CouchClientOptions) {
    const { url: text, auth, transport, clock, random, ...transportOptions } = options;
    const server = parseServerUrl(text);
    this.url = server.url;
    this.clock = clock ?? systemClock;
    this.random = random ?? systemRandom;
    this.#ownsTransport = transport === undefined;
    this.#transport = transport ?? undiciTransport({ ...transportOptions, url: server.url });
    this.#authentication = createAuthentication(auth, server, { transport: this.#transport, clock: this.clock });
  }

  /** A database by its name, not encoded. Aborting `signal` ends the requests made through what is answered. */
  database(name: string, signal?: AbortSignal): CouchDatabase {
    return new CouchDatabase(this, name, signal);
  }

  /**
   * Sends one request and answers with a response whose body has not been read; statuses are not judged, save that 401 leads to one new
   * login and one repetition. The caller reads the body or discards it. Rejects with a `CouchError`: `COUCH_UNREACHABLE`, `COUCH_TIMEOUT`,
   * `COUCH_ABORTED`, `COUCH_CLOSED`, `COUCH_BAD_REQUEST`, or what a login was refused with.
   */
  async request(request: CouchRequest): Promise<TransportResponse> {
    const credential = await this.#credential();
    const sent = toTransportRequest(request);
    const response = await this.#send(sent, credential.headers);
    if (response.status !== 401) return response;
    if (!(await this.#renewed(credential, response))) return response;
    await response.discard();
    return this.#send(sent, (await this.#credential()).headers);
  }

  /**
   * Sends one request and reads the answer as JSON. Statuses of 300 and more reject with a `CouchError` (see `codeOfStatus`) unless they are in
   * `allow`; an answer that is not JSON rejects with `COUCH_BAD_RESPONSE`. `HEAD` answers have the body `undefined`.
   */
  async json<T = unknown>(request: CouchJsonRequest): Promise<CouchJsonResponse<T>> {
    const method = request.method ?? 'GET';
    const response = await this.request({ ...request, headers: { accept: 'application/json', ...request.headers } });
    const { status, headers } = response;
    const text = await response.text(request.maxBytes);
    if (status >= 300 && !request.allow?.includes(status)) {
      const retryAfter = headers['retry-after'];
      throw errorOfResponse({
        method,
        path: request.path,
        status,
        text,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
        now: this.clock.now(),
      });
    }
    if (text === '') return { status, body: undefined as T, headers };
    try {
      return { status, body: JSON.parse(text) as T, headers };
    } catch (cause) {
      throw new CouchError('COUCH_BAD_RESPONSE', `${method} ${shownPath(request.path)}: the answer is not JSON`, {
        status,
        outcomeUnknown: hasEffects(method),
        cause,
      });
    }
  }

  /** Closes the transport the client made; open requests reject. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#ownsTransport ? this.#transport.close() : Promise.resolve();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #credential() {
    if (this.#closing !== undefined) return Promise.reject(new CouchError('COUCH_CLOSED', 'the client is closed'));
    return this.#authentication.credential();
  }

  async #renewed(used: Awaited<ReturnType<Authentication['credential']>>, response: TransportResponse): Promise<boolean> {
    try {
      return await this.#authentication.refused(used);
    } catch (error) {
      await response.discard();
      throw error;
    }
  }

  async #send(request: TransportRequest, credential: Readonly<Record<string, string>>): Promise<TransportResponse> {
    const response = await this.#transport.request({ ...request, headers: { ...request.headers, ...credential } });
    if (response.status !== 401) this.#authentication.observe(response);
    return response;
  }
}

function toTransportRequest(request: CouchRequest): TransportRequest {
  const { method = 'GET', path, query, body, headers, signal, headersTimeoutMs, bodyTimeoutMs, streaming } = request;
  if (!path.startsWith('/')) throw new TypeError('a request path begins with /');
  const bytes = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return {
    method,
    path: path + encodeQuery(query),
    headers: bytes === undefined ? (headers ?? {}) : { 'content-type': 'application/json', ...headers },
    ...(bytes === undefined ? {} : { body: bytes }),
    ...(signal === undefined ? {} : { signal }),
    ...(headersTimeoutMs === undefined ? {} : { headersTimeoutMs }),
    ...(bodyTimeoutMs === undefined ? {} : { bodyTimeoutMs }),
    ...(streaming === undefined ? {} : { streaming }),
  };
}

function createAuthentication(auth: CouchAuth | undefined, server: ServerUrl, context: AuthenticationContext): Authentication {
  const { credentials } = server;
  if (auth?.type === 'bearer') return bearerAuthentication(auth, context.clock);
  const username = auth?.username ?? credentials?.username;
  const password = auth?.password ?? credentials?.password;
  if (auth === undefined && credentials === undefined) return anonymousAuthentication;
  if (username === undefined || password === undefined) throw new TypeError('authentication needs a user name and a password');
  return auth?.type === 'cookie' ? cookieAuthentication(username, password, context) : basicAuthentication(username, password);
}

/** Whether a request that failed so may succeed when it is sent again. A request with effects and `outcomeUnknown` must be read back first. Pure. */
export function isTransient(error: unknown): boolean {
  if (!isCouchError(error)) return false;
  return error.code === 'COUCH_UNREACHABLE' || error.code === 'COUCH_TIMEOUT' || error.code === 'COUCH_BUSY' || error.code === 'COUCH_SERVER';
}
