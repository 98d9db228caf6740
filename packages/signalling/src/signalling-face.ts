import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

import { dataBucket, normaliseIpAddress } from '@xir/accounts';
import { systemClock, type Timer } from '@xir/couch-client';
import { ERROR_STRINGS, errorText, type ErrorString, type TokenClaims } from '@xir/protocol';
import { DEFAULT_MAX_WAITING_BYTES, isUser, OutboxSchedule } from '@xir/router';
import { WebSocketServer, type WebSocket } from 'ws';

import { channelOf, readConnectUrl, type ConnectRequest } from './connect-request.ts';
import { Connection, type ConnectionContext, type ConnectionPlace } from './connection.ts';
import { FrameCache } from './frame-cache.ts';
import { noMetrics, type SignallingMetrics } from './metrics.ts';
import { completeLimits, type SignallingOptions } from './options.ts';

/** Signalling over WebSockets, for upgrades from anywhere. */
export interface SignallingFace extends AsyncDisposable {
  /** Takes an upgrade to `/ws/v1|v2/<token>` or `/v1|v2/<token>` over, or refuses it. False: it is for something else. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): boolean;
  metrics(): Readonly<SignallingMetrics>;
  /** Looks again at what the neuron is to its clients: takes what waited, or sends them away. */
  recheck(): void;
  /** Tells clients to go elsewhere, and ends the connections; what is not over after `drainMs` is cut. Idempotent. */
  close(drainMs?: number): Promise<void>;
}

/** Milliseconds that a client which was refused may take to hang up. */
const REFUSED_LINGER_MS = 1_000;

/** Makes the face. Throws `TypeError` for limits that make no sense. */
export function createSignallingFace(options: SignallingOptions): SignallingFace {
  return new Face(options);
}

class Face implements SignallingFace {
  readonly #options: SignallingOptions;
  readonly #context: ConnectionContext;
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  /** Who may come, and waits until it is known whether the neuron serves. */
  readonly #waiting = new Set<() => void>();
  #upgrading = 0;
  #sweep: Timer | undefined;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: SignallingOptions) {
    this.#options = options;
    const { router, clock = systemClock, onError = () => undefined } = options;
    const limits = completeLimits(options.limits ?? {}, DEFAULT_MAX_WAITING_BYTES);
    this.#context = { router, clock, limits, onError, standing: options.standing ?? (() => 'serving'), frames: new FrameCache(), detailedFrames: new FrameCache(true), schedule: new OutboxSchedule(), metrics: noMetrics() };
    this.#server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: limits.maxFrameBytes, perMessageDeflate: false, skipUTF8Validation: false });
    this.#armSweep();
  }

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): boolean {
    const asked = readConnectUrl(request.url ?? '');
    if (asked === undefined) return false;
    const { metrics, limits, onError } = this.#context;
    destroyOnError(socket);
    const isFull = this.#connections.size + this.#upgrading >= limits.maxConnections;
    if (isFull || !this.#takesClients) {
      this.#refuse(socket, this.#takesClients ? 'busy' : 'unavailable');
      return true;
    }
    this.#upgrading += 1;
    this.#admit(asked, request)
      .then(async (place) => {
        if (typeof place === 'string') return this.#refuseTo(asked, place, { request, socket, head });
        // A crowd that comes at once may hold a neuron up for long enough to doubt its lease: who is turned away then comes back, with the crowd.
        while (this.#context.standing() === 'holding' && this.#closing === undefined) await new Promise<void>((resolve) => this.#waiting.add(resolve));
        return this.#accept(place, { request, socket, head });
      })
      .catch((error: unknown) => {
        onError(error);
        metrics.refused += 1;
        socket.destroy();
      })
      .finally(() => (this.#upgrading -= 1));
    return true;
  }

  metrics(): Readonly<SignallingMetrics> {
    const { metrics, schedule } = this.#context;
    return { ...metrics, dropped: schedule.dropped, droppedBy: { ...schedule.droppedBy } };
  }

  recheck(): void {
    const standing = this.#context.standing();
    if (standing === 'holding') return;
    this.#letGo();
    for (const connection of [...this.#connections]) {
      if (standing === 'away') connection.goAway(this.#options.nextHost?.());
      else connection.release();
    }
  }

  close(drainMs = 0): Promise<void> {
    this.#closing ??= this.#closeAll(drainMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #takesClients(): boolean {
    const standing = this.#context.standing();
    return this.#closing === undefined && (standing === 'serving' || standing === 'holding');
  }

  #letGo(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const go of waiting) go();
  }

  /** Who connects where, or why not. */
  async #admit(asked: ConnectRequest, request: IncomingMessage): Promise<ConnectionPlace | ErrorString> {
    const { verifyToken, bans, mayConnect, slowReceiverPolicy, trustProxy = false } = this.#options;
    const claims = verifyToken(asked.token);
    if (claims === undefined || !isUser(claims.dr.k)) return 'unauthorized';
    const path = channelOf(claims, asked);
    if (path === undefined) return claims.dr.p === null && asked.path === undefined ? 'no_namespace' : 'unauthorized';
    const bucket = bucketOf(claims);
    const remoteAddress = addressOf(request, trustProxy);
    if (await bans.check(bucket, remoteAddress, path)) return 'unauthorized';
    if (mayConnect !== undefined && !(await mayConnect(claims, path))) return 'unauthorized';
    return { bucket, path, user: claims.dr.k, remoteAddress, policy: slowReceiverPolicy?.(bucket, path) ?? 'cut', details: asked.details, ...(asked.device === undefined ? {} : { device: asked.device }), ...(asked.since === undefined ? {} : { since: asked.since }) };
  }

  #accept(place: ConnectionPlace, { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Socket; readonly head: Buffer }): void {
    if (socket.destroyed) return;
    if (!this.#takesClients) return this.#refuse(socket, 'unavailable');
    const context = this.#context;
    socket.setNoDelay(true);
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      const connection = this.#open(ws, socket, place);
      if (connection === undefined) return;
      this.#connections.add(connection);
      context.metrics.connections += 1;
      context.metrics.connectionsTotal += 1;
      ws.once('close', () => {
        this.#connections.delete(connection);
        context.metrics.connections -= 1;
        if (this.#connections.size === 0) this.#onEmpty?.();
      });
    });
  }

  /** `undefined`: the router takes nobody any more. */
  #open(ws: WebSocket, socket: Socket, place: ConnectionPlace): Connection | undefined {
    try {
      return new Connection(ws, socket, { context: this.#context, place });
    } catch (error) {
      this.#context.onError(error);
      ws.terminate();
      return undefined;
    }
  }

  /** Pages are not told with which status an upgrade was refused: those that ask for details are let in, told, and shut out. */
  #refuseTo({ details }: ConnectRequest, error: ErrorString, { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Socket; readonly head: Buffer }): void {
    if (!details || socket.destroyed) return this.#refuse(socket, error);
    const { metrics, clock } = this.#context;
    metrics.refused += 1;
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => undefined);
      ws.close(4000 + ERROR_STRINGS[error].status, error);
      const patience = clock.schedule(REFUSED_LINGER_MS, () => ws.terminate());
      ws.once('close', () => patience.cancel());
    });
  }

  #refuse(socket: Duplex, error: ErrorString): void {
    this.#context.metrics.refused += 1;
    if (socket.destroyed) return;
    const body = errorText(error);
    socket.once('finish', () => socket.destroy());
    socket.end(`HTTP/1.1 ${ERROR_STRINGS[error].status} ${error}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }

  /** Bans may have come meanwhile. */
  #armSweep(): void {
    const { clock, limits } = this.#context;
    this.#sweep = clock.schedule(limits.pingIntervalMs, () => {
      for (const connection of this.#connections) {
        const { bucket, path, remoteAddress } = connection.place;
        if (this.#options.bans.peek(bucket, remoteAddress, path) === true) connection.refuse();
        else connection.beat();
      }
      this.#armSweep();
    });
  }

  async #closeAll(drainMs: number): Promise<void> {
    this.#sweep?.cancel();
    this.#letGo();
    for (const connection of [...this.#connections]) connection.goAway(this.#options.nextHost?.());
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

/** A function of its own: a listener lives as long as its socket, and keeps what else is known where it is made, which would be the whole request. */
function destroyOnError(socket: Socket): void {
  socket.on('error', () => socket.destroy());
}

function bucketOf({ ar }: TokenClaims): string {
  return ar.sec === null ? ar.pri : dataBucket(ar.pri, ar.sec);
}

function addressOf({ headers, socket }: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? String(headers['x-forwarded-for'] ?? '').split(',').at(-1)?.trim() : undefined;
  const trusted = forwarded === undefined ? undefined : normaliseIpAddress(forwarded);
  return trusted ?? normaliseIpAddress(socket.remoteAddress ?? '') ?? 'unknown';
}
