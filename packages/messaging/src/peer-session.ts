import type { Clock, Timer } from '@xir/couch-client';
import type { JsonValue } from '@xir/kv4-core';
import { frameText, peersFrame, presenceFrame, recoveredFrame, reportFrame, storedFrame, type FrameCache } from '@xir/signalling';
import { EMPTY_HISTORY_POSITION, type EndReason, type JoinRequest, type LocalPeer, type Message, type OutgoingMessage, type PresenceChange, type Receiver, type Router, type SendReport, type SlowReceiverPolicy } from '@xir/router';

import { EventQueue, type QueuedEvent } from './event-queue.ts';

/** What all sessions share. */
export interface SessionContext {
  readonly router: Router;
  readonly clock: Clock;
  readonly frames: FrameCache;
  readonly maxBytes: number;
  readonly onCut: () => void;
  readonly onDropped: (policy: SlowReceiverPolicy) => void;
}

/** How a session is made. */
export interface SessionOptions {
  /** Cannot be guessed: who knows it may go on with the session. */
  readonly id: string;
  readonly place: JoinRequest;
  readonly policy: SlowReceiverPolicy;
  /** Told when the peer is gone. */
  readonly onEnd: (session: PeerSession) => void;
}

/** Why a session ended. */
export type SessionEnd = EndReason | 'slow-reader' | 'left' | 'lost';

/**
 * A peer on a channel whose client is told over HTTP. What it is told waits in a queue, as the frames of signalling, for a stream or for the next poll.
 */
export class PeerSession implements Receiver {
  readonly id: string;
  readonly place: JoinRequest;
  readonly queue: EventQueue;
  readonly #context: SessionContext;
  readonly #onEnd: (session: PeerSession) => void;
  readonly #peer: LocalPeer;
  #lease: Timer | undefined;
  /** Requests that wait for what the peer is told. */
  #holders = 0;
  #keptUntilMs = Number.NEGATIVE_INFINITY;
  endedBy: SessionEnd | undefined;
  /** Frames that were handed to a poll, and may have to be handed out again. */
  #unacknowledged: QueuedEvent[] = [];
  #lastNumber = 0;

  /** Joins. Throws `RouterError`. */
  constructor(context: SessionContext, { id, place, policy, onEnd }: SessionOptions) {
    this.#context = context;
    this.id = id;
    this.place = place;
    this.#onEnd = onEnd;
    const { router, maxBytes, onCut, onDropped } = context;
    this.queue = new EventQueue({
      policy,
      maxBytes,
      onDropped,
      onCut: () => {
        onCut();
        this.finish('slow-reader');
      },
    });
    this.#peer = router.join(place, this);
    const { peer, recovery } = this.#peer;
    this.#push(presenceFrame({ type: 'join', peer }));
    this.#push(peersFrame(peer.path, router.tellsPresence(peer) ? (router.channel(peer)?.users() ?? []) : [peer.user]));
    void recovery?.then(({ recovered, position }) => this.#push(recoveredFrame(peer.path, { recovered, position }), { position: position ?? EMPTY_HISTORY_POSITION }));
  }

  get peer(): LocalPeer['peer'] {
    return this.#peer.peer;
  }

  deliver(message: Message, onWritten?: (written: boolean) => void): void {
    this.#push(this.#context.frames.ofMessage(message), { key: `${message.user}/${message.event}`, position: message.position, onWritten });
  }

  presence(change: PresenceChange): void {
    const { type, devices, peer } = change;
    // Users come with their first device, and go with their last.
    if (peer.user === this.place.user ? type !== 'update' : (type === 'join' && devices > 1) || (type === 'leave' && devices > 0)) return;
    this.#push(this.#context.frames.ofChange(change));
  }

  stored(message: Message): void {
    this.#push(storedFrame(message), { position: message.position });
  }

  undelivered(report: SendReport, id: string | undefined): void {
    if (id !== undefined) this.#push(reportFrame(this.peer.path, 'undelivered', { id, report }));
  }

  end(reason: EndReason): void {
    this.finish(reason);
  }

  /** Throws `RouterError`. */
  send(message: OutgoingMessage, onReport: (report: SendReport) => void): void {
    this.#peer.send(message, onReport);
  }

  /** Throws `RouterError`. */
  update(state: JsonValue | undefined): void {
    this.#peer.update(state);
  }

  /** The peer is gone, unless somebody takes the session up, in this time; later where it was kept for longer. */
  lease(timeoutMs: number): void {
    if (this.endedBy !== undefined) return;
    const { clock } = this.#context;
    this.#lease?.cancel();
    const untilKeptMs = this.#keptUntilMs - clock.monotonic();
    this.#lease = clock.schedule(Math.max(timeoutMs, untilKeptMs), () => this.finish('lost'));
  }

  /** The peer stays for this time, whether somebody takes the session up or not. */
  keep(timeoutMs: number): void {
    this.#keptUntilMs = this.#context.clock.monotonic() + timeoutMs;
    if (this.#holders === 0) this.lease(0);
  }

  /** Somebody is there. */
  hold(): void {
    this.#holders += 1;
    this.#lease?.cancel();
  }

  /** Nobody is there any more; the peer is gone, unless somebody takes the session up, in this time. */
  release(timeoutMs: number): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.lease(timeoutMs);
  }

  /** The client has given a sign of life. */
  touch(timeoutMs: number): void {
    if (this.#holders === 0) this.lease(timeoutMs);
  }

  /** Everything up to a number has arrived: what came behind it is to be handed out again. */
  acknowledge(upTo: number): void {
    const firstNumber = this.#lastNumber - this.#unacknowledged.length + 1;
    const arrived = this.#unacknowledged.splice(0, Math.max(0, upTo - firstNumber + 1));
    for (const { onWritten } of arrived) onWritten?.(true);
  }

  /** What was handed out and is not acknowledged, and then what waits; and the number of the last. */
  handOut(): { readonly frames: readonly QueuedEvent[]; readonly lastNumber: number } {
    const fresh = this.#unacknowledged.length > 0 ? [] : this.queue.take();
    this.#unacknowledged.push(...fresh);
    this.#lastNumber += fresh.length;
    return { frames: [...this.#unacknowledged], lastNumber: this.#lastNumber };
  }

  /** Ends the session. Idempotent. What waits can still be handed out, unless the client is gone. */
  finish(reason: SessionEnd): void {
    if (this.endedBy !== undefined) return;
    this.endedBy = reason;
    this.#lease?.cancel();
    if (reason === 'lost' || reason === 'slow-reader') this.#peer.disconnect();
    else this.#peer.leave();
    this.queue.end();
    if (reason !== 'lost') this.queue.clear();
    for (const { onWritten } of this.#unacknowledged.splice(0)) onWritten?.(false);
    this.#onEnd(this);
  }

  #push(frame: Uint8Array, event: Omit<QueuedEvent, 'text'> = {}): void {
    this.queue.push({ ...event, text: frameText(frame) });
  }
}
