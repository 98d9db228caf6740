import { Pool, type Dispatcher } from 'undici';
import { CouchError } from './errors.ts';
import { parseServerUrl } from './server-url.ts';
import { shownPath } from './status-error.ts';
import { StreamedResponse } from './streamed-response.ts';
import type { CouchTransport, TransportRequest, TransportResponse } from './transport.ts';
import { errorOfUndici } from './undici-error.ts';

/** Most connections to one server. A feed holds one for itself. */
export const DEFAULT_CONNECTIONS = 16;
/** Share of the connections that are kept for reads of whole ranges, so that however many of those wait, writes and reads of documents do not wait behind them. */
const SCAN_SHARE = 1 / 4;
const SCAN = /\/_all_docs(?:[/?]|$)/;
/** Milliseconds until a connection must stand. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** Milliseconds until a response's headers must have arrived. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 30_000;
/** Milliseconds between two pieces of a response's body. */
export const DEFAULT_BODY_TIMEOUT_MS = 30_000;
/** Largest body that `text()` reads, in bytes. */
export const DEFAULT_MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** A body of at most this many bytes is read to its end by `discard`, so that the connection can be used again. */
const DISCARD_BY_READING_BYTES = 64 * 1024;

/** TLS settings, as `tls.connect` takes them. */
export interface TlsOptions {
  /** Certificate authorities in PEM that replace the built-in ones. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** Client certificate in PEM. */
  readonly cert?: string | Buffer;
  /** Client key in PEM. */
  readonly key?: string | Buffer;
  /** Name to expect in the server's certificate. */
  readonly servername?: string;
  /** `false` accepts any certificate. Default true. */
  readonly rejectUnauthorized?: boolean;
}

/** Settings of {@link undiciTransport}. */
export interface UndiciTransportOptions {
  /** Base URL; credentials in it are ignored (see `CouchClient`). */
  readonly url: string;
  /** Default {@link DEFAULT_CONNECTIONS}. */
  readonly connections?: number;
  /** Default {@link DEFAULT_CONNECT_TIMEOUT_MS}. */
  readonly connectTimeoutMs?: number;
  /** Default {@link DEFAULT_HEADERS_TIMEOUT_MS}; 0: no limit. */
  readonly headersTimeoutMs?: number;
  /** Default {@link DEFAULT_BODY_TIMEOUT_MS}; 0: no limit. */
  readonly bodyTimeoutMs?: number;
  /** Default {@link DEFAULT_MAX_RESPONSE_BYTES}. Bodies read piece by piece are not limited. */
  readonly maxResponseBytes?: number;
  readonly tls?: TlsOptions;
}

/**
 * A transport over TCP or TLS: keep-alive, one request at a time per connection, at most `connections` of them, a quarter of which is for reads of ranges (`_all_docs`) and the rest for
 * everything else.
 * Rejections are `CouchError`s: `COUCH_UNREACHABLE`, `COUCH_TIMEOUT`, `COUCH_ABORTED`, `COUCH_BAD_RESPONSE`, `COUCH_TOO_LARGE`, `COUCH_CLOSED`.
 */
export function undiciTransport(options: UndiciTransportOptions): CouchTransport {
  const base = new URL(parseServerUrl(options.url).url);
  const prefix = base.pathname.replace(/\/+$/, '');
  const connections = options.connections ?? DEFAULT_CONNECTIONS;
  const scanConnections = Math.floor(connections * SCAN_SHARE);
  const poolOptions = {
    pipelining: 1,
    connect: {
      ...(options.tls as object | undefined),
      timeout: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: 10_000,
    },
    headersTimeout: options.headersTimeoutMs ?? DEFAULT_HEADERS_TIMEOUT_MS,
    bodyTimeout: options.bodyTimeoutMs ?? DEFAULT_BODY_TIMEOUT_MS,
  };
  const pool = new Pool(base.origin, { ...poolOptions, connections: connections - scanConnections });
  const scans = scanConnections === 0 ? pool : new Pool(base.origin, { ...poolOptions, connections: scanConnections });
  const maxBytes = options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES;
  let closing: Promise<void> | undefined;
  const streams = new Set<StreamedResponse>();
  const stream = (request: TransportRequest): Promise<TransportResponse> => {
    const target = {
      hostname: base.hostname.replace(/^\[|\]$/g, ''),
      port: Number(base.port || 80),
      host: base.host,
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      maxResponseBytes: maxBytes,
    };
    const response: StreamedResponse = new StreamedResponse({ ...request, path: prefix + request.path }, target, () => streams.delete(response));
    streams.add(response);
    return response.open();
  };

  return {
    async request(request) {
      if (closing !== undefined) throw new CouchError('COUCH_CLOSED', 'the transport is closed');
      if (request.signal?.aborted) throw errorOfUndici(request.signal.reason, request, { sent: false });
      // Over TLS the bytes are decrypted into memory of their own anyway.
      if (request.streaming === true && base.protocol === 'http:' && request.method === 'GET') return stream(request);
      try {
        const data = await (SCAN.test(request.path) ? scans : pool).request({
          method: request.method,
          path: prefix + request.path,
          headers: request.headers ?? {},
          body: request.body ?? null,
          ...(request.signal ? { signal: request.signal } : {}),
          ...(request.headersTimeoutMs === undefined ? {} : { headersTimeout: request.headersTimeoutMs }),
          ...(request.bodyTimeoutMs === undefined ? {} : { bodyTimeout: request.bodyTimeoutMs }),
        });
        return new UndiciResponse(request, data, maxBytes);
      } catch (error) {
        throw errorOfUndici(error, request, { sent: true });
      }
    },
    close() {
      // Requests that are still open (a feed is, always) are cut, not waited for.
      closing ??= Promise.all([pool.destroy(), scans.destroy()]).then(() => undefined);
      for (const response of streams) response.cut(new CouchError('COUCH_CLOSED', 'the transport was closed'));
      return closing;
    },
  };
}

class UndiciResponse implements TransportResponse {
  readonly status: number;
  readonly headers: TransportResponse['headers'];
  readonly #request: TransportRequest;
  readonly #body: Dispatcher.ResponseData['body'];
  readonly #maxBytes: number;

  constructor(request: TransportRequest, data: Dispatcher.ResponseData, maxBytes: number) {
    this.status = data.statusCode;
    this.headers = normaliseHeaders(data.headers);
    this.#request = request;
    this.#body = data.body;
    this.#maxBytes = maxBytes;
    // Whoever reads the body gets the error from the loop; a body nobody reads must not end the process.
    this.#body.on('error', () => undefined);
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#pieces();
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of this.#body as AsyncIterable<Uint8Array>) yield piece;
    } catch (error) {
      throw errorOfUndici(error, this.#request, { sent: true });
    }
  }

  async text(maxBytes = this.#maxBytes): Promise<string> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of this.#pieces()) {
      bytes += piece.length;
      if (bytes > maxBytes) {
        throw new CouchError('COUCH_TOO_LARGE', `${this.#request.method} ${shownPath(this.#request.path)}: the answer is larger than ${maxBytes} bytes`, {
          status: this.status,
          outcomeUnknown: false,
        });
      }
      pieces.push(piece);
    }
    return Buffer.concat(pieces, bytes).toString('utf8');
  }

  async discard(): Promise<void> {
    const length = Number(this.headers['content-length'] ?? Number.NaN);
    if (length <= DISCARD_BY_READING_BYTES) await this.#body.dump({ limit: DISCARD_BY_READING_BYTES });
    else this.#body.destroy();
  }
}

function normaliseHeaders(headers: Dispatcher.ResponseData['headers']): TransportResponse['headers'] {
  const result: Record<string, string | readonly string[] | undefined> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (name === 'set-cookie') result[name] = Array.isArray(value) ? value : [value];
    else result[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}
