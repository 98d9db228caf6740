import type { Kv4Store } from '@xir/kv4-core';

import type { Membership, NeuronLife } from '../membership.ts';
import { LeaseStore } from '../membership/lease-store.ts';
import type { Directory } from './directory.ts';
import { tidySlots } from './tidy-slots.ts';

/** Milliseconds between two looks for slots that were left. */
export const LEFT_SLOTS_INTERVAL_MS = 5_000;
/** How long a life has to be over before what is stored of it counts as left, in milliseconds: those who clean up behind it come first. */
export const LEFT_SLOTS_PATIENCE_MS = 10_000;
/** Most lives that are tidied up behind in one look. */
const MAX_LIVES = 8;

/** What {@link LeftSlots} works with. */
export interface LeftSlotsParts {
  readonly store: Pick<Kv4Store, 'get' | 'put' | 'list' | 'delete'>;
  readonly membership: Membership;
  readonly directory: Directory;
  readonly onError: (error: unknown) => void;
}

/**
 * Deletes slots of lives that are over and hold no lease: those whose last write arrived only when everything of their neuron had been deleted, or that a replica did not show then. Of those
 * alive the one with the lowest name looks, now and then.
 */
export class LeftSlots {
  readonly #parts: LeftSlotsParts;
  readonly #leases: LeaseStore;
  /** Since when what is stored of a life has been seen, or was last tidied up. */
  #since = new Map<string, number>();
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: LeftSlotsParts) {
    this.#parts = parts;
    this.#leases = new LeaseStore(parts.store);
  }

  /** Looks, where it is time. */
  look(nowMs: number): void {
    if (this.#isClosed || this.#underWay !== undefined || nowMs - this.#lookedAtMs < LEFT_SLOTS_INTERVAL_MS) return;
    this.#lookedAtMs = nowMs;
    const since = new Map<string, number>();
    const over: NeuronLife[] = [];
    for (const life of this.#isOurTask() ? this.#parts.directory.left() : []) {
      const key = `${life.neuron} ${life.incarnation}`;
      const seenMs = this.#since.get(key) ?? nowMs;
      const isDue = nowMs - seenMs >= LEFT_SLOTS_PATIENCE_MS && over.length < MAX_LIVES;
      since.set(key, isDue ? nowMs : seenMs);
      if (isDue) over.push(life);
    }
    this.#since = since;
    if (over.length === 0) return;
    this.#underWay = this.#tidy(over)
      .catch(this.#parts.onError)
      .finally(() => (this.#underWay = undefined));
  }

  /** Waits for what is under way. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#underWay;
  }

  #isOurTask(): boolean {
    const { membership } = this.#parts;
    for (const { neuron } of membership.neurons()) if (neuron < membership.self.neuron) return false;
    return true;
  }

  async #tidy(over: readonly NeuronLife[]): Promise<void> {
    const { store, membership } = this.#parts;
    for (const life of over) {
      // While there is a lease, its holder or whoever cleans up behind it takes care of the slots.
      if (this.#isClosed || (await this.#leases.read(life.neuron)) !== undefined) continue;
      if (!membership.isLive(life.neuron, life.incarnation)) await tidySlots(store, life);
    }
  }
}
