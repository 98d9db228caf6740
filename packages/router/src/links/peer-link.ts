import type { Clock, Timer } from '@xir/couch-client';
import type { LinkOutcome } from '../link.ts';
import type { LinkLimits } from './limits.ts';
import type { LinkAdmission, LinkSocket, LinkTraffic } from './link-socket.ts';
import { SendQueue, type Settled } from './send-queue.ts';

/**
 * What came of a try to connect: `refused` where the host refused at once; `crossed` where the other neuron is connecting to us at this moment, and that connection is the
 * one to use; `silent` for all else.
 */
export type DialResult = { readonly type: 'open'; readonly socket: LinkSocket } | { readonly type: 'refused' | 'crossed' | 'silent' };

/** What came of a ping on a link. */
export type LinkPingResult = { readonly type: 'answer'; readonly text: string } | { readonly type: 'refused' | 'silent' };

/** What a link to a neuron is made of. */
export interface PeerLinkParts {
  readonly limits: LinkLimits;
  readonly clock: Clock;
  readonly traffic: LinkTraffic;
  /** A connection is there. */
  readonly opened: () => void;
  /** Connects to where the neuron is now. Never rejects. */
  readonly dial: () => Promise<DialResult>;
  /** Whether messages that arrive are taken now. */
  readonly admission: () => LinkAdmission;
  /** Takes messages that arrive; false where nobody does. */
  readonly messages: (messages: readonly string[]) => boolean;
  /** Answers a ping; `undefined` for what is none. */
  readonly ping: (text: string) => string | undefined;
  /** Runs something once this turn of the event loop is over. */
  readonly atEndOfTurn: (run: () => void) => void;
}

/** Tries to connect for messages that wait: the second asks anew where the neuron is. */
const DIALS = 2;
/** Milliseconds without anything heard after which a ping without an answer ends the connection. */
const DEAF_MS = 2500;
const CHECK_MS = 1000;

/** The link to one other neuron: at most one connection, whichever side made it. */
export class PeerLink {
  readonly #parts: PeerLinkParts;
  readonly #queue: SendQueue;
  readonly #answers = new Map<number, (text: string) => void>();
  #socket: LinkSocket | undefined;
  #openedAtMs = Number.NEGATIVE_INFINITY;
  #dialing: Promise<DialResult['type']> | undefined;
  #dialFailed = false;
  #isBringing = false;
  #isPumping = false;
  #arrived: () => void = () => {};
  #check: Timer | undefined;
  #closed = false;

  constructor(parts: PeerLinkParts) {
    this.#parts = parts;
    this.#queue = new SendQueue(parts.limits);
  }

  /** The connection, where there is one. */
  get socket(): LinkSocket | undefined {
    return this.#socket;
  }

  /** Messages that wait. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Whether a connection of ours is being made, with a prospect, or was made just now: the other side need not make another. */
  get isConnecting(): boolean {
    if (this.#dialing !== undefined) return !this.#dialFailed;
    return this.#socket !== undefined && this.#parts.clock.monotonic() - this.#openedAtMs < this.#parts.limits.dialTimeoutMs;
  }

  /** Sends a message with the others of this turn. */
  send(message: string, onOutcome: (outcome: LinkOutcome) => void): void {
    if (this.#closed || !this.#queue.add(message, onOutcome)) return this.#tell([{ onOutcome, outcome: 'undelivered' }]);
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#parts.atEndOfTurn(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  /** Pings; resolves in `timeoutMs` at the latest. */
  ping(text: string, timeoutMs: number): Promise<LinkPingResult> {
    return new Promise((resolve) => {
      const startedAtMs = this.#parts.clock.monotonic();
      const timer = this.#parts.clock.schedule(timeoutMs, () => {
        resolve({ type: 'silent' });
        // Nothing was heard for long: the connection is dead, though nobody has said so.
        if (this.#socket !== undefined && startedAtMs - this.#socket.heardAtMs > DEAF_MS) this.#socket.end();
      });
      const end = (result: LinkPingResult) => {
        timer.cancel();
        resolve(result);
      };
      void this.#pingOver(text, timeoutMs, end);
    });
  }

  async #pingOver(text: string, timeoutMs: number, end: (result: LinkPingResult) => void): Promise<void> {
    if (this.#socket === undefined) {
      const outcome = await this.#connect();
      if (this.#socket === undefined) return end({ type: outcome === 'refused' ? 'refused' : 'silent' });
    }
    const number = this.#socket.sendPing(text);
    this.#answers.set(number, (answer) => end({ type: 'answer', text: answer }));
    this.#parts.clock.schedule(timeoutMs, () => this.#answers.delete(number));
  }

  /** Uses a connection from now on, whichever side made it. One that was there before is ended. */
  adopt(socket: LinkSocket): void {
    const before = this.#socket;
    this.#socket = undefined;
    before?.end();
    if (this.#closed) return socket.end();
    this.#socket = socket;
    this.#openedAtMs = this.#parts.clock.monotonic();
    this.#answers.clear();
    this.#parts.opened();
    const isCurrent = () => this.#socket === socket;
    socket.listen({
      traffic: this.#parts.traffic,
      admission: () => this.#parts.admission(),
      messages: (messages) => isCurrent() && this.#parts.messages(messages),
      ping: (text) => (isCurrent() ? this.#parts.ping(text) : undefined),
      answer: (number, text) => {
        this.#answers.get(number)?.(text);
        this.#answers.delete(number);
      },
      settled: (number, taken) => {
        const settled = this.#queue.settle(number, taken);
        if (settled === undefined) return socket.end();
        this.#tell(settled);
        this.#pump();
      },
      closed: () => {
        this.#tell(this.#queue.lose());
        if (isCurrent()) this.#socket = undefined;
        if (this.#queue.waiting > 0) this.#pump();
      },
    });
    this.#arrived();
    this.#pump();
  }

  /** Ends the connection; what waits is undelivered. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#check?.cancel();
    this.#socket?.end();
    this.#tell(this.#queue.giveUp());
  }

  #pump(): void {
    const { clock } = this.#parts;
    if (this.#queue.waiting === 0 || this.#closed) return;
    if (this.#socket === undefined) return void this.#bring();
    for (let messages = this.#queue.take(); messages.length > 0; messages = this.#queue.take()) {
      this.#queue.sent(messages.length, this.#socket.sendMessages(messages), clock.monotonic());
    }
    this.#watchAnswers();
  }

  /** Connects for what waits; where that fails, all of it is undelivered. */
  async #bring(): Promise<void> {
    if (this.#isBringing) return;
    this.#isBringing = true;
    for (let dial = 1; dial <= DIALS && this.#socket === undefined && !this.#closed; dial += 1) await this.#connect();
    this.#isBringing = false;
    if (this.#socket === undefined) this.#tell(this.#queue.giveUp());
    else this.#pump();
  }

  #connect(): Promise<DialResult['type']> {
    this.#dialing ??= this.#dial().finally(() => (this.#dialing = undefined));
    return this.#dialing;
  }

  async #dial(): Promise<DialResult['type']> {
    const result = await this.#parts.dial();
    if (result.type === 'open') this.adopt(result.socket);
    else if (result.type === 'crossed' && this.#socket === undefined) await this.#arrival();
    this.#dialFailed = this.#socket === undefined;
    return this.#socket === undefined ? result.type : 'open';
  }

  /** Waits for the connection that the other neuron is making. */
  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.schedule(this.#parts.limits.dialTimeoutMs, resolve);
      this.#arrived = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Ends a connection on which nobody says any more that messages were taken. */
  #watchAnswers(): void {
    if (this.#check !== undefined || this.#queue.oldestSentAtMs === undefined) return;
    const { clock, limits } = this.#parts;
    this.#check = clock.schedule(CHECK_MS, () => {
      this.#check = undefined;
      const { oldestSentAtMs } = this.#queue;
      if (oldestSentAtMs !== undefined && clock.monotonic() - oldestSentAtMs > limits.acknowledgeTimeoutMs) this.#socket?.end();
      this.#watchAnswers();
    });
  }

  /** Outcomes are told after the call that led to them. */
  #tell(settled: readonly Settled[]): void {
    if (settled.length > 0) queueMicrotask(() => settled.forEach(({ onOutcome, outcome }) => onOutcome(outcome)));
  }
}
