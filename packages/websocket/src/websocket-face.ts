import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { AccountsError, DataTokens } from '@xir/accounts';
import { systemClock, type Timer } from '@xir/couch-client';
import { WebSocketServer } from 'ws';

import { Connection } from './connection.ts';
import type { WebSocketContext } from './context.ts';
import { tellError } from './errors.ts';
import { logInByHeader } from './log-in.ts';
import { WebSocketMetrics, type WebSocketMetricsSnapshot } from './metrics.ts';
import { completeLimits, type WebSocketOptions } from './options.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { remoteAddressOf } from './remote-address.ts';
import { Session } from './session.ts';

/** The sub-protocol that is chosen where a client offers it. */
export const WEBSOCKET_SUBPROTOCOL = 'xir.data.v1';

/** The WebSocket data API over a store, for upgrades from anywhere. */
export interface WebSocketFace extends AsyncDisposable {
  /** Takes an upgrade over (RFC 6455) and serves the connection until it ends, or refuses it. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  metrics(): WebSocketMetricsSnapshot;
  /** Tells clients to go elsewhere, lets requests under way finish, and ends the connections; what is not over after `drainMs` is cut. Idempotent. */
  close(drainMs?: number): Promise<void>;
}

/** Makes the face. Throws `TypeError` for limits that make no sense. */
export function createWebSocketFace(options: WebSocketOptions): WebSocketFace {
  return new Face(options);
}

class Face implements WebSocketFace {
  readonly #context: WebSocketContext;
  readonly #trustProxy: boolean;
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  #upgrading = 0;
  #sweep: Timer | undefined;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor({ store, accounts, systemSecret, clock = systemClock, trustProxy = false, compression = false, limits, countRequest, onError }: WebSocketOptions) {
    if (systemSecret === '') throw new TypeError('systemSecret must not be empty');
    const complete = completeLimits(limits);
    this.#trustProxy = trustProxy;
    this.#context = {
      store,
      accounts,
      clock,
      limits: complete,
      metrics: new WebSocketMetrics(),
      tokens: new DataTokens(systemSecret),
      countRequest,
      onError: (error) => onError?.(error),
    };
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: complete.maxFrameBytes,
      perMessageDeflate: compression ? { threshold: 1024, clientNoContextTakeover: true, serverNoContextTakeover: true } : false,
      handleProtocols: (offered) => (offered.has(WEBSOCKET_SUBPROTOCOL) ? WEBSOCKET_SUBPROTOCOL : false),
    });
    this.#armSweep();
  }

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { metrics, limits, onError } = this.#context;
    socket.on('error', () => socket.destroy());
    if (this.#closing !== undefined || this.#connections.size + this.#upgrading >= limits.maxConnections) {
      metrics.connectionsRefused += 1;
      return refuseUpgrade(socket, this.#closing === undefined ? 'busy' : 'unavailable', ['Retry-After: 1']);
    }
    // Whatever would stand there is written into logs: tokens above all.
    if (request.url?.includes('?') === true) return refuseUpgrade(socket, 'bad_request');
    this.#upgrading += 1;
    this.#logIn(request)
      .then(
        (session) => this.#accept(session, { request, socket, head }),
        (error: unknown) => {
          const { body, unexpected } = tellError(error);
          if (unexpected) onError(error);
          refuseUpgrade(socket, body.error, error instanceof AccountsError && body.retryAfterMs !== undefined ? [`Retry-After: ${Math.ceil(body.retryAfterMs / 1000)}`] : []);
        },
      )
      .finally(() => (this.#upgrading -= 1))
      .catch((error: unknown) => {
        onError(error);
        socket.destroy();
      });
  }

  metrics(): WebSocketMetricsSnapshot {
    return this.#context.metrics.snapshot();
  }

  close(drainMs = 0): Promise<void> {
    this.#closing ??= this.#closeAll(drainMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What a browser sends along by itself proves nothing of the page that connects: pages log in by message. */
  async #logIn(request: IncomingMessage): Promise<Session> {
    const session = new Session(this.#context, remoteAddressOf(request, this.#trustProxy));
    const { authorization, origin } = request.headers;
    if (authorization !== undefined && origin === undefined) await logInByHeader(session, authorization);
    return session;
  }

  #accept(session: Session, { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Socket; readonly head: Buffer }): void {
    if (socket.destroyed) return;
    if (this.#closing !== undefined) return refuseUpgrade(socket, 'unavailable');
    const { metrics } = this.#context;
    socket.setNoDelay(true);
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection(ws, socket, session);
      this.#connections.add(connection);
      metrics.connections += 1;
      metrics.connectionsTotal += 1;
      ws.once('close', () => {
        this.#connections.delete(connection);
        metrics.connections -= 1;
        if (this.#connections.size === 0) this.#onEmpty?.();
      });
    });
  }

  #armSweep(): void {
    const { clock, limits } = this.#context;
    this.#sweep = clock.schedule(limits.pingIntervalMs, () => {
      for (const connection of this.#connections) connection.beat();
      this.#armSweep();
    });
  }

  async #closeAll(drainMs: number): Promise<void> {
    this.#sweep?.cancel();
    for (const connection of this.#connections) connection.drain(drainMs);
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const patience = this.#context.clock.schedule(drainMs, () => {
        for (const connection of this.#connections) connection.destroy();
      });
      this.#onEmpty = () => {
        patience.cancel();
        resolve();
      };
    });
  }
}
