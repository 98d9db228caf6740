import type { X509Certificate } from 'node:crypto';
import type { Clock } from '@xir/couch-client';
import type { WebSocket } from 'ws';
import { decodeFrame, encodeFrame, type LinkFrame, type MessageFrame } from './link-frame.ts';
import { LINK_WINDOW_CHARACTERS, MAX_LINK_FRAMES_PER_SECOND } from './limits.ts';

/** Whether messages of another neuron are taken now: `hold`, they wait until it is asked again; `refuse`, they are undelivered to their sender. */
export type LinkAdmission = 'take' | 'hold' | 'refuse';

/** Characters that one message that waits counts for, beside its own. */
const MESSAGE_COST = 64;
/** Most that may wait of one connection: more than a neuron sends without an answer ends it. */
const MAX_HELD_COST = 8 * LINK_WINDOW_CHARACTERS;

/** What went over the links of a neuron, since it started. */
export interface LinkTraffic {
  messagesSent: number;
  messagesReceived: number;
  /** Of frames, pings and answers included. */
  bytesSent: number;
  bytesReceived: number;
}

/** Who takes what comes over a connection. */
export interface LinkSocketListener {
  /** Where is counted. */
  readonly traffic: LinkTraffic;
  /** Whether messages are taken now. */
  readonly admission: () => LinkAdmission;
  /** Messages of the other neuron; false where nobody is there to take them. */
  readonly messages: (messages: readonly string[]) => boolean;
  /** The other neuron has taken the messages of a frame, or says that it never will. */
  readonly settled: (number: number, taken: boolean) => void;
  /** The answer to a ping; `undefined` where it is none. */
  readonly ping: (text: string) => string | undefined;
  readonly answer: (number: number, text: string) => void;
  /** The connection is gone; told once. */
  readonly closed: () => void;
}

/** The certificate by which the other neuron proved who it is. */
export interface LinkProof {
  /** Its serial number, in lower case. */
  readonly serial: string;
  /** When it ends, in milliseconds since 1970 UTC. */
  readonly endsAtMs: number;
}

/** What a certificate proves, beside the name. */
export function proofOf({ serialNumber, validTo }: X509Certificate): LinkProof {
  return { serial: serialNumber.toLowerCase(), endsAtMs: Date.parse(validTo) };
}

/** One connection to another neuron that has proved who it is: frames in, frames out. */
export class LinkSocket {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  #listener: LinkSocketListener | undefined;
  #sent = 0;
  #received = 0;
  #pings = 0;
  #secondEndsMs = 0;
  #framesInSecond = 0;
  #held: MessageFrame[] = [];
  #heldCost = 0;
  /** When something came last, in milliseconds of the monotonic clock. */
  heardAtMs: number;
  readonly proof: LinkProof;

  constructor(socket: WebSocket, proof: LinkProof, clock: Clock) {
    this.#socket = socket;
    this.proof = proof;
    this.#clock = clock;
    this.heardAtMs = clock.monotonic();
  }

  /** Begins to listen. */
  listen(listener: LinkSocketListener): void {
    this.#listener = listener;
    this.#socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    // What is wrong with a connection ends it.
    this.#socket.on('error', () => this.end());
    this.#socket.on('close', () => this.#tellClosed());
  }

  /** Sends messages in one frame, and gives back its number. */
  sendMessages(messages: readonly string[]): number {
    this.#sent += 1;
    if (this.#listener !== undefined) this.#listener.traffic.messagesSent += messages.length;
    this.#send({ type: 'messages', number: this.#sent, messages });
    return this.#sent;
  }

  /** Sends a ping, and gives back its number. */
  sendPing(text: string): number {
    this.#pings += 1;
    this.#send({ type: 'ping', number: this.#pings, text });
    return this.#pings;
  }

  /** Asks again whether messages that wait are taken. */
  recheck(): void {
    for (let frame = this.#held[0]; frame !== undefined; frame = this.#held[0]) {
      const admission = this.#listener?.admission() ?? 'refuse';
      if (admission === 'hold') return;
      this.#held.shift();
      this.#heldCost -= costOf(frame.messages);
      this.#settle(frame, admission);
    }
  }

  /** Ends the connection at once. What comes after it is not listened to. */
  end(): void {
    this.#socket.terminate();
    this.#tellClosed();
  }

  #send(frame: LinkFrame): void {
    const text = encodeFrame(frame);
    if (this.#listener !== undefined) this.#listener.traffic.bytesSent += Buffer.byteLength(text);
    this.#socket.send(text, () => {});
  }

  #take(data: Buffer, isBinary: boolean): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.heardAtMs = this.#clock.monotonic();
    listener.traffic.bytesReceived += data.length;
    const frame = isBinary || this.#isFlood() ? undefined : decodeFrame(data.toString('utf8'));
    if (frame === undefined) return this.end();
    switch (frame.type) {
      case 'messages':
        if (frame.number !== this.#received + 1) return this.end();
        this.#received = frame.number;
        listener.traffic.messagesReceived += frame.messages.length;
        return this.#admit(frame, listener);
      case 'taken':
      case 'refused':
        return listener.settled(frame.number, frame.type === 'taken');
      case 'ping': {
        const text = listener.ping(frame.text);
        return text === undefined ? this.end() : this.#send({ type: 'answer', number: frame.number, text });
      }
      case 'answer':
        return listener.answer(frame.number, frame.text);
    }
  }

  #admit(frame: MessageFrame, listener: LinkSocketListener): void {
    // Behind what waits, everything waits.
    const admission = this.#held.length > 0 ? 'hold' : listener.admission();
    if (admission !== 'hold') return this.#settle(frame, admission);
    this.#held.push(frame);
    this.#heldCost += costOf(frame.messages);
    if (this.#heldCost > MAX_HELD_COST) this.end();
  }

  #settle({ number, messages }: MessageFrame, admission: 'take' | 'refuse'): void {
    this.#send({ type: admission === 'take' && this.#listener?.messages(messages) === true ? 'taken' : 'refused', number });
  }

  #isFlood(): boolean {
    if (this.heardAtMs >= this.#secondEndsMs) {
      this.#secondEndsMs = this.heardAtMs + 1000;
      this.#framesInSecond = 0;
    }
    this.#framesInSecond += 1;
    return this.#framesInSecond > MAX_LINK_FRAMES_PER_SECOND;
  }

  #tellClosed(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    // Who sent them takes them for lost: they may not come behind what is sent over another connection.
    this.#held = [];
    listener?.closed();
  }
}

/** What messages that wait cost in memory, roughly. */
function costOf(messages: readonly string[]): number {
  return messages.reduce((sum, { length }) => sum + length + MESSAGE_COST, 0);
}
