import { systemClock, systemRandom, type Clock, type Timer } from '@xir/couch-client';
import { checkBucket, checkPathAddress, isStorableValue, type JsonValue } from '@xir/kv4-core';

import { isDevice, isUser, type Channel, type Peer } from './channel.ts';
import { RouterError } from './errors.ts';
import { completeLimits, type RouterLimits } from './limits.ts';
import { HistoryDesk } from './history/history-desk.ts';
import type { HistoryOptions, HistoryPage } from './history/history-page.ts';
import { DEFAULT_HISTORY_LAYER } from './history/history-policy.ts';
import { Recoveries } from './history/recoveries.ts';
import type { ChannelHistory } from './history/channel-history.ts';
import type { Membership } from './membership.ts';
import type { Listening, ListenRequest, PresencePolicy, RouterOptions, RouterStats } from './router-options.ts';
import type { Kick } from './routing/envelope.ts';
import type { JoinRequest, LocalPeer } from './routing/local-peer.ts';
import { LocalHandle, type LocalHandleParts } from './routing/local-handle.ts';
import { LocalListeners, type ListenerReceiver } from './routing/local-listeners.ts';
import { LocalPeers, type Local } from './routing/local-peers.ts';
import type { Message, OutgoingMessage, SendReport } from './routing/message.ts';
import { AccountRates } from './routing/account-rates.ts';
import { createPublisher, type Publisher, type PublisherRequest } from './routing/publisher.ts';
import { RecoveringReceiver } from './routing/recovering-receiver.ts';
import type { EndReason, Receiver } from './routing/receiver.ts';
import { RoutingDesk } from './routing/routing-desk.ts';
import type { ChannelNode } from './subscriptions/channel-node.ts';
import { Directory, type PresenceChange } from './subscriptions/directory.ts';
import { LeftSlots } from './subscriptions/left-slots.ts';
import type { Place } from './subscriptions/place.ts';
import { SlotReader } from './subscriptions/slot-reader.ts';
import { SlotWriter } from './subscriptions/slot-writer.ts';
import { MAX_STATE_CHARACTERS } from './subscriptions/slot-document.ts';
import { SLOT_LAYER } from './subscriptions/slot-address.ts';
import { storedSlots } from './subscriptions/stored-slots.ts';

/** Channels of one neuron: who is where, and messages to them. See SPEC.md for the rules. */
export class Router implements AsyncDisposable {
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #limits: RouterLimits;
  readonly #recoveries: Recoveries;
  readonly #directory: Directory;
  readonly #locals = new LocalPeers();
  readonly #localListeners: LocalListeners;
  readonly #reader: SlotReader;
  readonly #writer: SlotWriter;
  readonly #leftSlots: LeftSlots;
  readonly #history: HistoryDesk;
  readonly #desk: RoutingDesk;
  readonly #presence: (channel: Channel) => PresencePolicy;
  readonly #registering = new Set<Promise<void>>();
  readonly #accounts: AccountRates;
  readonly #listeners = new Set<(change: PresenceChange) => void>();
  readonly #sentListeners = new Set<(message: Message) => void>();
  readonly #stopMembership: () => void;
  /** The same for all peers. */
  readonly #handleParts: LocalHandleParts = {
    stored: () => this.stored(),
    update: (local, state) => this.#update(local, state),
    send: (local, message, onReport) => this.#send(local, message, onReport),
    sendLastWill: (local, message) => this.#desk.send(local, message, undefined),
    remove: (local) => this.#remove(local),
  };
  #sweep: Timer | undefined;
  #joins = 0;
  #leaves = 0;
  #closing: Promise<void> | undefined;

  /** Use {@link openRouter}. */
  constructor({ store, membership, links, clock = systemClock, random = systemRandom, limits, channelLimits = () => undefined, presence = () => 'told', history: policies = () => undefined, historyLayers: layers = [DEFAULT_HISTORY_LAYER], onError = () => undefined }: RouterOptions, stored: ReadonlyMap<number, string>) {
    this.#membership = membership;
    this.#clock = clock;
    this.#limits = completeLimits(limits);
    this.#presence = presence;
    this.#accounts = new AccountRates(this.#limits.maxAccountMessagesPerSecond);
    this.#recoveries = new Recoveries(onError);
    const { neuron, incarnation } = membership.self;
    const directory = new Directory({ isLive: (name, life) => membership.isLive(name, life), onChange: (change) => this.#changed(change) });
    this.#directory = directory;
    this.#writer = new SlotWriter({ store, neuron, incarnation, stored, clock, random, onError, maxSlotSubscriptions: this.#limits.maxSlotSubscriptions });
    this.#reader = new SlotReader({ store, neuron, directory, clock, random, onError, onOwnSlot: (slot, found) => this.#writer.observe(slot, found) });
    this.#leftSlots = new LeftSlots({ store, membership, directory, onError });
    const patienceMs = this.#limits.replyTimeoutMs;
    this.#localListeners = new LocalListeners({
      maxListeners: this.#limits.maxListeners,
      onOpen: (place) => {
        this.#history.listen(place);
        directory.listeners.add(place, neuron);
        return this.#writer.listen(place);
      },
      onClose: (planned) => {
        this.#writer.leave(planned);
        directory.listeners.remove(planned.listener, neuron);
        this.#history.unlisten(planned.listener);
      },
    });
    this.#history = new HistoryDesk({
      store,
      policies,
      layers,
      clock,
      random,
      patienceMs,
      onError,
      idWindowMs: this.#limits.idWindowMs,
      onMessage: (message) => this.#desk.stored.deliver(message),
      onRepetition: (message) => this.#desk.stored.repeat(message),
      onSubtreeMessage: (message, base) => void this.#desk.stored.deliver(message, { base }),
      onSubtreeMissed: (base) => {
        for (const { receiver } of this.#localListeners.at({ ...base, subtree: true })) receiver.missed?.();
      },
    });
    this.#desk = new RoutingDesk({
      neuron,
      directory,
      locals: this.#locals,
      listeners: this.#localListeners,
      links,
      clock,
      limits: this.#limits,
      channelLimits,
      history: () => this.#history,
      refresh: () => this.#reader.refresh(),
      kickHere: (kick) => this.#kickHere(kick),
      onSent: (message) => {
        for (const listener of this.#sentListeners) listener(message);
      },
      onError,
    });
    this.#stopMembership = membership.onChange(() => this.#livesChanged());
    this.#armSweep();
  }

  /** Resolves when everything that was stored is known. */
  get ready(): Promise<void> {
    return this.#reader.ready;
  }

  /** Takes a peer onto a channel. The receiver gets what is sent there from now on. Throws {@link RouterError}. */
  join(request: JoinRequest, receiver: Receiver): LocalPeer {
    this.#refuseClosed();
    const peer = this.#peerOf(request);
    const replaced = this.#locals.find(peer, peer.user, peer.device);
    const history = this.#history.enter(peer);
    const recovering = history === undefined || request.since === undefined ? undefined : new RecoveringReceiver(receiver, () => history.position);
    const sender = this.#desk.sender(this.#clock.monotonic(), peer);
    const local: Local = { peer, planned: undefined, receiver: recovering ?? receiver, ...sender, present: true };
    this.#joins += 1;
    this.#locals.add(local);
    this.#directory.addOwn(peer);
    this.#register(local, history);
    if (replaced !== undefined) this.#end(replaced, 'replaced');
    const recovery = history === undefined || recovering === undefined ? undefined : this.#recoveries.recover(history, recovering, request.since ?? '');
    return new LocalHandle(local, this.#handleParts, { lastWill: request.lastWill, recovery });
  }

  /** Somebody who sends without being on a channel. Needs no closing. Throws {@link RouterError}. */
  publisher(request: PublisherRequest): Publisher {
    const bucket = checkBucket(request.bucket);
    return createPublisher(
      { ...request, bucket },
      {
        admit: () => {
          this.#refuseClosed();
          this.#accounts.admit(bucket, this.#clock.monotonic());
        },
        lane: () => this.#desk.sender(this.#clock.monotonic()),
        send: (sender, message, onReport) => this.#desk.send(sender, message, onReport),
        maxChannels: this.#limits.maxPublisherChannels,
      },
    );
  }

  /**
   * Hears what is sent to everybody on a channel, or on all channels at a path and beneath it, on whatever neuron the senders are, without being seen there. Messages to
   * one peer are not heard. Throws {@link RouterError}.
   */
  listen({ bucket, path, subtree = false, since }: ListenRequest, receiver: ListenerReceiver): Listening {
    this.#refuseClosed();
    const checked = checkPathAddress({ bucket, layer: SLOT_LAYER, path });
    const place: Place = { bucket: checked.bucket, path: checked.path, subtree };
    const recovering = since === undefined || subtree || !this.#history.keeps(place) ? undefined : new RecoveringReceiver({ deliver: (...given) => receiver.deliver(...given), end: () => receiver.end?.('closed') }, () => this.#history.at(place)?.position);
    const listener = { place, receiver: recovering ?? receiver };
    this.#localListeners.add(listener);
    const ready = this.#history.ready(place);
    const history = recovering === undefined ? undefined : this.#history.at(place);
    return {
      stored: async () => {
        await Promise.all([ready, this.#writer.stored()]);
      },
      ...(history === undefined || recovering === undefined ? {} : { recovery: this.#recoveries.recover(history, recovering, since ?? '') }),
      stop: () => this.#localListeners.remove(listener),
    };
  }

  /** Messages that a channel keeps; `undefined`: it keeps none. Rejects with what the store rejects with. */
  history(channel: Channel, options: HistoryOptions = {}): Promise<HistoryPage | undefined> {
    const { bucket, path } = checkPathAddress({ ...channel, layer: SLOT_LAYER });
    return this.#history.read({ bucket, path }, options);
  }

  /** Who is on a channel. */
  peers(channel: Channel): Peer[] {
    return [...(this.#directory.channel(channel)?.peers() ?? [])];
  }

  /** How many users and devices are on a channel. */
  count(channel: Channel): { readonly users: number; readonly devices: number } {
    const node = this.#directory.channel(channel);
    return { users: node?.userCount ?? 0, devices: node?.size ?? 0 };
  }

  /** Who is on a channel, for those who look often; `undefined`: nobody. */
  channel(channel: Channel): ChannelNode | undefined {
    return this.#directory.channel(channel);
  }

  /** The channels at a path and beneath it on which somebody is, in no order. */
  channels(base: Channel): ChannelNode[] {
    return [...this.#directory.subtree(base)];
  }

  /** Whether the peers of a channel are told of one another. */
  tellsPresence(channel: Channel): boolean {
    return this.#presence(channel) === 'told';
  }

  /** Calls the listener with everything that changes on any channel, wherever the peers are. Gives back how to stop that. */
  onPresence(listener: (change: PresenceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls the listener with every message that a peer or publisher of this neuron sends, once it is taken. Gives back how to stop that. */
  onSent(listener: (message: Message) => void): () => void {
    this.#sentListeners.add(listener);
    return () => void this.#sentListeners.delete(listener);
  }

  /** Takes peers off their channels, wherever their connections are: they are told, and closed. Resolves to how many devices were, and where it could not be done. */
  kick(kick: Kick): Promise<SendReport> {
    return this.#desk.kick(kick);
  }

  /** Resolves when the directory is as the database was when this was called. */
  refresh(): Promise<void> {
    return this.#reader.refresh();
  }

  /** Resolves when who is connected to this neuron is stored as it was when this was called, in its present life. */
  async stored(): Promise<void> {
    await Promise.all(this.#registering);
    await this.#writer.stored();
  }

  stats(): RouterStats {
    return {
      ...this.#desk.stats(),
      channels: this.#directory.size,
      joins: this.#joins,
      leaves: this.#leaves,
      recovered: this.#recoveries.recovered,
      notRecovered: this.#recoveries.notRecovered,
      localPeers: this.#locals.size,
      localListeners: this.#localListeners.size,
      rateLimited: this.#accounts.refused,
      malformedSlots: this.#reader.malformed,
      slotWrites: this.#writer.writes,
      unwrittenSlots: this.#writer.unwritten,
    };
  }

  /** Ends all peers of this neuron, and says so to the others. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const local of this.#locals.all()) this.#end(local, 'closed');
    for (const listener of this.#localListeners.all()) {
      this.#localListeners.remove(listener);
      listener.receiver.end?.('closed');
    }
    this.#sweep?.cancel();
    this.#stopMembership();
    this.#desk.close();
    await this.#history.close();
    await Promise.all([this.#writer.storedWithin(this.#limits.replyTimeoutMs), this.#leftSlots.close()]);
    await this.#writer.close();
    await this.#reader.close();
  }

  #peerOf({ bucket, path, user, device = 'default', state }: JoinRequest): Peer {
    const place = checkPathAddress({ bucket, layer: SLOT_LAYER, path });
    if (!isUser(user)) throw new RouterError('ROUTER_BAD_PEER', 'a user is named by 1 to 255 characters without slashes');
    if (!isDevice(device)) throw new RouterError('ROUTER_BAD_PEER', 'a device is named by 1 to 64 letters, digits, - and _');
    checkState(state);
    const channel = { bucket: place.bucket, path: place.path };
    const before = this.#directory.channel(channel)?.find(user, device);
    const joinedAtMs = Math.max(this.#clock.now(), (before?.joinedAtMs ?? 0) + 1);
    return { ...channel, user, device, joinedAtMs, neuron: this.#membership.self.neuron, ...(state === undefined ? {} : { state }) };
  }

  /** Writes a peer down, so that others send to it: only once it is known here what its channel keeps, for what they store before would not be news. */
  #register(local: Local, history: ChannelHistory | undefined): void {
    if (history === undefined || history.isReady) {
      local.planned = this.#writer.join(local.peer);
      return;
    }
    const registering = this.#history.soonReady(history).then(() => {
      this.#registering.delete(registering);
      if (local.present) local.planned = this.#writer.join(local.peer);
    });
    this.#registering.add(registering);
  }

  #send(local: Local, message: OutgoingMessage, onReport: ((report: SendReport) => void) | undefined): void {
    if (!local.present) throw new RouterError('ROUTER_LEFT', 'the peer is not on the channel any more');
    this.#refuseClosed();
    this.#accounts.admit(local.peer.bucket, this.#clock.monotonic(), local.rate);
    this.#desk.send(local, message, onReport);
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw new RouterError('ROUTER_CLOSED', 'the router is closed');
  }

  #update(local: Local, state: JsonValue | undefined): void {
    if (!local.present) throw new RouterError('ROUTER_LEFT', 'the peer is not on the channel any more');
    checkState(state);
    const before = local.peer;
    const { state: _before, ...rest } = before;
    local.peer = state === undefined ? rest : { ...rest, state };
    if (local.planned !== undefined) this.#writer.update(local.planned, state);
    this.#directory.replaceOwn(before, local.peer);
  }

  #end(local: Local, reason: EndReason): void {
    if (!local.present) return;
    this.#remove(local);
    local.receiver.end(reason);
  }

  #remove(local: Local): void {
    if (!local.present) return;
    local.present = false;
    this.#leaves += 1;
    if (local.planned !== undefined) this.#writer.leave(local.planned);
    this.#locals.remove(local);
    this.#directory.removeOwn(local.peer);
    this.#history.leave(local.peer);
  }

  #kickHere({ bucket, path, subtree, user, device }: Kick): number {
    const channels: readonly Channel[] = subtree ? [...this.#directory.subtree({ bucket, path })] : [{ bucket, path }];
    let count = 0;
    for (const channel of channels) {
      for (const local of [...this.#locals.on(channel)]) {
        if ((user !== undefined && local.peer.user !== user) || (device !== undefined && local.peer.device !== device)) continue;
        this.#end(local, 'kicked');
        count += 1;
      }
    }
    return count;
  }

  #changed(change: PresenceChange): void {
    const { type, peer, previous } = change;
    const self = this.#membership.self.neuron;
    if (type !== 'move') {
      const isOwnNews = type === 'update' && previous?.joinedAtMs === peer.joinedAtMs;
      if (this.tellsPresence(peer)) for (const local of [...this.#locals.on(peer)]) if (local.peer !== peer || isOwnNews) local.receiver.presence?.(change);
    } else if (previous?.neuron === self && peer.neuron !== self) {
      const local = this.#locals.find(previous, previous.user, previous.device);
      if (local !== undefined) this.#end(local, 'replaced');
    }
    for (const listener of [...this.#listeners]) listener(change);
  }

  #livesChanged(): void {
    this.#writer.reincarnate(this.#membership.self.incarnation);
    this.#directory.recheck();
    const alive = new Set([...this.#membership.neurons()].map(({ neuron }) => neuron));
    this.#desk.lose((neuron) => !alive.has(neuron));
  }

  #armSweep(): void {
    this.#sweep = this.#clock.schedule(1_000, () => {
      const nowMs = this.#clock.monotonic();
      this.#desk.expire(nowMs);
      this.#leftSlots.look(nowMs);
      this.#accounts.sweep(nowMs);
      this.#armSweep();
    });
  }
}

/** Opens a router: what is stored is known when this resolves, and what an earlier life of this neuron has left is on its way out. */
export async function openRouter(options: RouterOptions): Promise<Router> {
  const router = new Router(options, await storedSlots(options.store, options.membership.self.neuron));
  await router.ready;
  return router;
}

function checkState(state: JsonValue | undefined): void {
  if (state === undefined) return;
  if (!isStorableValue(state) || JSON.stringify(state).length > MAX_STATE_CHARACTERS) throw new RouterError('ROUTER_BAD_PEER', `a state is a JSON value of at most ${MAX_STATE_CHARACTERS} characters`);
}
