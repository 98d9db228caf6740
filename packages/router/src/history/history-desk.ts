import type { Clock, Random } from '@xir/couch-client';
import type { Kv4Store } from '@xir/kv4-core';

import type { Channel } from '../channel.ts';
import type { Message } from '../routing/message.ts';
import type { Place } from '../subscriptions/place.ts';
import { PlaceIndex } from '../subscriptions/place-index.ts';
import { ChannelHistory } from './channel-history.ts';
import { readHistory, type HistoryOptions, type HistoryPage } from './history-page.ts';
import type { HistoryPolicies, HistoryPolicy } from './history-policy.ts';
import { SubtreeHistory } from './subtree-history.ts';
import { historyAddress, storedMessage } from './stored-message.ts';

/** What a {@link HistoryDesk} works with. */
export interface HistoryDeskParts {
  readonly store: Kv4Store;
  readonly policies: HistoryPolicies;
  /** The layers that policies may name. */
  readonly layers: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds that something waits for a position at most. */
  readonly patienceMs: number;
  /** Hands a message to the peers on this neuron, and to those who listen to its channel; false: it was known already. */
  readonly onMessage: (message: Message) => boolean;
  /** Milliseconds within which what is stored again with its id is not handed on. */
  readonly idWindowMs: number;
  /** A message was stored again, and is not handed on. */
  readonly onRepetition: (message: Message) => void;
  /** Hands a message to those who listen to a subtree. */
  readonly onSubtreeMessage: (message: Message, base: Channel) => void;
  /** Those who listen to a subtree may have missed something. */
  readonly onSubtreeMissed: (base: Channel) => void;
  readonly onError: (error: unknown) => void;
}

/** The histories of the channels on which this neuron has peers or listeners. */
export class HistoryDesk {
  readonly #parts: HistoryDeskParts;
  readonly #open = new Map<string, { readonly history: ChannelHistory; peers: number }>();
  readonly #subtrees = new Map<string, { readonly base: Channel; readonly histories: readonly SubtreeHistory[] }>();
  readonly #subtreeIndex = new PlaceIndex<SubtreeHistory>();

  constructor(parts: HistoryDeskParts) {
    this.#parts = parts;
  }

  /** Whether a channel keeps its messages. */
  keeps(channel: Channel): boolean {
    return this.#policyOf(channel) !== undefined;
  }

  /** A peer or listener comes to a channel; `undefined`: it keeps no messages. */
  enter(channel: Channel): ChannelHistory | undefined {
    const policy = this.#policyOf(channel);
    if (policy === undefined) return undefined;
    const id = idOf(channel);
    const known = this.#open.get(id);
    if (known !== undefined) {
      known.peers += 1;
      return known.history;
    }
    const { store, clock, random, idWindowMs, onMessage, onRepetition, onError } = this.#parts;
    const history = new ChannelHistory({ store, address: historyAddress(channel, policy.layer), policy, clock, random, idWindowMs, onMessage, onRepetition, onError });
    this.#open.set(id, { history, peers: 1 });
    return history;
  }

  /** A peer or listener goes. */
  leave(channel: Channel): void {
    const id = idOf(channel);
    const known = this.#open.get(id);
    if (known === undefined) return;
    known.peers -= 1;
    if (known.peers > 0) return;
    this.#open.delete(id);
    void known.history.close();
  }

  /** The history of a channel that is followed here. */
  at(channel: Channel): ChannelHistory | undefined {
    return this.#open.get(idOf(channel))?.history;
  }

  /** Reads what a channel keeps; `undefined`: it keeps nothing. */
  async read(channel: Channel, options: HistoryOptions): Promise<HistoryPage | undefined> {
    const policy = this.#policyOf(channel);
    return policy === undefined ? undefined : readHistory({ store: this.#parts.store, address: historyAddress(channel, policy.layer), retention: policy.retention, nowMs: this.#parts.clock.now() }, options);
  }

  /** The first listener comes to a place. */
  listen({ bucket, path, subtree }: Place): void {
    const base = { bucket, path };
    if (!subtree) return void this.enter(base);
    const { store, layers, clock, random, onError, onSubtreeMessage, onSubtreeMissed } = this.#parts;
    const told = { onMessage: (message: Message) => onSubtreeMessage(message, base), onMissed: () => onSubtreeMissed(base), onError };
    const histories = layers.map((layer) => new SubtreeHistory({ store, base, layer, clock, random, ...told }));
    this.#subtrees.set(idOf(base), { base, histories });
    for (const history of histories) this.#subtreeIndex.add({ ...base, subtree: true }, history);
  }

  /** The last listener leaves a place. */
  unlisten({ bucket, path, subtree }: Place): void {
    const base = { bucket, path };
    if (!subtree) return this.leave(base);
    const id = idOf(base);
    for (const history of this.#subtrees.get(id)?.histories ?? []) {
      this.#subtreeIndex.remove({ ...base, subtree: true }, history);
      void history.close();
    }
    this.#subtrees.delete(id);
  }

  /** Resolves when what is stored from now on is told to those who listen at a place. */
  async ready({ bucket, path, subtree }: Place): Promise<void> {
    const id = idOf({ bucket, path });
    if (!subtree) return this.#open.get(id)?.history.ready;
    for (const history of this.#subtrees.get(id)?.histories ?? []) await history.ready;
  }

  /**
   * Stores a message; resolves to its position. Where this neuron is about to read what the channel keeps, that comes first, so that the message is news to who is here. Rejects with what
   * the store rejects with.
   */
  async append(message: Message): Promise<string> {
    const history = this.#open.get(idOf(message.channel))?.history;
    if (history !== undefined && !history.isReady) {
      history.expect(message);
      await this.soonReady(history);
    }
    const layer = this.#policyOf(message.channel)?.layer ?? '';
    const { version } = await this.#parts.store.put(historyAddress(message.channel, layer), storedMessage(message));
    return version;
  }

  /** Resolves when it is known what a channel keeps, or when nothing came of that for long. */
  soonReady({ ready }: ChannelHistory): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.schedule(this.#parts.patienceMs, resolve);
      void ready.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Calls `act` when everything up to a position was handed on here, or has not been for long; at once where nobody is told of the channel. */
  behind(channel: Channel, position: string | undefined, act: () => void): void {
    if (position === undefined || this.#before(channel, position).length === 0) return act();
    let isOver = false;
    const end = () => {
      isOver = true;
      timer.cancel();
      act();
    };
    const look = () => {
      // Who came meanwhile may have opened a history that is not as far yet.
      const histories = this.#before(channel, position);
      let waiting = histories.length;
      if (waiting === 0) return end();
      for (const wait of histories) {
        wait(() => {
          waiting -= 1;
          if (waiting === 0 && !isOver) look();
        });
      }
    };
    const timer = this.#parts.clock.schedule(this.#parts.patienceMs, end);
    look();
  }

  /** How to wait for each history of a channel that has not told everything up to a position. */
  #before(channel: Channel, position: string): ((reached: () => void) => void)[] {
    const waits: ((reached: () => void) => void)[] = [];
    const history = this.#open.get(idOf(channel))?.history;
    if (history !== undefined && !history.isAt(position)) waits.push((reached) => history.behind(position, reached));
    const { layer } = this.#policyOf(channel) ?? {};
    this.#subtreeIndex.visitChannel(channel, 'subtrees', (subtree) => {
      if (subtree.layer === layer && !subtree.isAt(channel.path, position)) waits.push((reached) => subtree.behind(channel.path, position, reached));
    });
    return waits;
  }

  async close(): Promise<void> {
    const open = [...[...this.#open.values()].map(({ history }) => history), ...[...this.#subtrees.values()].flatMap(({ histories }) => histories)];
    this.#open.clear();
    this.#subtrees.clear();
    await Promise.all(open.map((history) => history.close()));
  }

  #policyOf(channel: Channel): HistoryPolicy | undefined {
    const policy = this.#parts.policies(channel);
    if (policy !== undefined && !this.#parts.layers.includes(policy.layer)) throw new TypeError(`a history is kept in ${policy.layer}, which is none of historyLayers`);
    return policy;
  }
}

function idOf({ bucket, path }: Channel): string {
  return `${bucket.length}/${bucket}${path}`;
}
