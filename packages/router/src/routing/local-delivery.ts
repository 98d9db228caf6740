import type { Clock } from '@xir/couch-client';

import type { Directory } from '../subscriptions/directory.ts';
import { DedupWindow } from './dedup-window.ts';
import type { Local, LocalPeers } from './local-peers.ts';
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
  readonly directory: Directory;
  readonly clock: Clock;
  readonly maxRememberedIds: number;
  readonly idWindowMs: number;
}

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
  deliver(message: Message, level: AcknowledgementLevel, onDone?: (reached: number, written: number) => void): number | undefined {
    const count: Reached = { reached: 0, written: 0 };
    if (message.id !== undefined) {
      const key = `${message.device}/${message.user}/${message.channel.bucket.length}/${message.channel.bucket}${message.channel.path}\n${message.id}`;
      const before = this.#delivered.find(key, this.#parts.clock.monotonic());
      if (before !== undefined) {
        this.duplicates += 1;
        const tell = () => onDone?.(before.reached, before.written);
        if (level === 'written' && before.waiters !== undefined) before.waiters.push(tell);
        else tell();
        return undefined;
      }
      // Nobody reached: it may come again, for somebody who has come meanwhile.
      this.#visit(message, () => (count.reached += 1));
      if (count.reached > 0) this.#delivered.add(key, this.#parts.clock.monotonic(), count);
      count.reached = 0;
    }
    if (level === 'written' && onDone !== undefined) return this.#write(message, count, onDone);
    this.#visit(message, ({ receiver }) => {
      count.reached += 1;
      receiver.deliver(message);
    });
    this.deliveries += count.reached;
    onDone?.(count.reached, 0);
    return count.reached;
  }

  #write(message: Message, count: Reached, onDone: (reached: number, written: number) => void): number {
    let waiting = 1;
    count.waiters = [];
    const settled = () => {
      waiting -= 1;
      if (waiting > 0) return;
      onDone(count.reached, count.written);
      for (const tell of count.waiters ?? []) tell();
      count.waiters = undefined;
    };
    this.#visit(message, ({ receiver }) => {
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

  #visit(message: Message, visit: (local: Local) => void): void {
    const { locals, directory } = this.#parts;
    const { target, channel } = message;
    if (target.type !== 'subtree') return locals.forEach(channel, message, visit);
    for (const node of directory.subtree({ bucket: channel.bucket, path: target.path })) locals.forEach(node, message, visit);
  }
}
