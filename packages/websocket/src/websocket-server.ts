import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

import { errorText } from '@xir/protocol';

import { attachWebSocketFace, WEBSOCKET_PATH, type UpgradeRoute } from './attach.ts';
import { DEFAULT_MAX_CONNECTIONS } from './options.ts';
import type { WebSocketFace } from './websocket-face.ts';

/** Default of {@link WebSocketServerOptions.drainMs}. */
export const DEFAULT_DRAIN_MS = 10_000;
/** Milliseconds for the headers of an upgrade to arrive. */
const HEADERS_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;
/** Raw connections beyond those that the face takes: those that are still to ask, or to be refused. */
const SPARE_CONNECTIONS = 1_000;

/** How the server around the face is made. */
export interface WebSocketServerOptions {
  readonly face: WebSocketFace;
  /** Takes upgrades at other paths than `/ws`; not closed with the server. */
  readonly elsewhere?: UpgradeRoute;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Serves TLS with this certificate chain and key, PEM. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Milliseconds that requests under way are given when the server closes. */
  readonly drainMs?: number;
  /** Connections at a time, whether they have upgraded or not; default: those of the face's own default, and 1,000 more. */
  readonly maxConnections?: number;
}

/** A running server. */
export interface WebSocketServerHandle extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** For example `ws://127.0.0.1:4005/ws`. */
  readonly url: string;
  /** Takes no more connections, lets requests under way finish, and closes the face. Idempotent. */
  close(): Promise<void>;
}

/** Starts a server that serves the face at `/ws`, and nothing else but what it is given. Rejects when the port cannot be had. */
export async function createWebSocketServer(options: WebSocketServerOptions): Promise<WebSocketServerHandle> {
  const { face, tls } = options;
  const httpOptions = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 2_000 };
  const server: Server = tls === undefined ? createHttpServer(httpOptions, askToUpgrade) : createHttpsServer({ ...httpOptions, ...tls }, askToUpgrade);
  server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS + SPARE_CONNECTIONS;
  attachWebSocketFace(server, face, options.elsewhere);
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
  const closeAll = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await face.close(options.drainMs ?? DEFAULT_DRAIN_MS);
    // What is left has not upgraded.
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const close = () => (closing ??= closeAll());
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return { host, port, url: `${tls === undefined ? 'ws' : 'wss'}://${shownHost}:${port}${WEBSOCKET_PATH}`, close, [Symbol.asyncDispose]: close };
}

/** A request that does not upgrade is told what is served here (RFC 9110, 15.5.22). */
function askToUpgrade(_request: IncomingMessage, response: ServerResponse): void {
  const body = errorText('bad_request');
  response.writeHead(426, { Upgrade: 'websocket', Connection: 'close', 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.end(body);
}
