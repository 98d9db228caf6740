import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Authenticator } from './access/authenticator.ts';
import { CouchRefusal } from './couch-error.ts';
import { EmbeddedError } from './errors.ts';
import { Exchange } from './http/exchange.ts';
import type { ExchangeResponse } from './http/exchange-sides.ts';
import { route, type RouterContext } from './http/router.ts';
import { LocalFace } from './local/local-face.ts';
import type { LocalRequest } from './local/local-request.ts';
import type { LocalResponse } from './local/local-response.ts';
import { Catalog } from './storage/catalog.ts';
import { lockDirectory, type DirectoryLock } from './storage/directory-lock.ts';

/** Default of {@link EmbeddedCouchOptions.host}. */
export const DEFAULT_HOST = '127.0.0.1';
/** Default of {@link EmbeddedCouchOptions.maxDocumentBytes}, as in CouchDB. */
export const DEFAULT_MAX_DOCUMENT_BYTES = 8_000_000;
/** Default of {@link EmbeddedCouchOptions.maxBodyBytes}. */
export const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Default of {@link EmbeddedCouchOptions.maxConnections}. */
export const DEFAULT_MAX_CONNECTIONS = 2048;
/** Default of {@link EmbeddedCouchOptions.maxDatabases}. */
export const DEFAULT_MAX_DATABASES = 500;
/** Longest request line and headers together, in bytes. */
export const MAX_HEADER_BYTES = 32 * 1024;

/** How {@link startEmbeddedCouch} is configured. */
export interface EmbeddedCouchOptions {
  /** Where the files are; created if absent. One process at a time. */
  readonly directory: string;
  /** Address to listen on; default `127.0.0.1`. Others than loopback need `admins`. */
  readonly host?: string;
  /** 0 (default): any free one. */
  readonly port?: number;
  /**
   * Names to passwords, plain or from {@link hashPassword}. Without any, everybody who connects is an admin, which is allowed
   * on loopback only; with one, every database needs a login.
   */
  readonly admins?: Readonly<Record<string, string>>;
  /** Longest document, in bytes of JSON without its `_` members; default 8,000,000. Longer: 413 `document_too_large`. */
  readonly maxDocumentBytes?: number;
  /** Longest request body, in bytes; default 64 MiB. Longer: 413 `too_large`. */
  readonly maxBodyBytes?: number;
  /** Connections at a time; default 2,048. Further ones are closed. */
  readonly maxConnections?: number;
  /** Databases in the directory; default 500. Further ones: 507. */
  readonly maxDatabases?: number;
  /** Told of errors that a request met inside the server; default: `console.error`. Never carries a password. */
  readonly onError?: (error: unknown) => void;
}

/** A running server. */
export interface EmbeddedCouch extends AsyncDisposable {
  /** `http://<host>:<port>`, without credentials. */
  readonly url: string;
  /**
   * Carries a request out without a socket, as an admin: for the process that runs the server. The answers are those of the socket. Rejects with
   * `EMBEDDED_CLOSED`, `EMBEDDED_BROKEN_OFF` or the reason of the request's signal.
   */
  request(request: LocalRequest): Promise<LocalResponse>;
  /** Ends feeds, finishes requests and commits under way, closes the files and gives the directory back. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the directory and serves it.
 * @throws EmbeddedError `EMBEDDED_LOCKED`, `EMBEDDED_CORRUPT`, `EMBEDDED_LISTEN`, `EMBEDDED_BAD_OPTION`
 */
export async function startEmbeddedCouch(options: EmbeddedCouchOptions): Promise<EmbeddedCouch> {
  const host = options.host ?? DEFAULT_HOST;
  const lock = lockDirectory(options.directory);
  let catalog: Catalog | undefined;
  try {
    catalog = new Catalog(options.directory);
    const authenticator = new Authenticator({ admins: options.admins ?? {}, host, secret: catalog.secret });
    const how = answering(options, catalog, authenticator);
    const server = createHttpServer(options, how);
    const port = await listen(server, host, options.port ?? 0);
    const face = new LocalFace((exchange) => route(exchange, how.context), {
      maxBodyBytes: how.maxBodyBytes,
      refuse: (exchange, response, error) => refuse(exchange, response, error, how.onError),
    });
    return new RunningServer(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, { server, catalog, lock, face });
  } catch (error) {
    await catalog?.close();
    lock.release();
    throw error;
  }
}

interface ServerParts {
  readonly server: Server;
  readonly catalog: Catalog;
  readonly lock: DirectoryLock;
  readonly face: LocalFace;
}

class RunningServer implements EmbeddedCouch {
  readonly url: string;
  readonly #parts: ServerParts;
  #closing: Promise<void> | undefined;

  constructor(url: string, parts: ServerParts) {
    this.url = url;
    this.#parts = parts;
  }

  request(request: LocalRequest): Promise<LocalResponse> {
    return this.#parts.face.request(request);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { server, catalog, lock, face } = this.#parts;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    face.close();
    server.closeIdleConnections();
    await catalog.close();
    // Feeds have ended with the databases; what still hangs is a client that does not read.
    const forced = setTimeout(() => server.closeAllConnections(), 500);
    setImmediate(() => server.closeIdleConnections());
    await closed;
    clearTimeout(forced);
    face.cut();
    lock.release();
  }
}

function answering(options: EmbeddedCouchOptions, catalog: Catalog, authenticator: Authenticator): AnswerContext {
  return {
    context: {
      catalog,
      authenticator,
      limits: {
        maxDocumentBytes: options.maxDocumentBytes ?? DEFAULT_MAX_DOCUMENT_BYTES,
        maxDatabases: options.maxDatabases ?? DEFAULT_MAX_DATABASES,
      },
    },
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    onError: options.onError ?? ((error: unknown) => console.error('couch-embedded: a request failed:', error)),
  };
}

function createHttpServer(options: EmbeddedCouchOptions, how: AnswerContext): Server {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 60_000, requestTimeout: 300_000 }, (request, response) => {
    void answer(request, response, how);
  });
  server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  return server;
}

interface AnswerContext {
  readonly context: RouterContext;
  readonly maxBodyBytes: number;
  readonly onError: (error: unknown) => void;
}

async function answer(request: IncomingMessage, response: ServerResponse, { context, maxBodyBytes, onError }: AnswerContext): Promise<void> {
  let exchange: Exchange | undefined;
  try {
    exchange = new Exchange(request, response, maxBodyBytes);
    exchange.user = await context.authenticator.authenticate(exchange);
    await route(exchange, context);
  } catch (error) {
    if (request.destroyed && !request.complete) return;
    refuse(exchange, response, error, onError);
  }
}

function refuse(exchange: Exchange | undefined, response: ExchangeResponse, error: unknown, onError: (error: unknown) => void): void {
  const refusal = error instanceof CouchRefusal ? error : internalError(error);
  // A request that comes while the server closes is no fault of the server.
  if (refusal !== error && !isClosed(error)) onError(error);
  if (exchange !== undefined) {
    exchange.refuse(refusal);
    return;
  }
  const body = `${JSON.stringify({ error: refusal.error, reason: refusal.reason })}\n`;
  response.writeHead(refusal.status, { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) });
  response.end(body);
}

function isClosed(error: unknown): boolean {
  return error instanceof EmbeddedError && error.code === 'EMBEDDED_CLOSED';
}

/** Storage that fails is a 5xx; what was to be written is not acknowledged. */
function internalError(error: unknown): CouchRefusal {
  if (isClosed(error)) return new CouchRefusal(503, 'service_unavailable', 'The server is shutting down.');
  if (error instanceof EmbeddedError) return new CouchRefusal(500, 'internal_server_error', error.code);
  return new CouchRefusal(500, 'internal_server_error', 'The request could not be answered.');
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new EmbeddedError('EMBEDDED_LISTEN', `cannot listen on ${host}:${port}: ${error.message}`, { cause: error })));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
