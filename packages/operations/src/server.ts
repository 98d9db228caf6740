import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OperationsError } from './errors.ts';
import { decideHealth, healthStatusCode, type HealthInput } from './health.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** Whether traffic should be sent to this neuron, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly cause: string;
}

/** A text that is served at a path of its own. */
export interface OperationsDocument {
  readonly contentType: string;
  /** Made when it is first asked for, and kept, unless it is to be made each time. */
  readonly render: () => string;
  /** Made each time. Default false. */
  readonly isFresh?: boolean;
  /** What a page may load and run; default: nothing. */
  readonly contentSecurityPolicy?: string;
}

/** What the operations server serves, and where. */
export interface OperationsServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** Read on every request to `/health`. */
  readonly health: () => HealthInput;
  /** Read on every request to `/ready`. */
  readonly readiness: () => Readiness;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Further texts by their path, such as `/openapi.json`. */
  readonly documents?: Readonly<Record<string, OperationsDocument>>;
}

/** A running operations server. */
export interface OperationsServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Stops accepting and ends open connections. Idempotent. */
  close(): Promise<void>;
}

/** Default of {@link OperationsServerOptions.host}. */
export const DEFAULT_OPERATIONS_HOST = '127.0.0.1';
/** Milliseconds a client may take for its request. */
export const OPERATIONS_REQUEST_TIMEOUT_MS = 10_000;
/** Connections served at a time; further ones are refused. */
export const OPERATIONS_MAX_CONNECTIONS = 256;

/** Pages load nothing, run nothing and are shown in no frame; their style stands inside them. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Serves `/health` (JSON; 503 when red), `/ready` (JSON; 503 when not), `/metrics` (Prometheus text), and the documents.
 * Throws `OPERATIONS_LISTEN_FAILED` when the address cannot be listened on.
 */
export async function startOperationsServer(options: OperationsServerOptions): Promise<OperationsServer> {
  const host = options.host ?? DEFAULT_OPERATIONS_HOST;
  const documents = new RenderedDocuments(options.documents ?? {});
  const server = createServer({ requestTimeout: OPERATIONS_REQUEST_TIMEOUT_MS }, (request, response) => {
    answer({ ...options, rendered: documents }, request, response).catch((error: unknown) => fail(options.logger, response, error));
  });
  server.maxConnections = OPERATIONS_MAX_CONNECTIONS;
  const port = await listen(server, host, options.port);
  const shownHost = host.includes(':') ? `[${host}]` : host;
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeServer(server));
  return { host, port, url: `http://${shownHost}:${port}`, close, [Symbol.asyncDispose]: close };
}

/** What is sent. */
interface Answer {
  readonly contentType: string;
  readonly text: string;
  readonly contentSecurityPolicy?: string;
}

/** Documents, each rendered once unless it is to be fresh. */
class RenderedDocuments {
  readonly #documents: ReadonlyMap<string, OperationsDocument>;
  readonly #texts = new Map<string, string>();

  constructor(documents: Readonly<Record<string, OperationsDocument>>) {
    this.#documents = new Map(Object.entries(documents));
  }

  get paths(): string[] {
    return [...this.#documents.keys()];
  }

  get(path: string): Answer | undefined {
    const document = this.#documents.get(path);
    if (document === undefined) return undefined;
    const { contentType, contentSecurityPolicy, isFresh = false } = document;
    const text = (isFresh ? undefined : this.#texts.get(path)) ?? document.render();
    if (!isFresh) this.#texts.set(path, text);
    return { contentType, text, ...(contentSecurityPolicy === undefined ? {} : { contentSecurityPolicy }) };
  }
}

async function answer(options: OperationsServerOptions & { readonly rendered: RenderedDocuments }, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return sendJson(response, 405, { error: 'method_not_allowed', cause: 'only GET and HEAD are served here' });
  }
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const endpoints = ['/health', '/ready', '/metrics', ...options.rendered.paths];
  switch (path) {
    case '/health': {
      const report = decideHealth(options.health());
      return sendJson(response, healthStatusCode(report.status), report);
    }
    case '/ready': {
      const readiness = options.readiness();
      return sendJson(response, readiness.ready ? 200 : 503, readiness);
    }
    case '/metrics': {
      const text = await options.metrics.render();
      return send(response, 200, { contentType: options.metrics.contentType, text });
    }
    case '/':
      return sendJson(response, 200, { endpoints });
    default: {
      const document = options.rendered.get(path);
      return document === undefined ? sendJson(response, 404, { error: 'not_found', endpoints }) : send(response, 200, document);
    }
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, { contentType: 'application/json; charset=utf-8', text: `${JSON.stringify(body)}\n` });
}

function send(response: ServerResponse, status: number, body: Answer): void {
  response.writeHead(status, {
    'content-type': body.contentType,
    'content-length': Buffer.byteLength(body.text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(body.contentType.startsWith('text/html') ? { 'content-security-policy': body.contentSecurityPolicy ?? PAGE_POLICY, 'referrer-policy': 'no-referrer' } : {}),
  });
  response.end(body.text);
}

function fail(logger: Logger, response: ServerResponse, error: unknown): void {
  logger.error({ error }, 'an operations request failed');
  if (response.headersSent) response.destroy();
  else sendJson(response, 500, { error: 'internal', cause: 'see the log of this neuron' });
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) =>
      reject(new OperationsError('OPERATIONS_LISTEN_FAILED', `Cannot listen on ${host}:${port}: ${error.message}`, error));
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.removeListener('error', refuse);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
