import type { JsonValue } from '@xir/kv4-core';

import { SdkError } from '../errors.ts';
import { retryPauseMs } from '../retry-pause.ts';
import { platformSocket } from '../socket-line.ts';
import { ChannelConnection, type ConnectionEnd } from './channel-connection.ts';
import type { ChannelEvent, ChannelMember, ChannelMessage, SendOptions, SendReport } from './channel-events.ts';
import { checkChannelOptions, type ChannelLimits, type ChannelOptions, type ChannelSocketFactory } from './channel-options.ts';
import { EventFeed } from './event-feed.ts';
import { HistoryPosition } from './history-position.ts';
import { MemberList } from './member-list.ts';
import { NeuronLookup, type ConnectTarget } from './neuron-lookup.ts';
import { PendingRequests } from './pending-requests.ts';
import { RecentIds } from './recent-ids.ts';
import type { ServerFrame } from './server-frame.ts';

/** Which messages of a channel's history are wanted. */
export interface HistoryRequest {
  /** Those before this position; default: those before the first one that {@link Channel.messages} gives. */
  readonly before?: string;
  /** Most messages, the newest of them; default 100, at most 1,000. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A part of a channel's history. */
export interface MessageHistory {
  /** Oldest first. */
  readonly messages: readonly ChannelMessage[];
  /** There are older ones. */
  readonly hasMore: boolean;
}

/** A channel that one is on: it stays connected, wherever its neurons go, until it is closed. */
export interface Channel extends AsyncDisposable {
  readonly path: string;
  readonly state: 'connecting' | 'connected' | 'closed';
  /** Resolves when it is connected for the first time. Rejects with the error that ends it before. */
  readonly opened: Promise<void>;
  /** Who is on the channel, oneself included; while it is not connected: who was. */
  readonly members: readonly ChannelMember[];
  /** Where the last message stands in the channel's history; `undefined` where the channel keeps none, or before it is connected. */
  readonly position: string | undefined;
  /**
   * Messages from this call on, oneself excepted. Ends with the channel; throws `SDK_KICKED`, `SDK_REPLACED`, `SDK_UNAUTHORIZED`, `SDK_REFUSED` when it was ended by others, `SDK_TOO_SLOW`
   * when too many wait.
   */
  messages(options?: { readonly signal?: AbortSignal }): AsyncGenerator<ChannelMessage, void, undefined>;
  /** Everything that happens from this call on, in order. Ends and throws as {@link Channel.messages} does. */
  events(options?: { readonly signal?: AbortSignal }): AsyncGenerator<ChannelEvent, void, undefined>;
  /**
   * Sends a message: now, or when the channel is connected again. A message whose outcome is unknown after a lost connection is sent again, and delivered once. Resolves with what became of
   * it. Rejects with `SDK_REFUSED` (its `errorString` says why), `SDK_BUSY`, `SDK_UNAVAILABLE` where it was never sent, `SDK_OUTCOME_UNKNOWN`, `SDK_BAD_OPTION`, `SDK_CLOSED` or what ended the channel.
   */
  send(content: JsonValue, options?: SendOptions): Promise<SendReport>;
  /** Says something else of oneself; the others are told. It is said again at each connect. Rejects as {@link Channel.send} does. */
  update(state: JsonValue): Promise<void>;
  /** Messages that the channel keeps. Rejects as {@link Channel.send} does. */
  history(request?: HistoryRequest): Promise<MessageHistory>;
  /** Leaves the channel. Resolves when the neuron knows. Idempotent. */
  close(): Promise<void>;
}

/** Milliseconds after which a connection counts as one that holds. */
const SETTLED_MS = 5_000;
/** What a neuron takes as one frame, in bytes. */
const MAX_FRAME_BYTES = 262_144;
/** Close codes after which coming back would be wrong, or of no use. */
const KICKED = 4001;
const REPLACED = 4002;
const UNAUTHORIZED = 4401;
const NO_CHANNEL = 4404;

/** Goes onto a channel. Connecting is not waited for. Throws `SDK_BAD_OPTION`, `SDK_BAD_URL`, `SDK_NO_WEBSOCKET`. */
export function openChannel(options: ChannelOptions): Channel {
  return new ConnectedChannel(options);
}

class ConnectedChannel implements Channel {
  readonly path: string;
  readonly opened: Promise<void>;
  readonly #options: ChannelOptions;
  readonly #limits: ChannelLimits;
  readonly #open: ChannelSocketFactory;
  readonly #lookup: NeuronLookup;
  readonly #feed: EventFeed<ChannelEvent>;
  readonly #requests: PendingRequests;
  readonly #members = new MemberList();
  readonly #position = new HistoryPosition();
  /** Of messages that came, and of own ones that stand in the history. */
  readonly #known: RecentIds;
  readonly #closing = new AbortController();
  readonly #idPrefix: string;
  #lastId = 0;
  #connection: ChannelConnection | undefined;
  #isConnected = false;
  #wasConnected = false;
  /** The next message is one behind which something may be missing. */
  #missed = false;
  #keeps = false;
  /** Where the history stood when this channel was opened. */
  #begin: string | undefined;
  #state: JsonValue | undefined;
  /** As whom one is on the channel. */
  #self: ChannelMember | undefined;
  #preferredHost: string | undefined;
  #failures = 0;
  #unauthorized = 0;
  #connectedAtMs = 0;
  #host = '';
  #retry: ReturnType<typeof setTimeout> | undefined;
  #end: Error | undefined;
  #closed: Promise<void> | undefined;
  #settleOpened: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(options: ChannelOptions) {
    const { limits, urls, path } = checkChannelOptions(options);
    const { fetch: given, random = Math.random, signal } = options;
    this.path = path;
    this.#options = options;
    this.#limits = limits;
    this.#open = options.webSocket ?? platformSocket();
    this.#state = options.state;
    this.#lookup = new NeuronLookup({ urls, path, options, fetch: given ?? ((address, init) => fetch(address, init)) });
    this.#feed = new EventFeed(limits.maxQueuedEvents);
    this.#requests = new PendingRequests({ maxPending: limits.maxPendingSends, timeoutMs: limits.sendTimeoutMs });
    this.#known = new RecentIds(limits.maxRememberedIds);
    this.#idPrefix = Math.floor(random() * 2 ** 52).toString(36);
    this.opened = new Promise((resolve, reject) => (this.#settleOpened = { resolve, reject }));
    // Whoever waits is told; nobody has to.
    this.opened.catch(() => undefined);
    if (signal?.aborted === true) void this.close();
    else signal?.addEventListener('abort', () => void this.close(), { once: true, signal: this.#closing.signal });
    void this.#connect();
  }

  get state(): Channel['state'] {
    return this.#closing.signal.aborted ? 'closed' : this.#isConnected ? 'connected' : 'connecting';
  }

  get members(): readonly ChannelMember[] {
    return this.#members.all;
  }

  get position(): string | undefined {
    return this.#keeps ? this.#position.current : undefined;
  }

  messages({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ChannelMessage, void, undefined> {
    return this.#feed.read((event) => (event.type === 'message' ? event.message : undefined), signal);
  }

  events({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ChannelEvent, void, undefined> {
    return this.#feed.read((event) => event, signal);
  }

  async send(content: JsonValue, { to, subtree = false, event = 'message', acknowledge = 'reached', id = this.#nextId(), signal }: SendOptions = {}): Promise<SendReport> {
    this.#refuseClosed();
    if (to !== undefined && subtree) throw new SdkError('SDK_BAD_OPTION', 'a message goes to a user or to a subtree, not to both');
    const meta = { o: event, t: to?.user ?? null, i: id, a: acknowledge, ...(to?.device === undefined ? {} : { d: to.device }), ...(subtree ? { r: true } : {}) };
    const text = JSON.stringify({ t: 'u', m: meta, p: content });
    // A neuron ends the connection for it, and would again.
    if (new TextEncoder().encode(text).length > MAX_FRAME_BYTES) throw new SdkError('SDK_BAD_OPTION', `a message has at most ${MAX_FRAME_BYTES} bytes`);
    return this.#requests.run({ id, text, signal, doing: 'sending a message', changes: true, read: (report) => report as SendReport });
  }

  async update(state: JsonValue): Promise<void> {
    this.#refuseClosed();
    this.#state = state;
    const id = this.#nextId();
    await this.#requests.run({ id, text: stateText(state, id), signal: undefined, doing: 'saying the own state', changes: true, read: () => undefined });
  }

  async history({ before, limit = 100, signal }: HistoryRequest = {}): Promise<MessageHistory> {
    this.#refuseClosed();
    await this.opened;
    const id = this.#nextId();
    const upTo = before !== undefined ? { before } : this.#begin === undefined ? {} : { upTo: this.#begin };
    const text = JSON.stringify({ t: 'history', i: id, limit, ...upTo });
    return this.#requests.run({ id, text, signal, doing: 'reading the history', changes: false, read: (page) => page as MessageHistory });
  }

  close(): Promise<void> {
    return this.#finish(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** With an error: others have ended it. */
  #finish(error: Error | undefined): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    this.#end = error;
    const ended = error ?? new SdkError('SDK_CLOSED', 'the channel is closed');
    this.#closed = this.#connection?.leave() ?? Promise.resolve();
    this.#isConnected = false;
    this.#closing.abort();
    clearTimeout(this.#retry);
    this.#requests.close(ended);
    this.#settleOpened?.reject(ended);
    this.#feed.end(error);
    return this.#closed;
  }

  #refuseClosed(): void {
    if (this.#closed !== undefined) throw this.#end ?? new SdkError('SDK_CLOSED', 'the channel is closed');
  }

  #nextId(): string {
    this.#lastId += 1;
    return `${this.#idPrefix}-${this.#lastId}`;
  }

  async #connect(): Promise<void> {
    const { signal } = this.#closing;
    const { connectTimeoutMs, silenceMs } = this.#limits;
    const preferred = this.#preferredHost;
    this.#preferredHost = undefined;
    const inTime = new AbortController();
    const timer = setTimeout(() => inTime.abort(new Error('no answer in time')), connectTimeoutMs);
    const giveUp = () => inTime.abort();
    signal.addEventListener('abort', giveUp);
    try {
      const target = await within(this.#lookup.find(preferred, inTime.signal), inTime.signal);
      if (signal.aborted) return;
      this.#host = target.host;
      this.#connection = new ChannelConnection({ url: this.#urlOf(target), open: this.#open, connectTimeoutMs, silenceMs, onFrame: (frame) => this.#take(frame), onEnd: (end) => this.#lost(end) });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SdkError) return void this.#finish(error);
      this.#lookup.turnAway();
      this.#again(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }

  #urlOf({ host, token }: ConnectTarget): string {
    const since = this.#position.current ?? '';
    const query = new URLSearchParams({ details: '1', since, ...(this.#options.device === undefined ? {} : { device: this.#options.device }) });
    return `${host.replace(/\/+$/, '')}/v2/${encodeURIComponent(token)}${this.path.split('/').map(encodeURIComponent).join('/')}?${query.toString()}`;
  }

  #lost({ code, reason }: ConnectionEnd): void {
    const wasConnected = this.#isConnected;
    this.#connection = undefined;
    this.#isConnected = false;
    this.#requests.disconnected();
    if (code === KICKED) return void this.#finish(new SdkError('SDK_KICKED', 'somebody took this user off the channel'));
    if (code === REPLACED) return void this.#finish(new SdkError('SDK_REPLACED', 'this user has connected to the channel again with the same device'));
    if (code === NO_CHANNEL) return void this.#finish(new SdkError('SDK_REFUSED', 'the token leads to no channel', 'no_namespace'));
    if (code === UNAUTHORIZED) {
      this.#unauthorized += 1;
      // A token may have expired on its way; a fresh one that is refused as well will not do.
      if (!this.#lookup.renews || this.#unauthorized > 1) return void this.#finish(new SdkError('SDK_UNAUTHORIZED', 'the token opens the channel no more', 'unauthorized'));
    }
    if (!wasConnected) this.#lookup.turnAway();
    if (wasConnected && performance.now() - this.#connectedAtMs > SETTLED_MS) this.#failures = 0;
    this.#again(reason);
  }

  #again(reason: string): void {
    this.#failures += 1;
    const retryInMs = Math.round(retryPauseMs({ maxRetryMs: this.#limits.maxRetryMs, random: this.#options.random ?? Math.random }, this.#failures));
    this.#feed.push({ type: 'disconnected', reason, retryInMs });
    this.#retry = setTimeout(() => void this.#connect(), retryInMs);
  }

  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case 'peers':
        return this.#takePeers(frame.members, frame.kept);
      case 'join':
      case 'leave':
      case 'update': {
        // The own arrival comes first, before the list.
        if (!this.#isListed) this.#self = frame.member;
        const event = this.#isListed ? this.#members.apply(frame.type, frame.member) : undefined;
        if (event !== undefined) this.#feed.push(event);
        return;
      }
      case 'message':
        return this.#takeMessage(frame.message, frame.previous);
      case 'stored':
        return this.#takeStored(frame);
      case 'recovered':
        return this.#takeRecovered(frame.recovered, frame.position);
      case 'acknowledged':
        return this.#requests.answer(frame.id, frame.report);
      case 'undelivered':
        return this.#feed.push({ type: 'undelivered', id: frame.id, report: frame.report });
      case 'refused':
        return frame.id === undefined ? undefined : this.#requests.refuse(frame.id, frame.code);
      case 'history':
        return frame.code === undefined ? this.#requests.answer(frame.id, { messages: frame.messages, hasMore: frame.hasMore }) : this.#requests.refuse(frame.id, frame.code);
      case 'go-away':
        this.#preferredHost = frame.host;
        return;
      case 'other':
        return;
    }
  }

  get #isListed(): boolean {
    return this.#listedOn === this.#connection;
  }

  #listedOn: ChannelConnection | undefined;

  #takePeers(members: readonly ChannelMember[], kept: boolean): void {
    this.#listedOn = this.#connection;
    this.#keeps = kept;
    const changes = this.#members.replace(members);
    // At first there is nothing that they could be changes of.
    if (this.#wasConnected) for (const change of changes) this.#feed.push(change);
    if (!kept) this.#connected(!this.#wasConnected);
  }

  #takeRecovered(recovered: boolean, position: string | null): void {
    // What was recovered has led there step by step; were it taken from here, a step that is missing would not be noticed.
    if (!recovered || this.#position.current === undefined) this.#position.set(position);
    this.#connected(recovered);
  }

  #connected(recovered: boolean): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#unauthorized = 0;
    this.#connectedAtMs = performance.now();
    if (!this.#wasConnected) this.#begin = this.#position.current;
    this.#wasConnected = true;
    if (!recovered) this.#missed = true;
    this.#feed.push({ type: 'connected', host: this.#host, recovered });
    this.#settleOpened?.resolve();
    const connection = this.#connection;
    if (this.#state !== undefined) connection?.send(stateText(this.#state));
    this.#requests.connected((text) => connection?.send(text));
  }

  #takeMessage(message: ChannelMessage, previous: string | null): void {
    const { id, position, user, device, path } = message;
    if (position !== undefined && path === this.path) {
      const step = this.#position.take(position, previous);
      if (step === 'known') return;
      if (step === 'gap') return this.#recover();
    }
    if (path === this.path && user === this.#self?.user && device === this.#self.device) {
      // The own message, found when coming back: it is in the history, and need not be sent again.
      if (id !== undefined && this.#known.add(id)) this.#requests.answer(id, { reached: 0, written: 0, undelivered: [], ...(position === undefined ? {} : { position }) });
      return;
    }
    if (id !== undefined && !this.#known.add(`${path} ${user}/${device} ${id}`)) return;
    const missed = this.#missed;
    this.#missed = false;
    this.#feed.push({ type: 'message', message: missed ? { ...message, missed: true } : message });
  }

  #takeStored({ id, position, previous }: Extract<ServerFrame, { readonly type: 'stored' }>): void {
    // Sent again, and stored again: all others have been told the first one only.
    if (id !== undefined && !this.#known.add(id)) return;
    if (this.#position.take(position, previous) === 'gap') this.#recover();
  }

  /** Comes back, and is given what is missing or told that it is not there. */
  #recover(): void {
    this.#connection?.close('something is missing');
  }
}

function stateText(state: JsonValue, id?: string): string {
  return JSON.stringify({ t: 'u', m: { o: 'state', ...(id === undefined ? {} : { i: id }) }, p: state });
}

/** Does not wait longer than the signal allows. */
function within<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
