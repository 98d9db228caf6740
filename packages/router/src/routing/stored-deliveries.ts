import type { Clock } from '@xir/couch-client';

import { DedupWindow } from './dedup-window.ts';
import type { Audience, LocalDelivery } from './local-delivery.ts';
import type { LocalPeers } from './local-peers.ts';
import type { AcknowledgementLevel, Message } from './message.ts';

/** What {@link StoredDeliveries} work with. */
export interface StoredDeliveriesParts {
  readonly delivery: LocalDelivery;
  readonly locals: LocalPeers;
  readonly clock: Clock;
  readonly maxRememberedIds: number;
  /** Milliseconds for which it is remembered what became of a message. */
  readonly rememberedMs: number;
}

/** Hands messages of histories to the receivers on this neuron, and remembers what became of the last ones, by position. */
export class StoredDeliveries {
  readonly #parts: StoredDeliveriesParts;
  readonly #stored: DedupWindow<{ reached: number; written: number; writing: number }>;
  readonly #unwritten = new Map<string, (() => void)[]>();

  constructor(parts: StoredDeliveriesParts) {
    this.#parts = parts;
    this.#stored = new DedupWindow(parts.maxRememberedIds, parts.rememberedMs);
  }

  /** Hands a message of a channel's history to the receivers here; false: they have had it. */
  deliver(message: Message, audience: Exclude<Audience, 'all'> = 'channel'): boolean {
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
    const reached = this.#parts.delivery.deliver(message, 'written', onDone, audience);
    found.reached += reached ?? 0;
    settle();
    if (audience === 'channel' && published !== true) locals.find(channel, user, device)?.receiver.stored?.(message);
    return reached !== undefined;
  }

  /** A message of a channel's history was stored again: who asks for its position is told what became of it the first time. */
  repeat(message: Message): void {
    const { position = '' } = message;
    const counts = { reached: 0, written: 0, writing: 1 };
    this.#stored.add(position, this.#parts.clock.monotonic(), counts);
    const onDone = (reached: number, written: number) => {
      Object.assign(counts, { reached, written, writing: 0 });
      for (const tell of this.#unwritten.get(position) ?? []) tell();
      this.#unwritten.delete(position);
    };
    counts.reached = this.#parts.delivery.repeat(message, onDone, 'channel');
  }

  /** Tells what became of a message that was handed on here; at level `written`, once that is known of all receivers. */
  tell({ position, level }: { readonly position: string; readonly level: AcknowledgementLevel }, tell: (reached: number, written: number) => void): void {
    const counts = this.#stored.find(position, this.#parts.clock.monotonic());
    if (counts === undefined || level !== 'written' || counts.writing === 0) return tell(counts?.reached ?? 0, counts?.written ?? 0);
    const waiting = this.#unwritten.get(position) ?? [];
    this.#unwritten.set(position, waiting);
    waiting.push(() => tell(counts.reached, counts.written));
  }
}
