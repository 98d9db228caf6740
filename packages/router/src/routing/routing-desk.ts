import type { Clock } from '@xir/couch-client';
import { Kv4Error } from '@xir/kv4-core';

import { isDevice, isUser, type Channel } from '../channel.ts';
import { RouterError } from '../errors.ts';
import type { HistoryDesk } from '../history/history-desk.ts';
import type { ChannelLimits, RouterLimits } from '../limits.ts';
import type { LinkOutcome, LinkTransport } from '../link.ts';
import type { RouterStats } from '../router-options.ts';
import type { Directory } from '../subscriptions/directory.ts';
import { AppendGate } from './append-gate.ts';
import { DedupWindow } from './dedup-window.ts';
import { Dispatches, type NeuronAnswer } from './dispatch.ts';
import { confirmEnvelope, kickEnvelope, messageEnvelope, readEnvelope, repliesEnvelope, type Kick, type Reply } from './envelope.ts';
import { LocalDelivery, type Audience } from './local-delivery.ts';
import type { LocalListeners } from './local-listeners.ts';
import type { Local, LocalPeers } from './local-peers.ts';
import type { AcknowledgementLevel, Message, OutgoingMessage, SendReport, UndeliveredReason } from './message.ts';
import { RateLimit } from './rate-limit.ts';
import type { Sender } from './sender.ts';
import { SenderLane, type SenderLaneParts, type Sending } from './sender-lane.ts';
import { normaliseTarget } from './target.ts';

/** Longest {@link OutgoingMessage.event} and {@link OutgoingMessage.id}, in characters. */
export const MAX_EVENT_CHARACTERS = 128;

/** What a {@link RoutingDesk} works with. */
export interface RoutingDeskParts {
  readonly neuron: string;
  readonly directory: Directory;
  readonly locals: LocalPeers;
  readonly listeners: LocalListeners;
  readonly links: LinkTransport;
  readonly history: () => HistoryDesk;
  readonly clock: Clock;
  readonly limits: RouterLimits;
  readonly channelLimits: (channel: Channel) => ChannelLimits | undefined;
  readonly refresh: () => Promise<void>;
  /** Takes peers of this neuron off; says how many there were. */
  readonly kickHere: (kick: Kick) => number;
  /** Told of each message of a sender of this neuron that is taken. */
  readonly onSent: (message: Message) => void;
  readonly onError: (error: unknown) => void;
}

/** Where messages go out and come in: to the receivers on this neuron, and to the neurons on which others are. */
export class RoutingDesk {
  readonly #parts: RoutingDeskParts;
  readonly #dispatches = new Dispatches();
  readonly #delivery: LocalDelivery;
  /** The same for all senders. */
  readonly #laneParts: SenderLaneParts;
  readonly #stopLinks: () => void;
  #replies = new Map<string, Reply[]>();
  /** What became of the last messages of histories here, by position. */
  readonly #stored: DedupWindow<{ reached: number; written: number; writing: number }>;
  readonly #unwritten = new Map<string, (() => void)[]>();
  #sent = 0;
  #received = 0;
  readonly #undelivered: Record<UndeliveredReason, number> = { absent: 0, unreachable: 0, unknown: 0, busy: 0, 'not-stored': 0 };
  #malformed = 0;

  constructor(parts: RoutingDeskParts) {
    this.#parts = parts;
    const { locals, listeners, directory, clock, limits } = parts;
    this.#delivery = new LocalDelivery({ locals, listeners, directory, clock, maxRememberedIds: limits.maxRememberedIds, idWindowMs: limits.idWindowMs });
    this.#laneParts = {
      resolve: ({ message }) => this.#neuronsOf(message),
      dispatch: (sending, neurons, onDone) => this.#dispatch(sending, neurons, onDone),
      refresh: parts.refresh,
      report: (sending, answers) => this.#report(sending, answers),
      maxHeld: limits.maxHeldMessages,
    };
    this.#stored = new DedupWindow(limits.maxRememberedIds, limits.replyTimeoutMs);
    this.#stopLinks = parts.links.onMessages((from, messages) => {
      for (const text of messages) this.#receive(from, text);
    });
  }

  /** What a new sender needs; a peer names its channel. */
  sender(nowMs: number, channel?: Channel): Pick<Local, 'lane' | 'rate' | 'gate'> {
    const { limits, channelLimits } = this.#parts;
    const own = channel === undefined ? undefined : channelLimits(channel);
    const perSecond = own?.maxPeerMessagesPerSecond ?? limits.maxPeerMessagesPerSecond;
    return { lane: new SenderLane(this.#laneParts), rate: new RateLimit(perSecond, nowMs), gate: new AppendGate(limits.maxHeldMessages) };
  }

  /** Sends a message. Throws {@link RouterError}. */
  send(sender: Sender, outgoing: OutgoingMessage, onReport: ((report: SendReport) => void) | undefined): void {
    const { clock, limits, channelLimits, onSent } = this.#parts;
    checkOutgoing(outgoing, channelLimits(sender.peer)?.maxContentCharacters ?? limits.maxContentCharacters);
    const { bucket, path, user, device } = sender.peer;
    const { event, content, id } = outgoing;
    const message: Message = {
      channel: { bucket, path },
      user,
      device,
      target: normaliseTarget(outgoing.target),
      event,
      content,
      sentAtMs: clock.now(),
      ...(id === undefined ? {} : { id }),
      ...(sender.isPublisher === true ? { published: true } : {}),
    };
    const sending: Sending = { outgoing, message, onReport, onUndelivered: (report, undeliveredId) => sender.receiver.undelivered?.(report, undeliveredId) };
    this.#sent += 1;
    this.#enter(sender, sending);
    onSent(message);
    // The level is reached; what becomes of the message is told otherwise.
    if ((outgoing.level ?? 'accepted') === 'accepted') onReport?.({ reached: 0, written: 0, undelivered: [] });
  }

  /** Hands a message of a channel's history to the receivers here; false: they have had it. */
  deliverStored(message: Message, audience: Exclude<Audience, 'all'> = 'channel'): boolean {
    const { position = '', channel, user, device, published } = message;
    const { clock, locals } = this.#parts;
    let counts = this.#stored.find(position, clock.monotonic());
    if (counts === undefined) this.#stored.add(position, clock.monotonic(), (counts = { reached: 0, written: 0, writing: 0 }));
    const found = counts;
    // Written, and counted as reached.
    found.writing += 2;
    const settle = () => {
      found.writing -= 1;
      if (found.writing > 0) return;
      for (const tell of this.#unwritten.get(position) ?? []) tell();
      this.#unwritten.delete(position);
    };
    const onDone = (_: number, written: number) => {
      found.written += written;
      settle();
    };
    const reached = this.#delivery.deliver(message, 'written', onDone, audience);
    found.reached += reached ?? 0;
    settle();
    if (audience === 'channel' && published !== true) locals.find(channel, user, device)?.receiver.stored?.(message);
    return reached !== undefined;
  }

  /** A message of a channel's history was stored again: who asks for its position is told what became of it the first time. */
  repeatStored(message: Message): void {
    const { position = '' } = message;
    const counts = { reached: 0, written: 0, writing: 1 };
    this.#stored.add(position, this.#parts.clock.monotonic(), counts);
    const onDone = (reached: number, written: number) => {
      Object.assign(counts, { reached, written, writing: 0 });
      for (const tell of this.#unwritten.get(position) ?? []) tell();
      this.#unwritten.delete(position);
    };
    counts.reached = this.#delivery.repeat(message, onDone, 'channel');
  }

  kick(kick: Kick): Promise<SendReport> {
    const { directory, links, neuron, clock, limits } = this.#parts;
    const neurons = new Set<string>();
    const channels = kick.subtree ? directory.subtree(kick) : [directory.channel(kick)];
    for (const node of channels) for (const name of node?.neurons.keys() ?? []) neurons.add(name);
    if (neurons.size === 0) return Promise.resolve({ reached: 0, written: 0, undelivered: [] });
    return new Promise((resolve) => {
      const { number } = this.#dispatches.open(neurons, clock.monotonic() + limits.replyTimeoutMs, (answers) => resolve(reportOf(answers)));
      for (const name of neurons) {
        if (name === neuron) this.#dispatches.answer(number, { neuron, reached: this.#parts.kickHere(kick), written: 0 });
        else links.send(name, kickEnvelope(kick, number), (outcome) => this.#failed(number, name, outcome));
      }
    });
  }

  /** Neurons have died. */
  lose(isDead: (neuron: string) => boolean): void {
    this.#dispatches.lose(isDead);
  }

  expire(nowMs: number): void {
    this.#dispatches.expire(nowMs);
  }

  stats(): Pick<RouterStats, 'sent' | 'received' | 'deliveries' | 'duplicates' | 'undelivered' | 'undeliveredBy' | 'malformed'> {
    const { deliveries, duplicates } = this.#delivery;
    const undelivered = Object.values(this.#undelivered).reduce((sum, count) => sum + count, 0);
    return { sent: this.#sent, received: this.#received, deliveries, duplicates, undelivered, undeliveredBy: { ...this.#undelivered }, malformed: this.#malformed };
  }

  close(): void {
    this.#stopLinks();
    this.#dispatches.lose(() => true);
  }

  /** In the order in which the sender sends; what has to be stored is stored first. */
  #enter(sender: Sender, sending: Sending): void {
    const isAppend = this.#isAppend(sending);
    const may = sender.gate.enter(sending, isAppend);
    if (may === 'full') this.#report(sending, [{ neuron: '', reached: 0, written: 0, failure: 'busy' }]);
    if (may === 'now') this.#leave(sender, sending, isAppend);
  }

  #isAppend({ message }: Sending): boolean {
    return message.target.type === 'channel' && this.#parts.history().keeps(message.channel);
  }

  #leave(sender: Sender, sending: Sending, isAppend: boolean): void {
    if (isAppend) sending.append = () => void this.#append(sender, sending);
    else {
      sending.after = sender.gate.behind;
      sending.holdsAppends = this.#parts.history().keeps(sending.message.channel);
    }
    if (!sender.lane.submit(sending) && isAppend) this.#appended(sender, undefined);
  }

  async #append(sender: Sender, sending: Sending): Promise<void> {
    const { history, onError } = this.#parts;
    let position: string | undefined;
    let failure: 'unknown' | 'not-stored' = 'not-stored';
    try {
      position = await history().append(sending.message);
    } catch (error) {
      // The database took it, perhaps, and its answer did not come.
      if (error instanceof Kv4Error && error.code === 'KV4_OUTCOME_UNKNOWN') failure = 'unknown';
      onError(error);
    }
    if (position === undefined) this.#report(sending, [{ neuron: '', reached: 0, written: 0, failure }]);
    else this.#confirm(sending, position);
    this.#appended(sender, position);
  }

  #appended(sender: Sender, position: string | undefined): void {
    for (const next of sender.gate.appended(position)) this.#leave(sender, next, this.#isAppend(next));
  }

  /** Asks the neurons on which the receivers are what became of a message that they are told by the history. */
  #confirm(sending: Sending, position: string): void {
    const level = sending.outgoing.level ?? 'accepted';
    if (level === 'accepted') return;
    const { clock, limits, links, neuron } = this.#parts;
    const { message } = sending;
    const neurons = this.#neuronsOf(message);
    const done = (answers: readonly NeuronAnswer[]) => this.#report(sending, answers, position);
    if (neurons.size === 0) return done([]);
    const { number } = this.#dispatches.open(neurons, clock.monotonic() + limits.replyTimeoutMs, done);
    for (const name of neurons) {
      if (name === neuron) this.#answerStored(message.channel, { position, level }, (reached, written) => this.#dispatches.answer(number, { neuron, reached, written }));
      else links.send(name, confirmEnvelope(message.channel, position, { number, level }), (outcome) => this.#failed(number, name, outcome));
    }
  }

  #answerStored(channel: Message['channel'], { position, level }: { readonly position: string; readonly level: AcknowledgementLevel }, tell: (reached: number, written: number) => void): void {
    this.#parts.history().behind(channel, position, () => {
      const counts = this.#stored.find(position, this.#parts.clock.monotonic());
      if (counts === undefined || level !== 'written' || counts.writing === 0) return tell(counts?.reached ?? 0, counts?.written ?? 0);
      const waiting = this.#unwritten.get(position) ?? [];
      this.#unwritten.set(position, waiting);
      waiting.push(() => tell(counts.reached, counts.written));
    });
  }

  #neuronsOf({ channel, target }: Message): ReadonlySet<string> {
    const { directory } = this.#parts;
    const neurons = new Set<string>();
    const add = (name: string) => void neurons.add(name);
    if (target.type === 'subtree') {
      const base: Channel = { bucket: channel.bucket, path: target.path };
      for (const node of directory.subtree(base)) for (const name of node.neurons.keys()) neurons.add(name);
      directory.listeners.visitSubtree(base, add);
      return neurons;
    }
    const node = directory.channel(channel);
    if (target.type === 'channel') {
      for (const name of node?.neurons.keys() ?? []) neurons.add(name);
      if (!directory.listeners.isEmpty) directory.listeners.visitChannel(channel, 'both', add);
      return neurons;
    }
    for (const peer of node?.peersOf(target.user) ?? []) if (target.device === undefined || target.device === peer.device) neurons.add(peer.neuron);
    return neurons;
  }

  #dispatch(sending: Sending, given: ReadonlySet<string>, onDone: (answers: readonly NeuronAnswer[]) => void): void {
    const { clock, limits } = this.#parts;
    const { message, outgoing } = sending;
    const level = outgoing.level ?? 'accepted';
    const isDirect = message.target.type === 'user';
    const neurons = isDirect ? given : this.#neuronsOf(message);
    const done = (answers: readonly NeuronAnswer[]): void => {
      if (!isDirect) this.#report(sending, answers);
      onDone(answers);
    };
    if (neurons.size === 0) return done(isDirect ? [{ neuron: '', reached: 0, written: 0, failure: 'absent' }] : []);
    if (!isDirect && level === 'accepted') return this.#broadcast(sending, neurons, () => onDone([]));
    if (this.#dispatches.size >= limits.maxAwaitedReplies) return done([{ neuron: '', reached: 0, written: 0, failure: 'busy' }]);
    const { number } = this.#dispatches.open(neurons, clock.monotonic() + limits.replyTimeoutMs, (answers) => done(isDirect ? answers.map(absentIfNone) : answers));
    this.#spread(sending, neurons, { number, level });
  }

  /** Without answers: only what the links could not deliver is heard of. `onDone`: it has left for good, or reached its neurons. */
  #broadcast(sending: Sending, neurons: ReadonlySet<string>, onDone: () => void): void {
    const { neuron, links, history } = this.#parts;
    let text: string | undefined;
    let waiting = neurons.size;
    const settled = () => {
      waiting -= 1;
      if (waiting === 0) onDone();
    };
    for (const name of neurons) {
      if (name === neuron) {
        history().behind(sending.message.channel, sending.after, () => {
          this.#delivery.deliver(sending.message, 'accepted');
          settled();
        });
      } else {
        text ??= messageEnvelope(sending.message, { number: 0, level: 'accepted', after: sending.after });
        links.send(name, text, (outcome) => {
          if (outcome !== 'delivered') this.#report(sending, [{ neuron: name, reached: 0, written: 0, failure: reasonOf(outcome) }]);
          settled();
        });
      }
    }
  }

  #spread({ message, after }: Sending, neurons: ReadonlySet<string>, { number, level }: { readonly number: number; readonly level: AcknowledgementLevel }): void {
    const { neuron, links, history } = this.#parts;
    let text: string | undefined;
    for (const name of neurons) {
      if (name === neuron) history().behind(message.channel, after, () => this.#delivery.deliver(message, level, (reached, written) => this.#dispatches.answer(number, { neuron, reached, written })));
      else {
        text ??= messageEnvelope(message, { number, level, after });
        links.send(name, text, (outcome) => this.#failed(number, name, outcome));
      }
    }
  }

  #failed(number: number, neuron: string, outcome: LinkOutcome): void {
    if (outcome !== 'delivered') this.#dispatches.answer(number, { neuron, reached: 0, written: 0, failure: reasonOf(outcome) });
  }

  #report(sending: Sending, answers: readonly NeuronAnswer[], position?: string): void {
    const report: SendReport = position === undefined ? reportOf(answers) : { ...reportOf(answers), position };
    for (const { reason } of report.undelivered) this.#undelivered[reason] += 1;
    if ((sending.outgoing.level ?? 'accepted') !== 'accepted') sending.onReport?.(report);
    else if (report.undelivered.length > 0) sending.onUndelivered(report, sending.outgoing.id);
  }

  #receive(from: string, text: string): void {
    const envelope = readEnvelope(text);
    switch (envelope?.type) {
      case undefined:
        this.#malformed += 1;
        return;
      case 'replies':
        for (const [number, reached, written] of envelope.replies) this.#dispatches.answer(number, { neuron: from, reached, written });
        return;
      case 'kick':
        return this.#reply(from, [envelope.number, this.#parts.kickHere(envelope.kick), 0]);
      case 'message': {
        const { message, number, level, after } = envelope;
        this.#received += 1;
        const onDone = number === 0 ? undefined : (reached: number, written: number) => this.#reply(from, [number, reached, written]);
        this.#parts.history().behind(message.channel, after, () => this.#delivery.deliver(message, level, onDone));
        return;
      }
      case 'confirm': {
        const { channel, number, position, level } = envelope;
        this.#answerStored(channel, { position, level }, (reached, written) => this.#reply(from, [number, reached, written]));
      }
    }
  }

  /** The answers of a turn travel together. */
  #reply(to: string, reply: Reply): void {
    if (this.#replies.size === 0) {
      queueMicrotask(() => {
        const leaving = this.#replies;
        this.#replies = new Map();
        for (const [neuron, replies] of leaving) this.#parts.links.send(neuron, repliesEnvelope(replies), () => undefined);
      });
    }
    const waiting = this.#replies.get(to);
    if (waiting === undefined) this.#replies.set(to, [reply]);
    else waiting.push(reply);
  }
}

function checkOutgoing({ event, content, id, target }: OutgoingMessage, maxContentCharacters: number): void {
  if (typeof event !== 'string' || event === '' || event.length > MAX_EVENT_CHARACTERS) throw bad(`an event is a text of 1 to ${MAX_EVENT_CHARACTERS} characters`);
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > MAX_EVENT_CHARACTERS)) throw bad(`an id is a text of 1 to ${MAX_EVENT_CHARACTERS} characters`);
  if (typeof content !== 'string') throw bad('content is a JSON text');
  if (content.length > maxContentCharacters) throw new RouterError('ROUTER_MESSAGE_TOO_LARGE', `a message has at most ${maxContentCharacters} characters`);
  if (target.type === 'user' && (!isUser(target.user) || (target.device !== undefined && !isDevice(target.device)))) throw bad('no such user or device is possible');
}

function bad(message: string): RouterError {
  return new RouterError('ROUTER_BAD_MESSAGE', message);
}

/** Who was to be there is not: an answer of its own for messages to users. */
function absentIfNone(answer: NeuronAnswer): NeuronAnswer {
  return answer.failure === undefined && answer.reached === 0 ? { ...answer, failure: 'absent' } : answer;
}

function reasonOf(outcome: LinkOutcome): 'unreachable' | 'unknown' {
  return outcome === 'undelivered' ? 'unreachable' : 'unknown';
}

function reportOf(answers: readonly NeuronAnswer[]): SendReport {
  let reached = 0;
  let written = 0;
  const undelivered: SendReport['undelivered'][number][] = [];
  for (const answer of answers) {
    reached += answer.reached;
    written += answer.written;
    if (answer.failure !== undefined) undelivered.push(answer.neuron === '' ? { reason: answer.failure } : { reason: answer.failure, neuron: answer.neuron });
  }
  return { reached, written, undelivered };
}
