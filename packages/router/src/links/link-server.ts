import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Clock } from '@xir/couch-client';
import { WebSocketServer } from 'ws';
import { neuronOf } from './certificates.ts';
import type { LinkCredentials } from './link-identity.ts';
import { LinkSocket, proofOf } from './link-socket.ts';
import { MAX_LINK_FRAME_BYTES } from './limits.ts';
import { CROSSED_STATUS, LINK_PATH } from './tls-dial.ts';

/** How long a stranger may take to prove who it is, in milliseconds. */
export const PROOF_TIMEOUT_MS = 5000;

/** What a link server needs. */
export interface LinkServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly credentials: LinkCredentials;
  readonly clock: Clock;
  readonly maxConnections: number;
  /** What to do with a neuron that has proved who it is. */
  readonly admit: (neuron: string, serial: string) => 'accept' | 'crossed' | 'refuse';
  readonly accepted: (neuron: string, socket: LinkSocket) => void;
  /** A stranger was sent away. */
  readonly turnedAway: () => void;
}

/** The link's port: whoever does not prove by a certificate of the system's authority to be a neuron of it gets nothing. */
export class LinkServer {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #options: LinkServerOptions;
  readonly #open = new Set<Duplex>();

  private constructor(options: LinkServerOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_LINK_FRAME_BYTES, clientTracking: false });
    this.#server = createServer({ ...options.credentials, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3', handshakeTimeout: PROOF_TIMEOUT_MS, headersTimeout: PROOF_TIMEOUT_MS, requestTimeout: PROOF_TIMEOUT_MS });
    this.#server.maxConnections = options.maxConnections;
    this.#server.on('connection', (socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    this.#server.on('tlsClientError', () => options.turnedAway());
    this.#server.on('request', (request, response) => {
      response.writeHead(404, { connection: 'close' }).end();
      request.socket.destroySoon();
    });
    this.#server.on('upgrade', (request, socket, head) => {
      const certificate = socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
      const neuron = certificate === undefined ? undefined : neuronOf(certificate);
      if (certificate === undefined || neuron === undefined || request.url !== LINK_PATH) return this.#turnAway(socket);
      const proof = proofOf(certificate);
      const verdict = options.admit(neuron, proof.serial);
      if (verdict === 'refuse') return this.#turnAway(socket);
      if (verdict === 'crossed') return void socket.end(`HTTP/1.1 ${CROSSED_STATUS} Conflict\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => options.accepted(neuron, new LinkSocket(webSocket, proof, options.clock)));
    });
  }

  /** Listens. Rejects with the system's error. */
  static async listen(options: LinkServerOptions): Promise<LinkServer> {
    const server = new LinkServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(options.port, options.host, () => {
        server.#server.off('error', reject);
        // An error of the listening socket later on is nobody's request.
        server.#server.on('error', () => options.turnedAway());
        resolve();
      });
    });
    return server;
  }

  /** The port it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Proves from now on with another certificate. */
  renew(credentials: LinkCredentials): void {
    this.#server.setSecureContext({ ...credentials, minVersion: 'TLSv1.3' });
  }

  /** Listens no more, and ends all connections. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #turnAway(socket: Duplex): void {
    this.#options.turnedAway();
    socket.destroy();
  }
}
