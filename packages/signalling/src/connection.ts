import type { Socket } from 'node:net';

import type { Clock } from '@xir/couch-client';
import type { JsonValue } from '@xir/kv4-core';
import {
  Outbox,
  RateLimit,
  RouterError,
  type EndReason,
  type JoinRequest,
  type LocalPeer,
  type Message,
  type OutboxSchedule,
  type OutgoingMessage,
  type PresenceChange,
  type Receiver,
  type Router,
  type SendReport,
  type SlowReceiverPolicy,
  type Standing,
} from '@xir/router';
import type { RawData, WebSocket } from 'ws';

import { readClientFrame, type ClientFrame } from './client-frame.ts';
import type { FrameCache } from './frame-cache.ts';
import { FrameWriter } from './frame-writer.ts';
import { detailedPeersFrame, goAwayFrame, historyFrame, noHistoryFrame, peersFrame, presenceFrame, recoveredFrame, refusedFrame, reportFrame, storedFrame } from './frames.ts';
import type { SignallingMetrics } from './metrics.ts';
import type { SignallingLimits } from './options.ts';
import { serverFrame } from './server-frame.ts';

/** Codes with which connections are closed (RFC 6455, 7.4; from 4000 on our own). */
export const SIGNALLING_CLOSE_CODES = { goingAway: 1001, unsupportedData: 1003, policyViolation: 1008, kicked: 4001, replaced: 4002, tooSlow: 4003 } as const;

/** Reads of the history of one client at a time. */
const MAX_HISTORY_READS = 4;

/** What all connections of a face share. */
export interface ConnectionContext {
  readonly router: Router;
  readonly frames: FrameCache;
  /** For clients that want details. */
  readonly detailedFrames: FrameCache;
  readonly schedule: OutboxSchedule;
  readonly metrics: SignallingMetrics;
  readonly limits: SignallingLimits;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly standing: () => Standing;
}

/** Who a connection is. */
export interface ConnectionPlace extends JoinRequest {
  readonly remoteAddress: string;
  readonly policy: SlowReceiverPolicy;
  readonly details: boolean;
}

/** One client on one channel. */
export class Connection implements Receiver {
  // What every message touches comes first: these lie together in memory.
  readonly #frames: FrameCache;
  readonly #outbox: Outbox;
  readonly place: ConnectionPlace;
  readonly #context: ConnectionContext;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #rate: RateLimit;
  readonly #peer: LocalPeer;
  #readBefore = -1;
  #blockedBefore = false;
  #reading = 0;
  /** What came while the neuron was holding. */
  #held: string[] = [];

  constructor(ws: WebSocket, socket: Socket, { context, place }: { readonly context: ConnectionContext; readonly place: ConnectionPlace }) {
    this.#context = context;
    this.#ws = ws;
    this.#socket = socket;
    this.place = place;
    this.#frames = place.details ? context.detailedFrames : context.frames;
    const { limits, clock, schedule } = context;
    const sink = new FrameWriter(ws, socket, { onDrained: () => this.#outbox.drained(), onCut: () => (context.metrics.slowCut += 1) });
    this.#outbox = new Outbox({ schedule, policy: place.policy, maxWaitingBytes: limits.maxWaitingBytes, sink });
    this.#rate = new RateLimit(limits.maxFramesPerSecond, clock.monotonic());
    ws.on('message', (data: RawData, isBinary: boolean) => this.#receive(data as Buffer, isBinary));
    ws.on('error', () => (context.metrics.floodsCut += 1));
    this.#peer = context.router.join(place, this);
    // Clients count on their own arrival coming before the list.
    const { peer, recovery } = this.#peer;
    this.#outbox.push(presenceFrame({ type: 'join', peer }, place.details));
    const { router } = context;
    const isTold = router.tellsPresence(peer);
    if (place.details) this.#outbox.push(detailedPeersFrame(peer.path, isTold ? router.peers(peer) : [peer], recovery !== undefined));
    else this.#outbox.push(peersFrame(peer.path, isTold ? (router.channel(peer)?.users() ?? []) : [peer.user]));
    void recovery?.then(({ recovered, position }) => this.#outbox.push(recoveredFrame(place.path, { recovered, position })));
    ws.once('close', () => {
      this.#outbox.close();
      this.#peer.disconnect();
    });
  }

  deliver(message: Message, onWritten?: (written: boolean) => void): void {
    const frames = this.#frames;
    const frame = frames.ofMessage(message);
    const options = frames.optionsOfMessage;
    this.#outbox.push(frame, onWritten === undefined ? options : { ...options, onWritten });
  }

  presence(change: PresenceChange): void {
    const { type, devices, peer } = change;
    // Without details users come with their first device, and go with their last.
    if (this.place.details) return this.#outbox.push(this.#frames.ofChange(change));
    if (peer.user === this.place.user ? type !== 'update' : (type === 'join' && devices > 1) || (type === 'leave' && devices > 0)) return;
    this.#outbox.push(this.#frames.ofChange(change));
  }

  stored(message: Message): void {
    this.#outbox.push(storedFrame(message));
  }

  undelivered(report: SendReport, id: string | undefined): void {
    // Who gave no id does not expect to hear of it.
    if (id !== undefined) this.#outbox.push(reportFrame(this.place.path, 'undelivered', { id, report }));
  }

  end(reason: EndReason): void {
    if (reason === 'kicked') this.#ws.close(SIGNALLING_CLOSE_CODES.kicked, 'you were taken off the channel');
    else if (reason === 'replaced') this.#ws.close(SIGNALLING_CLOSE_CODES.replaced, 'you have connected again');
    else this.#ws.close(SIGNALLING_CLOSE_CODES.goingAway, 'the neuron is closing');
  }

  /** Takes what waited. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const text of held) this.#take(text);
    this.#ws.resume();
  }

  /** Tells the client to go elsewhere, and ends; what waited is refused. */
  goAway(host: string | undefined): void {
    for (const text of this.#held) this.#refuse(text);
    this.#held = [];
    this.#ws.resume();
    this.#outbox.push(goAwayFrame(this.place.path, host ?? null));
    this.#outbox.flush();
    this.#peer.leave();
    this.#ws.close(SIGNALLING_CLOSE_CODES.goingAway, 'the neuron is closing');
  }

  /** The client may not be here any more. */
  refuse(): void {
    this.#peer.leave();
    this.#ws.close(SIGNALLING_CLOSE_CODES.policyViolation, 'not allowed');
  }

  /** Asks for a sign of life; cuts a client that has given none, or has read nothing, since it was asked before. */
  beat(): void {
    const { bytesRead } = this.#socket;
    const isSilent = bytesRead === this.#readBefore;
    if ((isSilent && !this.#outbox.isBlocked) || (this.#outbox.isBlocked && this.#blockedBefore && isSilent)) {
      this.#context.metrics.silentCut += 1;
      return this.destroy();
    }
    this.#readBefore = bytesRead;
    this.#blockedBefore = this.#outbox.isBlocked;
    this.#ws.ping();
  }

  destroy(): void {
    this.#ws.terminate();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const { metrics, clock } = this.#context;
    metrics.framesIn += 1;
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (isBinary) {
      metrics.floodsCut += 1;
      return this.#ws.close(SIGNALLING_CLOSE_CODES.unsupportedData, 'frames are text');
    }
    if (!this.#rate.take(clock.monotonic())) {
      metrics.floodsCut += 1;
      return this.#ws.close(SIGNALLING_CLOSE_CODES.policyViolation, 'too many frames');
    }
    // The most frequent of all, by far: nothing is made of it.
    if (data.length === 4 && data[0] === 0x70) return;
    const text = data.toString('utf8');
    if (this.#held.length === 0 && this.#context.standing() !== 'holding') return this.#take(text);
    this.#held.push(text);
    // What has been read already still comes; nothing more is read.
    this.#ws.pause();
  }

  #refuse(text: string): void {
    const frame = readClientFrame(text, this.#peer.peer.path);
    if (frame.type === 'message') this.#outbox.push(refusedFrame(this.place.path, 'SIGNALLING_NOT_SERVING', frame.message.id));
  }

  #take(text: string): void {
    const { metrics } = this.#context;
    const frame = readClientFrame(text, this.#peer.peer.path);
    switch (frame.type) {
      case 'nothing':
        return;
      case 'ping':
        return this.#outbox.push(serverFrame(frame.answer));
      case 'malformed':
        metrics.malformed += 1;
        return;
      case 'spoofed':
        metrics.spoofed += 1;
        return;
      case 'state':
        return this.#update(frame.state, frame.id);
      case 'history':
        return void this.#readHistory(frame);
      case 'message':
        return this.#send(frame.message);
    }
  }

  #update(state: JsonValue | undefined, id: string | undefined): void {
    this.#try(id, () => {
      this.#peer.update(state);
      if (id !== undefined) this.#outbox.push(reportFrame(this.place.path, 'acknowledged', { id, report: { reached: 0, written: 0, undelivered: [] } }));
    });
  }

  async #readHistory({ id, wanted }: Extract<ClientFrame, { readonly type: 'history' }>): Promise<void> {
    if (wanted === undefined) return this.#outbox.push(noHistoryFrame(id, 'bad_request'));
    if (this.#reading >= MAX_HISTORY_READS) return this.#outbox.push(noHistoryFrame(id, 'busy'));
    this.#reading += 1;
    try {
      const page = await this.#context.router.history(this.#peer.peer, wanted);
      this.#outbox.push(page === undefined ? noHistoryFrame(id, 'no_history') : historyFrame(id, page));
    } catch (error) {
      this.#context.onError(error);
      this.#outbox.push(noHistoryFrame(id, 'unavailable'));
    } finally {
      this.#reading -= 1;
    }
  }

  #send(message: OutgoingMessage): void {
    const { id, level } = message;
    const onReport = id === undefined || level === undefined ? undefined : (report: SendReport) => this.#outbox.push(reportFrame(this.place.path, 'acknowledged', { id, report }));
    this.#try(id, () => this.#peer.send(message, onReport));
  }

  #try(id: string | undefined, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof RouterError)) return this.#context.onError(error);
      // Between being taken off and the end of the connection nothing is said any more.
      if (error.code !== 'ROUTER_LEFT') this.#outbox.push(refusedFrame(this.place.path, error.code, id));
    }
  }
}
