import { Kv4Error, type JsonValue } from '@xir/kv4-core';
import { errorOfAnswer, SdkError } from './errors.ts';
import { basicAuthorization, type LoginSource } from './location.ts';

/** Anything with the shape of the `fetch` that browsers and Node have. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One request to the REST API. */
export interface RestRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Path, encoded, beginning with `/_`. */
  readonly path: string;
  /** Parameters; `undefined` ones are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
  readonly signal?: AbortSignal | undefined;
  /** What is done, for messages: `get /rooms lamp`. No secrets. */
  readonly doing: string;
}

/** A successful answer. */
export interface RestAnswer {
  /** `v` of the envelope. */
  readonly value: unknown;
  readonly headers: Headers;
}

/** How requests are sent. */
export interface RestChannelOptions {
  /** Without credentials. */
  readonly url: string;
  readonly credentials: LoginSource;
  readonly fetch: Fetch;
  /** Milliseconds; streams are not limited by it. */
  readonly requestTimeoutMs: number;
  /** Bytes of one answer; streams are not limited by it. */
  readonly maxAnswerBytes: number;
}

/** Sends requests to one neuron and reads its envelopes. */
export class RestChannel {
  readonly #url: string;
  readonly #credentials: LoginSource;
  #authorization: Promise<string> | undefined;
  readonly #fetch: Fetch;
  readonly #requestTimeoutMs: number;
  readonly #maxAnswerBytes: number;
  readonly #closing = new AbortController();

  constructor(options: RestChannelOptions) {
    this.#url = options.url;
    this.#credentials = options.credentials;
    this.#fetch = options.fetch;
    this.#requestTimeoutMs = options.requestTimeoutMs;
    this.#maxAnswerBytes = options.maxAnswerBytes;
  }

  /**
   * Sends a request and reads the envelope. Throws `Kv4Error`: what the neuron's error string means, `KV4_UNAVAILABLE` where it cannot be
   * reached, `KV4_OUTCOME_UNKNOWN` where the connection broke during a write, `KV4_CLOSED` after `close`.
   */
  call(request: RestRequest): Promise<RestAnswer> {
    // As it is now, whatever becomes of the value while a token is fetched.
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    return this.#loggedIn(() => this.#callOnce(request, body));
  }

  async #callOnce(request: RestRequest, body: string | undefined): Promise<RestAnswer> {
    const timeout = AbortSignal.timeout(this.#requestTimeoutMs);
    const response = await this.#send(request, { timeout, body });
    const text = await this.#read(response, request);
    return { value: valueOf(text, response, request), headers: response.headers };
  }

  /** Opens a stream; the body is the caller's to read. Throws like {@link call}. */
  stream(request: RestRequest, accept: string): Promise<Response> {
    return this.#loggedIn(() => this.#streamOnce(request, accept));
  }

  async #streamOnce(request: RestRequest, accept: string): Promise<Response> {
    const response = await this.#send({ ...request, headers: { ...request.headers, accept } });
    if (response.headers.get('content-type')?.startsWith(accept) === true) return response;
    const text = await this.#read(response, request);
    valueOf(text, response, request);
    throw unreadable(request, `it answered ${response.headers.get('content-type') ?? 'without a content type'} instead of ${accept}`);
  }

  /** The signal that ends with the channel. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Ends every request under way with `KV4_CLOSED`. Idempotent. */
  close(): void {
    this.#closing.abort();
  }

  /** A token that is refused is replaced once: nothing was done with it. */
  async #loggedIn<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const used = (this.#authorization ??= this.#authorize());
    try {
      return await attempt();
    } catch (error) {
      if (!('token' in this.#credentials) || !isUnauthorized(error)) throw error;
      if (this.#authorization === used) this.#authorization = undefined;
      return await attempt();
    }
  }

  async #send(request: RestRequest, { timeout, body }: { readonly timeout?: AbortSignal; readonly body?: string | undefined } = {}): Promise<Response> {
    const { method, path, query, headers, signal } = request;
    if (this.#closing.signal.aborted) throw closedError(request);
    const signals = [this.#closing.signal, timeout, signal].filter((one) => one !== undefined);
    const login = await this.#login(request);
    try {
      return await this.#fetch(`${this.#url}${path}${queryText(query)}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          authorization: login,
          ...headers,
        },
        signal: AbortSignal.any(signals),
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      throw this.#failure(request, error);
    }
  }

  /** The header of the login, waited for no longer than the caller, the client or the time allow. */
  async #login(request: RestRequest): Promise<string> {
    const login = (this.#authorization ??= this.#authorize());
    const given = new AbortController();
    const leaving = AbortSignal.any([this.#closing.signal, request.signal, AbortSignal.timeout(this.#requestTimeoutMs)].filter((one) => one !== undefined));
    const left = new Promise<never>((_, reject) => {
      leaving.addEventListener('abort', () => reject(this.#failure({ ...request, method: 'GET' }, new Error('no token in time')) as Error), { signal: given.signal });
    });
    return Promise.race([login, left]).finally(() => given.abort());
  }

  /** Asks for a token where there is none; one that does not come in time is asked for again by the next request. */
  #authorize(): Promise<string> {
    const login = authorizationOf(this.#credentials);
    const forget = () => {
      if (this.#authorization === login) this.#authorization = undefined;
    };
    const tooLate = setTimeout(forget, this.#requestTimeoutMs);
    login.catch(forget).finally(() => clearTimeout(tooLate));
    return login;
  }

  async #read(response: Response, request: RestRequest): Promise<string> {
    try {
      const text = await boundedText(response, this.#maxAnswerBytes);
      if (text === undefined) throw unreadable(request, `its answer is longer than ${this.#maxAnswerBytes} bytes`);
      return text;
    } catch (error) {
      if (error instanceof Kv4Error) throw error;
      throw this.#failure(request, error);
    }
  }

  #failure(request: RestRequest, error: unknown): unknown {
    if (this.#closing.signal.aborted) return closedError(request);
    // The caller's own reason, as everywhere in the platform.
    if (request.signal?.aborted === true) return request.signal.reason;
    const reason = reasonOf(error);
    if (request.method === 'GET' || neverSent(error)) {
      return new Kv4Error('KV4_UNAVAILABLE', `${request.doing}: the neuron at ${this.#url} cannot be reached (${reason})`, { cause: error });
    }
    return new Kv4Error('KV4_OUTCOME_UNKNOWN', `${request.doing}: the connection to the neuron broke (${reason}); the write may have happened`, { cause: error });
  }
}

/** The text of an answer; `undefined`: it is longer than allowed, and given up. */
async function boundedText({ body }: Response, maxBytes: number): Promise<string | undefined> {
  const reader = body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      // Why it may already be broken does not matter any more.
      await reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Kv4Error && error.cause instanceof SdkError && error.cause.code === 'SDK_UNAUTHORIZED';
}

async function authorizationOf(credentials: LoginSource): Promise<string> {
  return 'token' in credentials ? `Bearer ${await credentials.token()}` : basicAuthorization(credentials);
}

function valueOf(text: string, response: Response, request: RestRequest): unknown {
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    throw unreadable(request, `it answered ${response.status} with something that is not JSON`);
  }
  if (typeof envelope === 'object' && envelope !== null && 's' in envelope) {
    const value = 'v' in envelope ? envelope.v : undefined;
    if (envelope.s === 'ok') return value;
    if (envelope.s === 'error' && typeof value === 'string') {
      const currentVersion = response.headers.get('x-kv4-current-version');
      throw errorOfAnswer(
        { errorString: value, code: response.headers.get('x-kv4-error') ?? undefined, ...(currentVersion === null ? {} : { currentVersion }) },
        request.doing,
      );
    }
  }
  throw unreadable(request, `it answered ${response.status} with JSON that is not an envelope`);
}

function queryText(query: RestRequest['query'] = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function closedError({ doing }: RestRequest): Kv4Error {
  return new Kv4Error('KV4_CLOSED', `${doing}: the client is closed`);
}

function unreadable({ doing, method }: RestRequest, what: string): Kv4Error {
  const cause = new SdkError('SDK_BAD_RESPONSE', `this does not look like a neuron: ${what}`);
  return new Kv4Error(method === 'GET' ? 'KV4_UNAVAILABLE' : 'KV4_OUTCOME_UNKNOWN', `${doing}: ${cause.message}`, { cause });
}

const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** Whether an error says that no connection came about, so that nothing was sent. */
function neverSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && NOT_SENT.has(cause.code);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return error.name === 'TimeoutError' ? 'no answer in time' : error.message;
}
