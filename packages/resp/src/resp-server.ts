import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import type { RespFace } from './resp-face.ts';

/** Default of {@link RespServerOptions.drainMs}. */
export const DEFAULT_DRAIN_MS = 10_000;
/** Default of {@link RespServerOptions.keepAliveProbeMs}. */
export const DEFAULT_KEEP_ALIVE_PROBE_MS = 300_000;

/** How the server around the face is made. */
export interface RespServerOptions {
  readonly face: RespFace;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Serves TLS with this certificate chain and key, PEM. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Milliseconds that requests under way are given when the server closes. */
  readonly drainMs?: number;
  /** Milliseconds of silence after which the operating system asks whether a client is still there. */
  readonly keepAliveProbeMs?: number;
}

/** A running server. */
export interface RespServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** For example `redis://127.0.0.1:4007`. */
  readonly url: string;
  /** Takes no more connections, lets requests under way finish, and closes the face. Idempotent. */
  close(): Promise<void>;
}

/** Starts a server. Rejects when the port cannot be had. */
export async function createRespServer(options: RespServerOptions): Promise<RespServer> {
  const { face, tls } = options;
  // A client that has said its last word is still answered.
  const socketOptions = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: options.keepAliveProbeMs ?? DEFAULT_KEEP_ALIVE_PROBE_MS };
  const server: Server = tls === undefined ? createTcpServer(socketOptions) : createTlsServer({ ...socketOptions, ...tls });
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => face.accept(socket));
  const raw = new Set<Socket>();
  if (tls !== undefined) {
    // Connections whose handshake is not over are nobody's yet.
    server.on('connection', (socket: Socket) => {
      raw.add(socket);
      socket.once('close', () => raw.delete(socket));
    });
    server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  }
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
    for (const socket of raw) socket.destroy();
    await closed;
  };
  const close = () => (closing ??= closeAll());
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return { host, port, url: `${tls === undefined ? 'redis' : 'rediss'}://${shownHost}:${port}`, close, [Symbol.asyncDispose]: close };
}
