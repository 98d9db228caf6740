import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@xir/couch-client';
import { WebSocketServer } from 'ws';
import { neuronOf } from './certificates.ts';
import type { LinkCredentials } from './link-identity.ts';
import { LinkSocket, proofOf } from './link-socket.ts';
import { MAX_LINK_FRAME_BYTES, type LinkLimits } from './limits.ts';
import { CROSSED_STATUS, LINK_PATH } from './tls-dial.ts';

/** What a link server needs. */
export interface LinkServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly credentials: LinkCredentials;
  readonly clock: Clock;
  readonly limits: Pick<LinkLimits, 'maxConnections' | 'maxUnprovedConnections' | 'proofTimeoutMs'>;
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
  /** Who has not proved yet who it is, by where it comes from, the oldest first. */
  readonly #unproved = new Map<string, { readonly socket: Socket; readonly patience: Timer }>();

  private constructor(options: LinkServerOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_LINK_FRAME_BYTES, clientTracking: false });
    this.#server = createServer({ ...options.credentials, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' });
    this.#server.maxConnections = options.limits.maxConnections;
    this.#server.on('connection', (socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      // The bare one, beneath TLS.
      this.#await(socket as Socket);
    });
    // The connection ends with it, and is counted then.
    this.#server.on('tlsClientError', () => undefined);
    this.#server.on('request', (request, response) => {
      response.writeHead(404, { connection: 'close' }).end();
      request.socket.destroySoon();
    });
    this.#server.on('upgrade', (request, socket, head) => {
      const certificate = socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
      const neuron = certificate === undefined ? undefined : neuronOf(certificate);
      if (certificate === undefined || neuron === undefined || request.url !== LINK_PATH) return void socket.destroy();
      const proof = proofOf(certificate);
      const verdict = options.admit(neuron, proof.serial);
      if (verdict === 'refuse') return void socket.destroy();
      this.#proved(placeOf(socket));
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
    for (const { patience } of this.#unproved.values()) patience.cancel();
    this.#unproved.clear();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  /** Gives a stranger so long to prove who it is. Where too many do, the one that came first has had its time: a neuron takes milliseconds. */
  #await(socket: Socket): void {
    const { clock, limits } = this.#options;
    const place = placeOf(socket);
    const [oldest] = this.#unproved.keys();
    if (this.#unproved.size >= limits.maxUnprovedConnections && oldest !== undefined) this.#giveUp(oldest);
    const patience = clock.schedule(limits.proofTimeoutMs, () => this.#giveUp(place));
    const stranger = { socket, patience };
    this.#unproved.set(place, stranger);
    socket.once('close', () => {
      if (this.#unproved.get(place) !== stranger) return;
      this.#proved(place);
      this.#options.turnedAway();
    });
  }

  /** It is nobody to be waited for any more. */
  #proved(place: string): void {
    this.#unproved.get(place)?.patience.cancel();
    this.#unproved.delete(place);
  }

  #giveUp(place: string): void {
    const stranger = this.#unproved.get(place);
    if (stranger === undefined) return;
    this.#proved(place);
    this.#options.turnedAway();
    stranger.socket.destroy();
  }

}

function placeOf(socket: Duplex): string {
  const { remoteAddress = '', remotePort = 0 } = socket as Socket;
  return `${remoteAddress} ${remotePort}`;
}
