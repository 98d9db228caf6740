import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

import { ERROR_STRINGS, errorText, type ErrorString } from '@xir/protocol';

import type { RestHandler } from './rest-handler.ts';

/** Default of {@link RestServerOptions.maxHeaderBytes}. */
export const DEFAULT_MAX_HEADER_BYTES = 16_384;
/** Default of {@link RestServerOptions.headersTimeoutMs}. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 10_000;
/** Default of {@link RestServerOptions.requestTimeoutMs}. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 60_000;
/** Default of {@link RestServerOptions.keepAliveTimeoutMs}. */
export const DEFAULT_KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Default of {@link RestServerOptions.maxConnections}. */
export const DEFAULT_MAX_CONNECTIONS = 20_000;
/** Default of {@link RestServerOptions.drainMs}. */
export const DEFAULT_DRAIN_MS = 10_000;

/** Milliseconds between looks for idle connections while the server closes. */
const IDLE_SWEEP_MS = 20;

/** How the server around the REST face is made. */
export interface RestServerOptions {
  readonly handler: RestHandler;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Serves HTTPS with this certificate chain and key, PEM. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Bytes of all headers of a request. */
  readonly maxHeaderBytes?: number;
  /** Milliseconds for the headers to arrive. */
  readonly headersTimeoutMs?: number;
  /** Milliseconds for the whole request to arrive. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds that an idle connection is kept. */
  readonly keepAliveTimeoutMs?: number;
  /** Connections at a time; more are not accepted. */
  readonly maxConnections?: number;
  /** Milliseconds that requests under way, and the handler, are given when the server closes. */
  readonly drainMs?: number;
}

/** A running server. */
export interface RestServer extends AsyncDisposable {
  /** The server itself, for further listeners (`upgrade`). */
  readonly server: Server;
  readonly host: string;
  readonly port: number;
  /** For example `http://127.0.0.1:4006`. */
  readonly url: string;
  /** Takes no more requests, ends watches, lets the others finish, and closes the handler. Idempotent. */
  close(): Promise<void>;
}

/** Starts a server. Rejects when the port cannot be had. */
export async function createRestServer(options: RestServerOptions): Promise<RestServer> {
  const { handler } = options;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.headers.host === undefined && request.httpVersion === '1.1') refuseHostless(response);
    else handler(request, response);
  };
  const httpOptions = {
    maxHeaderSize: options.maxHeaderBytes ?? DEFAULT_MAX_HEADER_BYTES,
    headersTimeout: options.headersTimeoutMs ?? DEFAULT_HEADERS_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    keepAliveTimeout: options.keepAliveTimeoutMs ?? DEFAULT_KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 2_000,
    // Refused below, with an envelope.
    requireHostHeader: false,
  };
  const server = options.tls === undefined ? createHttpServer(httpOptions, listener) : createHttpsServer({ ...httpOptions, ...options.tls }, listener);
  // An expectation that is not known may be passed over (RFC 9110, 10.1.1).
  server.on('checkExpectation', listener);
  server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  server.on('clientError', answerClientError);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeServer({ server, handler, sockets }, options.drainMs ?? DEFAULT_DRAIN_MS));
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return { server, host, port, url: `${options.tls === undefined ? 'http' : 'https'}://${shownHost}:${port}`, close, [Symbol.asyncDispose]: close };
}

interface Closing {
  readonly server: Server;
  readonly handler: RestHandler;
  readonly sockets: ReadonlySet<Socket>;
}

async function closeServer({ server, handler, sockets }: Closing, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  let runOut: () => void = () => {};
  const outOfPatience = new Promise<void>((resolve) => (runOut = resolve));
  const patience = setTimeout(() => {
    server.closeAllConnections();
    runOut();
  }, drainMs);
  // A connection that is kept alive becomes idle only when its last answer has been sent.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  // One that was opened in advance and has sent nothing counts as idle for nobody but us.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  // The last measurements are written to a database that may not answer.
  await Promise.race([handler.close(), outOfPatience]);
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(patience);
}

/** A request of HTTP/1.1 without `Host` is not HTTP (RFC 9112, 3.2). */
function refuseHostless(response: ServerResponse): void {
  const body = errorText('bad_request');
  response.writeHead(ERROR_STRINGS.bad_request.status, [
    'Content-Type',
    'application/json',
    'Access-Control-Allow-Origin',
    '*',
    'Connection',
    'close',
    'Content-Length',
    String(body.length),
  ]);
  response.end(body);
}

/** Answers what the HTTP parser could not read: an envelope here too, with the precise status, and the connection ends. */
function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = clientProblem(error.code);
  const body = errorText(problem);
  const status = ERROR_STRINGS[problem].status;
  socket.end(
    `HTTP/1.1 ${status} ${problem}\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

function clientProblem(code: string | undefined): ErrorString {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'timeout' : 'bad_request';
}
