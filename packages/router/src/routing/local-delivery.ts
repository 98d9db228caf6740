import type { Clock } from '@xir/couch-client';

import type { Channel } from '../channel.ts';
import type { Directory } from '../subscriptions/directory.ts';
import { DedupWindow } from './dedup-window.ts';
import type { LocalListener, LocalListeners } from './local-listeners.ts';
import type { LocalPeers } from './local-peers.ts';
import type { Receiver } from './receiver.ts';
import type { AcknowledgementLevel, Message } from './message.ts';

/** How many receivers a message has reached here, and to how many it was written. */
interface Reached {
  reached: number;
  written: number;
  /** While it is being written: those who wait for that, because they sent it again. */
  waiters?: (() => void)[] | undefined;
}

/** What a {@link LocalDelivery} works with. */
export interface LocalDeliveryParts {
  readonly locals: LocalPeers;
  readonly listeners: LocalListeners;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly maxRememberedIds: number;
  readonly idWindowMs: number;
}

/**
 * To whom a message goes here: to all who are or listen where it was sent to; to those on its channel, where what is stored is told to those who listen to subtrees by other
 * means; or to those who listen to one subtree.
 */
export type Audience = 'all' | 'channel' | { readonly base: Channel };

type Visit = (receiver: Pick<Receiver, 'deliver'>) => void;

/** Hands messages to the receivers on this neuron, each once. */
export class LocalDelivery {
  readonly #parts: LocalDeliveryParts;
  readonly #delivered: DedupWindow<Reached>;
  /** Messages that came again and were not delivered again. */
  duplicates = 0;
  /** Messages handed to receivers, each counted. */
  deliveries = 0;

  constructor(parts: LocalDeliveryParts) {
    this.#parts = parts;
    this.#delivered = new DedupWindow(parts.maxRememberedIds, parts.idWindowMs);
  }

  /**
   * Calls `onDone` once: at once, or at level `written` when everything was written or never will be. Gives back how many receivers have the message now; `undefined`: it
   * came again, and nobody got it.
   */
  deliver(message: Message, level: AcknowledgementLevel, onDone?: (reached: number, written: number) => void, audience: Audience = 'all'): number | undefined {
    const count: Reached = { reached: 0, written: 0 };
    if (message.id !== undefined) {
      const key = idKeyOf(message, message.id, audience);
      if (this.#again(key, level, onDone)) return undefined;
      // Nobody reached: it may come again, for somebody who has come meanwhile.
      this.#visit(message, audience, () => (count.reached += 1));
      if (count.reached > 0) this.#delivered.add(key, this.#parts.clock.monotonic(), count);
      count.reached = 0;
    }
    if (level === 'written' && onDone !== undefined) return this.#write(message, count, { audience, onDone });
    this.#visit(message, audience, (receiver) => {
      count.reached += 1;
      receiver.deliver(message);
    });
    this.deliveries += count.reached;
    onDone?.(count.reached, 0);
    return count.reached;
  }

  /** A message came again, and nobody is to get it. Calls `onDone` once, with what became of it the first time; gives back how many were reached then. */
  repeat(message: Message, onDone: (reached: number, written: number) => void, audience: Audience): number {
    const key = idKeyOf(message, message.id ?? '', audience);
    if (!this.#again(key, 'written', onDone)) onDone(0, 0);
    return this.#delivered.find(key, this.#parts.clock.monotonic())?.reached ?? 0;
  }

  /** False: it is the first time. */
  #again(key: string, level: AcknowledgementLevel, onDone: ((reached: number, written: number) => void) | undefined): boolean {
    const before = this.#delivered.find(key, this.#parts.clock.monotonic());
    if (before === undefined) return false;
    this.duplicates += 1;
    const tell = () => onDone?.(before.reached, before.written);
    if (level === 'written' && before.waiters !== undefined) before.waiters.push(tell);
    else tell();
    return true;
  }

  #write(message: Message, count: Reached, { audience, onDone }: { readonly audience: Audience; readonly onDone: (reached: number, written: number) => void }): number {
    let waiting = 1;
    count.waiters = [];
    const settled = () => {
      waiting -= 1;
      if (waiting > 0) return;
      onDone(count.reached, count.written);
      for (const tell of count.waiters ?? []) tell();
      count.waiters = undefined;
    };
    this.#visit(message, audience, (receiver) => {
      count.reached += 1;
      waiting += 1;
      receiver.deliver(message, (written) => {
        if (written) count.written += 1;
        settled();
      });
    });
    this.deliveries += count.reached;
    settled();
    return count.reached;
  }

  #visit(message: Message, audience: Audience, visit: Visit): void {
    const { locals, listeners, directory } = this.#parts;
    const { target, channel } = message;
    const hear = ({ receiver }: LocalListener) => visit(receiver);
    if (typeof audience === 'object') {
      for (const listener of listeners.at({ ...audience.base, subtree: true })) hear(listener);
    } else if (target.type === 'subtree') {
      const base = { bucket: channel.bucket, path: target.path };
      for (const node of directory.subtree(base)) locals.forEach(node, message, visit);
      listeners.index.visitSubtree(base, hear);
    } else {
      locals.forEach(channel, message, visit);
      // Listeners hear what is for everybody.
      if (target.type === 'channel' && listeners.size > 0) listeners.index.visitChannel(channel, audience === 'channel' ? 'channel' : 'both', hear);
    }
  }
}

function idKeyOf({ device, user, channel, published }: Message, id: string, audience: Audience): string {
  const key = `${published === true ? '*' : ''}${device}/${user}/${channel.bucket.length}/${channel.bucket}${channel.path}\n${id}`;
  return typeof audience === 'object' ? `${key}\n${audience.base.path}` : key;
}
