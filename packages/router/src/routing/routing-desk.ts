import type { Clock } from '@xir/couch-client';
import { Kv4Error } from '@xir/kv4-core';

import type { Channel } from '../channel.ts';
import type { HistoryDesk } from '../history/history-desk.ts';
import type { ChannelLimits, RouterLimits } from '../limits.ts';
import type { LinkOutcome, LinkTransport } from '../link.ts';
import type { RouterStats } from '../router-options.ts';
import type { Directory } from '../subscriptions/directory.ts';
import { AppendGate } from './append-gate.ts';
import { Dispatches, dispatchesBegin, type NeuronAnswer } from './dispatch.ts';
import { confirmEnvelope, kickEnvelope, messageEnvelope, readEnvelope, type Kick } from './envelope.ts';
import { LocalDelivery } from './local-delivery.ts';
import type { LocalListeners } from './local-listeners.ts';
import type { Local, LocalPeers } from './local-peers.ts';
import type { AcknowledgementLevel, Message, OutgoingMessage, SendReport, UndeliveredReason } from './message.ts';
import { messageOf } from './outgoing.ts';
import { RateLimit } from './rate-limit.ts';
import { ReplyBatch } from './reply-batch.ts';
import { absentIfNone, reasonOf, reportOf } from './send-report.ts';
import type { Sender } from './sender.ts';
import { SenderLane, type SenderLaneParts, type Sending } from './sender-lane.ts';
import { StoredDeliveries } from './stored-deliveries.ts';

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
  readonly #dispatches: Dispatches;
  readonly #delivery: LocalDelivery;
  /** The same for all senders. */
  readonly #laneParts: SenderLaneParts;
  readonly #stopLinks: () => void;
  readonly #replies: ReplyBatch;
  /** Where messages of histories are handed on. */
  readonly stored: StoredDeliveries;
  #sent = 0;
  #received = 0;
  readonly #undelivered: Record<UndeliveredReason, number> = { absent: 0, unreachable: 0, unknown: 0, busy: 0, 'not-stored': 0 };
  #malformed = 0;

  constructor(parts: RoutingDeskParts) {
    this.#parts = parts;
    const { locals, listeners, directory, clock, limits } = parts;
    this.#dispatches = new Dispatches(dispatchesBegin(clock.now()));
    this.#delivery = new LocalDelivery({ locals, listeners, directory, clock, maxRememberedIds: limits.maxRememberedIds, idWindowMs: limits.idWindowMs });
    this.#laneParts = {
      resolve: ({ message }) => this.#neuronsOf(message),
      dispatch: (sending, neurons, onDone) => this.#dispatch(sending, neurons, onDone),
      refresh: parts.refresh,
      report: (sending, answers) => this.#report(sending, answers),
      maxHeld: limits.maxHeldMessages,
    };
    this.stored = new StoredDeliveries({ delivery: this.#delivery, locals, clock, maxRememberedIds: limits.maxRememberedIds, rememberedMs: limits.replyTimeoutMs });
    this.#replies = new ReplyBatch(parts.links);
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
    const maxContentCharacters = channelLimits(sender.peer)?.maxContentCharacters ?? limits.maxContentCharacters;
    const message = messageOf(sender, outgoing, { sentAtMs: clock.now(), maxContentCharacters });
    const sending: Sending = { outgoing, message, onReport, onUndelivered: (report, undeliveredId) => sender.receiver.undelivered?.(report, undeliveredId) };
    this.#sent += 1;
    this.#enter(sender, sending);
    onSent(message);
    // The level is reached; what becomes of the message is told otherwise.
    if ((outgoing.level ?? 'accepted') === 'accepted') onReport?.({ reached: 0, written: 0, undelivered: [] });
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

  #answerStored(channel: Message['channel'], asked: { readonly position: string; readonly level: AcknowledgementLevel }, tell: (reached: number, written: number) => void): void {
    this.#parts.history().behind(channel, asked.position, () => this.stored.tell(asked, tell));
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
        return this.#replies.add(from, [envelope.number, this.#parts.kickHere(envelope.kick), 0]);
      case 'message': {
        const { message, number, level, after } = envelope;
        this.#received += 1;
        const onDone = number === 0 ? undefined : (reached: number, written: number) => this.#replies.add(from, [number, reached, written]);
        this.#parts.history().behind(message.channel, after, () => this.#delivery.deliver(message, level, onDone));
        return;
      }
      case 'confirm': {
        const { channel, number, position, level } = envelope;
        this.#answerStored(channel, { position, level }, (reached, written) => this.#replies.add(from, [number, reached, written]));
      }
    }
  }


}
