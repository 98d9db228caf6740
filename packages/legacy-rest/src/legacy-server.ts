import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { ERROR_STRINGS, isErrorString } from '@xir/protocol';

import { readFields } from './legacy-fields.ts';
import { callOf } from './legacy-routes.ts';
import { answerLegacy, type Invoke, type LegacyAnswer } from './legacy-service.ts';

/** Default of {@link LegacyServerOptions.maxBodyBytes}. */
export const DEFAULT_MAX_BODY_BYTES = 65_536;
/** Default of {@link LegacyServerOptions.requestTimeoutMs}. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
/** Default of {@link LegacyServerOptions.maxConnections}. */
export const DEFAULT_MAX_CONNECTIONS = 10_000;

/** How the server is made. */
export interface LegacyServerOptions {
  /** `invoke` of the REST handler. */
  readonly invoke: Invoke;
  /** Where a request comes from. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Serves HTTPS with this certificate chain and key, PEM. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Bytes of a body. */
  readonly maxBodyBytes?: number;
  /** Milliseconds for a request to arrive. */
  readonly requestTimeoutMs?: number;
  /** Connections at a time; more are not accepted. */
  readonly maxConnections?: number;
  /** Told about failures that nobody planned for. */
  readonly onError?: (error: unknown) => void;
}

/** A running server. */
export interface LegacyServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, and lets those under way finish. Idempotent. */
  close(): Promise<void>;
}

/** Starts a server of the V2 API. Rejects when the port cannot be had. */
export async function createLegacyServer(options: LegacyServerOptions): Promise<LegacyServer> {
  const { host = '127.0.0.1', port, tls, requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS } = options;
  const http = { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, maxHeaderSize: 16_384 };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void serve(request, response, options);
  const server: Server = tls === undefined ? createHttpServer(http, listener) : createHttpsServer({ ...http, ...tls }, listener);
  server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  let closing: Promise<void> | undefined;
  const close = () =>
    (closing ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    }));
  const { port: actual } = server.address() as AddressInfo;
  return { port: actual, url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${actual}`, close, [Symbol.asyncDispose]: close };
}

/** Never rejects: whatever happens is an answer with HTTP status 200. */
async function serve(request: IncomingMessage, response: ServerResponse, options: LegacyServerOptions): Promise<void> {
  const [path = '/', queryText = ''] = (request.url ?? '/').split('?', 2);
  let answer: LegacyAnswer;
  try {
    answer = await answerOf(request, { path, queryText, options });
  } catch (error) {
    options.onError?.(error);
    answer = failure('internal');
  }
  if (response.destroyed) return;
  const body = JSON.stringify({ s: answer.status, p: path, d: answer.data, e: answer.error });
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-cache' });
  response.end(body);
}

async function answerOf(request: IncomingMessage, { path, queryText, options }: { readonly path: string; readonly queryText: string; readonly options: LegacyServerOptions }): Promise<LegacyAnswer> {
  const { method = 'GET', headers } = request;
  const call = callOf(method, path);
  const text = await receive(request, options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES);
  if (call === undefined) return failure('not_found');
  if (text === undefined) return failure('too_large');
  const fields = readFields(queryText, text, headers['content-type']);
  if (fields === undefined) return failure('bad_body');
  return answerLegacy(call, fields, { invoke: options.invoke, remoteAddress: options.addressOf(request) });
}

function failure(error: string): LegacyAnswer {
  return { status: isErrorString(error) ? ERROR_STRINGS[error].status : 500, data: null, error };
}

/** The body as a text; `undefined`: it is too large. What comes of it then is thrown away. */
function receive(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else resolve(undefined);
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
    request.once('close', () => resolve(undefined));
  });
}
