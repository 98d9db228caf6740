import { WebSocket } from 'ws';

import type { Neuron } from '../processes/neuron.ts';
import type { RestConnection } from '../rest-connection.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { ChatReader } from './chat-reader.ts';
import type { FollowedMessage, MessagesRecord, Room, Session } from './record.ts';

/** Milliseconds after which a connection that does not open, and a connection whose server says nothing, is given up. */
const OPEN_TIMEOUT_MS = 5_000;
const SILENT_MS = 15_000;
/** The share of clients that stay away when their neuron has gone, so that it can be seen when they are gone from the lists; and for how long. */
const STAYING_AWAY = 0.1;
const AWAY_MS = 20_000;

/** Milliseconds within which a message may be sent again with its id: ids are remembered for two minutes from when they are stored, which takes a while. */
const REPEATABLE_MS = 60_000;

/** What a client is made with. */
export interface ChatClientOptions {
  readonly number: number;
  readonly room: Room;
  readonly neurons: readonly Neuron[];
  readonly random: SeededRandom;
  readonly record: MessagesRecord;
  readonly rest: RestConnection;
  /** Milliseconds between two things that it does, on average. */
  readonly pauseMs: number;
  /** Ends what it does of its own accord; it stays connected. */
  readonly signal: AbortSignal;
}

/** A client of signalling: one user in one room, who writes, comes back wherever a neuron takes it, and reads whatever comes. */
export class ChatClient {
  readonly #options: ChatClientOptions;
  readonly #reader: ChatReader;
  #socket: WebSocket | undefined;
  #session: Session | undefined;
  #token: string | undefined;
  #sequence = 0;
  #isClosed = false;
  #away: string | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #repeatable: { readonly frame: string; readonly sentAtMs: number } | undefined;

  constructor(options: ChatClientOptions) {
    this.#options = options;
    this.#reader = new ChatReader(options.number, options.room, options.record);
  }

  get user(): string {
    return `u${this.#options.number}`;
  }

  get room(): Room {
    return this.#options.room;
  }

  /** The session that is open, as the client sees it. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Whether it is connected and was handed what it had missed. */
  get isSettled(): boolean {
    return this.#session !== undefined && !this.#reader.isRecovering;
  }

  /** The process whose end took its connection, while it stays away because of that. */
  get staysAwayFrom(): string | undefined {
    return this.#away;
  }

  /** Connects, and goes on doing so. */
  open(): void {
    void this.#connect();
  }

  /** Does things until it is told not to. */
  async run(): Promise<void> {
    const { random, pauseMs, signal } = this.#options;
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, random.next() * 2 * pauseMs));
      if (signal.aborted || this.#session === undefined) continue;
      const draw = random.next();
      if (draw < 0.9) this.#send();
      else if (draw < 0.95) this.#socket?.send(JSON.stringify({ t: 'u', m: { o: 'state' }, p: { at: this.#sequence } }));
      // Goes elsewhere without a word, as a device does that changes its network.
      else if (draw < 0.98) this.#socket?.terminate();
      else this.#socket?.close(1000);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#again);
    this.#reader.close();
    this.#socket?.terminate();
  }

  async #connect(): Promise<void> {
    const { neurons, random, room, number, record } = this.#options;
    this.#away = undefined;
    if (this.#isClosed) return;
    const ready = neurons.filter((neuron) => neuron.ready);
    if (ready.length === 0) return this.#later(500);
    const neuron = random.pick(ready);
    try {
      this.#token ??= await this.#fetchToken(neuron);
    } catch {
      record.failure('no-token');
      return this.#later(500 + random.next() * 1_000);
    }
    const since = room.keeps ? `?since=${encodeURIComponent(this.#reader.known ?? '')}` : '';
    const socket = new WebSocket(`${neuron.webSocketUrl}/v2/${this.#token}${since}`, { handshakeTimeout: OPEN_TIMEOUT_MS });
    const session: Session = { client: number, neuron: neuron.identity, openedAtMs: record.now(), endedAtMs: Number.POSITIVE_INFINITY, closeCode: undefined };
    this.#socket = socket;
    const watch = setInterval(() => socket.readyState === socket.OPEN && socket.send('{"t":"ping"}'), SILENT_MS / 3);
    let hasOpened = false;
    let heardAtMs = record.now();
    const silent = setInterval(() => record.now() - heardAtMs > SILENT_MS && socket.terminate(), 1_000);
    socket.on('error', () => record.failure('connection-failed'));
    socket.on('open', () => {
      hasOpened = true;
      record.sessions.push(session);
      record.counts.sessions += 1;
      this.#session = session;
      this.#reader.begin(session);
    });
    socket.on('message', (data) => {
      heardAtMs = record.now();
      this.#reader.take((data as Buffer).toString('utf8'));
    });
    socket.on('close', (code) => {
      clearInterval(watch);
      clearInterval(silent);
      session.endedAtMs = record.now();
      session.closeCode = code;
      if (this.#session === session) this.#session = undefined;
      // A kick ends the tokens of before; it may have come while this client was not connected.
      if (!hasOpened || (code !== 1000 && code !== 1006)) this.#token = undefined;
      const staysAway = hasOpened && !this.#options.signal.aborted && code === 1006 && random.next() < STAYING_AWAY;
      if (staysAway) this.#away = session.neuron;
      this.#later(staysAway ? AWAY_MS : random.next() * 300);
    });
  }

  #later(afterMs: number): void {
    if (!this.#isClosed) this.#again = setTimeout(() => void this.#connect(), afterMs);
  }

  async #fetchToken(neuron: Neuron): Promise<string> {
    const { rest, room } = this.#options;
    const { result, value } = await rest.send(neuron.restUrl, { method: 'PUT', target: `/_token${room.path}?k=${this.user}&expire=0` });
    if (result !== 'ok' || typeof value !== 'string') throw new Error(result);
    return value;
  }

  #send(): void {
    const { random, record, room, number } = this.#options;
    const session = this.#session;
    if (session === undefined || this.#socket === undefined) return;
    const again = random.next() < 0.05 ? this.#repeatable : undefined;
    if (again !== undefined && record.now() - again.sentAtMs < REPEATABLE_MS) return this.#socket.send(again.frame);
    this.#sequence += 1;
    const id = `${number}.${this.#sequence}`;
    const level = random.next() < 0.15 ? random.pick(['reached', 'written'] as const) : undefined;
    const content = { c: number, s: Math.round(session.openedAtMs), n: this.#sequence };
    const frame = JSON.stringify({ t: 'u', m: { o: 'say', i: id, ...(level === undefined ? {} : { a: level }) }, p: content });
    if (level !== undefined) {
      const followed: FollowedMessage = { id, room: room.path, sender: number, session, level, sentAtMs: record.now(), report: undefined, receivedBy: new Map() };
      record.followed.set(id, followed);
    }
    this.#repeatable = { frame, sentAtMs: record.now() };
    record.counts.sent += 1;
    record.sent.set(id, { atMs: record.now(), session });
    this.#socket.send(frame);
  }
}
