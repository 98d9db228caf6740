import type { Clock, Random } from '@xir/couch-client';
import type { Kv4Store } from '@xir/kv4-core';

import type { Channel } from '../channel.ts';
import type { Message } from '../routing/message.ts';
import { ChannelHistory } from './channel-history.ts';
import type { HistoryPolicies } from './history-policy.ts';
import { historyAddress, storedMessage } from './stored-message.ts';

/** What a {@link HistoryDesk} works with. */
export interface HistoryDeskParts {
  readonly store: Kv4Store;
  readonly policies: HistoryPolicies;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds that something waits for a position at most. */
  readonly patienceMs: number;
  /** Hands a message to the peers of this neuron; false: it was known already. */
  readonly onMessage: (message: Message) => boolean;
  readonly onError: (error: unknown) => void;
}

/** The histories of the channels on which this neuron has peers. */
export class HistoryDesk {
  readonly #parts: HistoryDeskParts;
  readonly #open = new Map<string, { readonly history: ChannelHistory; peers: number }>();

  constructor(parts: HistoryDeskParts) {
    this.#parts = parts;
  }

  /** Whether a channel keeps its messages. */
  keeps(channel: Channel): boolean {
    return this.#parts.policies(channel) !== undefined;
  }

  /** A peer comes to a channel; `undefined`: it keeps no messages. */
  enter(channel: Channel): ChannelHistory | undefined {
    const policy = this.#parts.policies(channel);
    if (policy === undefined) return undefined;
    const id = idOf(channel);
    const known = this.#open.get(id);
    if (known !== undefined) {
      known.peers += 1;
      return known.history;
    }
    const { store, clock, random, onMessage, onError } = this.#parts;
    const history = new ChannelHistory({ store, address: historyAddress(channel, policy.layer), policy, clock, random, onMessage, onError });
    this.#open.set(id, { history, peers: 1 });
    return history;
  }

  /** A peer goes. */
  leave(channel: Channel): void {
    const id = idOf(channel);
    const known = this.#open.get(id);
    if (known === undefined) return;
    known.peers -= 1;
    if (known.peers > 0) return;
    this.#open.delete(id);
    void known.history.close();
  }

  /** Stores a message; resolves to its position. Rejects with what the store rejects with. */
  async append(message: Message): Promise<string> {
    const layer = this.#parts.policies(message.channel)?.layer ?? '';
    const { version } = await this.#parts.store.put(historyAddress(message.channel, layer), storedMessage(message));
    return version;
  }

  /** Calls `act` when everything up to a position was handed on here, or has not been for long; at once where nobody is on the channel. */
  behind(channel: Channel, position: string | undefined, act: () => void): void {
    const history = position === undefined ? undefined : this.#open.get(idOf(channel))?.history;
    if (history === undefined || position === undefined) return act();
    let isDone = false;
    const once = () => {
      if (isDone) return;
      isDone = true;
      timer.cancel();
      act();
    };
    const timer = this.#parts.clock.schedule(this.#parts.patienceMs, once);
    void history.reached(position).then(once);
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ history }) => history.close()));
  }
}

function idOf({ bucket, path }: Channel): string {
  return `${bucket.length}/${bucket}${path}`;
}
