import type { Clock, Random } from '@xir/couch-client';
import { versionTimeMs, type KeyAddress, type Kv4Store, type WatchEvent } from '@xir/kv4-core';

import type { Message } from '../routing/message.ts';
import { repeatedAs } from '../routing/message-id.ts';
import { FirstVersions } from './first-versions.ts';
import { followStored } from './follow-stored.ts';
import { DEFAULT_MAX_RECOVERED_MESSAGES, EMPTY_HISTORY_POSITION, isWholeHistory, MAX_RECOVERED_CHARACTERS, MESSAGE_OVERHEAD_CHARACTERS, type HistoryPolicy, type Recovery } from './history-policy.ts';
import { readStoredMessage } from './stored-message.ts';

/** Versions that are looked at for what came again. */
const MAX_LOOKED_BACK = 10_000;

/** What a {@link ChannelHistory} works with. */
export interface ChannelHistoryParts {
  readonly store: Kv4Store;
  readonly address: KeyAddress;
  readonly policy: HistoryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds within which what comes again with its id is a repetition. */
  readonly idWindowMs: number;
  /** Hands a message on; false: it was known already, and nobody got it. */
  readonly onMessage: (message: Message) => boolean;
  /** A message was stored again, with its id, and is handed to nobody. */
  readonly onRepetition: (message: Message) => void;
  readonly onError: (error: unknown) => void;
}

/** What came behind a position, and whether that is all. */
interface Recovered {
  readonly recovery: Recovery;
  readonly messages: readonly Message[];
}

/**
 * The history of one channel, followed while this neuron has peers there (SPEC, H1 to H6). All neurons are told the same messages in the same order: that of the
 * versions of one key.
 */
export class ChannelHistory {
  readonly #parts: ChannelHistoryParts;
  readonly #stop = new AbortController();
  /** Resolves when what is stored from now on is told. */
  readonly ready: Promise<void>;
  isReady = false;
  #becomeReady: () => void = () => undefined;
  #running: Promise<void>;
  /** The newest version that was seen, and the newest that was handed on. */
  #seen: string | undefined;
  #told: string | undefined;
  #isInitial = true;
  readonly #firsts: FirstVersions;
  /** Messages that are to be stored by this neuron, while it is not known what the channel keeps. */
  readonly #expected: Message[] = [];
  /** The one of them that was read at first. */
  #newsAtFirst: Message | undefined;
  /** What is being read of the past, by from where to where: those who come back together share it. */
  readonly #reads = new Map<string, Promise<Recovered>>();
  #waiters: { readonly position: string; readonly act: () => void }[] = [];

  constructor(parts: ChannelHistoryParts) {
    this.#parts = parts;
    this.#firsts = new FirstVersions(parts.idWindowMs);
    this.ready = new Promise((resolve) => {
      this.#becomeReady = () => {
        this.isReady = true;
        this.#expected.length = 0;
        resolve();
      };
    });
    this.#running = followStored(parts, { type: 'key', address: parts.address }, { onEvent: (event) => this.#apply(event), onBreak: () => this.#gap(), signal: this.#stop.signal });
  }

  /** Where the history stands here. */
  get position(): string | undefined {
    return this.#seen;
  }

  /** Whether everything up to a position was handed on here. */
  isAt(position: string): boolean {
    return this.#seen !== undefined && this.#seen >= position;
  }

  /**
   * Notes a message that is to be stored by this neuron. Before it is known what the channel keeps, it may be stored already: by another neuron through which its sender has sent it again,
   * or by this one, whose watch was late. It is news to who is here all the same.
   */
  expect(message: Message): void {
    if (!this.isReady) this.#expected.push(message);
  }

  /** Calls `act` when everything up to a position was handed on here, and before anything behind it is; at once where it was. */
  behind(position: string, act: () => void): void {
    if (this.isAt(position)) act();
    else this.#waiters.push({ position, act });
  }

  /**
   * What came behind a position, up to where the history stands here now; `undefined` where it cannot be told whether that is all. With no position: where the history stands.
   * Rejects with what the store rejects with.
   */
  async since(position: string | undefined): Promise<Recovered> {
    const wasReady = this.isReady;
    await this.ready;
    const upTo = this.#seen;
    const told = (recovered: boolean, messages: readonly Message[] = []): Recovered => ({ recovery: { recovered, position: upTo ?? EMPTY_HISTORY_POSITION }, messages });
    // Who came before it was known what the channel keeps has not had what was to be stored then.
    if (position === undefined) return told(true, wasReady || this.#newsAtFirst === undefined ? [] : [this.#newsAtFirst]);
    if (position === (upTo ?? EMPTY_HISTORY_POSITION)) return told(true);
    const range = `${position} ${upTo ?? ''}`;
    let read = this.#reads.get(range);
    if (read === undefined) this.#reads.set(range, (read = this.#read(position, upTo, told).finally(() => this.#reads.delete(range))));
    return read;
  }

  async #read(position: string, upTo: string | undefined, told: (recovered: boolean, messages?: readonly Message[]) => Recovered): Promise<Recovered> {
    const { store, address, policy, clock } = this.#parts;
    const wasEmpty = position === EMPTY_HISTORY_POSITION;
    const most = policy.maxRecoveredMessages ?? DEFAULT_MAX_RECOVERED_MESSAGES;
    const fromMs = wasEmpty ? 0 : versionTimeMs(position);
    if (Number.isNaN(fromMs)) return told(false);
    const messages: Message[] = [];
    let isKnown = false;
    let oldest: string | undefined;
    let count = 0;
    let characters = 0;
    for await (const version of store.series(address, { fromMs, ascending: true })) {
      oldest ??= version.version;
      count += 1;
      if (version.version === position) isKnown = true;
      if (version.version <= position || upTo === undefined || version.version > upTo) continue;
      const message = readStoredMessage(version);
      if (message === undefined) continue;
      messages.push(message);
      characters += message.content.length + MESSAGE_OVERHEAD_CHARACTERS;
      if (messages.length > most || characters > MAX_RECOVERED_CHARACTERS) return told(false);
    }
    if (wasEmpty) isKnown = isWholeHistory(policy.retention, { oldest, count }, clock.now());
    return isKnown ? told(true, chained(await this.#withoutRepetitions(messages, position), position)) : told(false);
  }

  /** What was stored again is not handed over again: not to who knows the first time either. */
  async #withoutRepetitions(messages: readonly Message[], position: string): Promise<readonly Message[]> {
    if (messages.every(({ id }) => id === undefined)) return messages;
    const { store, address, idWindowMs, clock } = this.#parts;
    // What was sent within the window may be further back in the time of versions, where a host's clock was set forward meanwhile.
    const fromMs = Math.max(0, Math.min(versionTimeMs(position), clock.now(), ...messages.map(({ sentAtMs }) => sentAtMs)) - idWindowMs);
    const before: Message[] = [];
    // Before an empty history there is nothing.
    for await (const version of position === EMPTY_HISTORY_POSITION ? [] : store.series(address, { fromMs, toMs: versionTimeMs(position), limit: MAX_LOOKED_BACK })) {
      const message = version.version > position ? undefined : readStoredMessage(version);
      if (message !== undefined) before.push(message);
    }
    for (const message of before.reverse()) this.#isRepetition(message);
    return messages.filter((message) => !this.#isRepetition(message));
  }

  #isRepetition(message: Message): boolean {
    const { clock } = this.#parts;
    return this.#firsts.isRepetition(message, { monotonicMs: clock.monotonic(), wallMs: clock.now() });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const { act } of this.#waiters.splice(0)) act();
    this.#becomeReady();
    await this.#running;
  }

  /** Something may have been missed: the next message says so, by naming none before it. */
  #gap(): void {
    this.#told = undefined;
  }

  #apply(event: WatchEvent): void {
    switch (event.type) {
      case 'reset':
        return this.#gap();
      case 'end-of-initial':
        this.#isInitial = false;
        // The first message has none before it.
        if (this.#seen === undefined) this.#told = EMPTY_HISTORY_POSITION;
        return this.#becomeReady();
      case 'delete':
        return;
      case 'put':
        return this.#put(event.record);
    }
  }

  #put(record: Parameters<typeof readStoredMessage>[0]): void {
    const { version } = record;
    if (this.#seen !== undefined && version <= this.#seen) return;
    // Those for whose message the feed, behind, told this later one instead.
    this.#goOn((position) => position < version);
    this.#seen = version;
    const message = readStoredMessage(record);
    const isRepetition = message !== undefined && this.#isRepetition(message);
    // What was there before the first peer was is not news; what may be missing before what is news is not known.
    if (this.#isInitial) {
      if (message !== undefined && this.#expected.some((each) => isSame(each, message)) && this.#parts.onMessage(message)) this.#newsAtFirst = message;
      this.#told = version;
    } else if (message !== undefined && isRepetition) this.#parts.onRepetition(message);
    else if (message !== undefined && this.#parts.onMessage(this.#told === undefined ? message : { ...message, previous: this.#told })) this.#told = version;
    this.#goOn((position) => position <= version);
  }

  /** Lets those go on who wait for these positions, in their order: the history stands there at least. */
  #goOn(isReached: (position: string) => boolean): void {
    const reached = this.#waiters.filter(({ position }) => isReached(position));
    if (reached.length === 0) return;
    this.#waiters = this.#waiters.filter(({ position }) => !isReached(position));
    for (const { position, act } of reached.toSorted((a, b) => (a.position === b.position ? 0 : a.position < b.position ? -1 : 1))) {
      if (this.#seen === undefined || this.#seen < position) this.#seen = position;
      act();
    }
  }
}

/** Whether a stored message is this one, or this one sent again. */
function isSame(sent: Message, stored: Message): boolean {
  const name = repeatedAs(stored);
  if (name !== undefined) return repeatedAs(sent) === name;
  return sent.id === undefined && sent.user === stored.user && sent.device === stored.device && sent.sentAtMs === stored.sentAtMs && sent.content === stored.content;
}

/** Each names the one before it. */
function chained(messages: readonly Message[], position: string): Message[] {
  return messages.map((message, index) => ({ ...message, previous: messages[index - 1]?.position ?? position }));
}
