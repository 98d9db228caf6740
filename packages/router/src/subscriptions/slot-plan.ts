import type { JsonValue } from '@xir/kv4-core';

import type { Subscription } from '../channel.ts';
import type { Place } from './place.ts';
import { MAX_SLOT_SUBSCRIPTIONS, type Slot } from './slot-document.ts';

/** A subscription that has its place in a {@link SlotPlan}; it is the plan's own and given back to it. */
export interface PlannedSubscription {
  readonly subscription: Subscription;
}

/** A place to listen that has its place in a {@link SlotPlan}; it is the plan's own and given back to it. */
export interface PlannedListener {
  readonly listener: Place;
}

interface OwnSubscription extends PlannedSubscription {
  subscription: Subscription;
  readonly slot: number;
}

interface OwnListener extends PlannedListener {
  readonly slot: number;
}

type Planned = OwnSubscription | OwnListener;

/** A slot to be written, or (without a value) to be deleted. */
export interface SlotWrite {
  readonly slot: number;
  readonly value: Slot | undefined;
}

/**
 * Which subscription and which listener of this neuron stands in which slot (SPEC, S1 to S6). Slots have stable numbers and are written in place: however many peers come and go, a neuron has as
 * many slots as its most peers at a time needed. Pure: what has to be written is asked for, and said to be written or not.
 */
export class SlotPlan {
  #incarnation: string;
  /** By number; a hole is a slot that is not stored. */
  readonly #slots: (Set<Planned> | undefined)[] = [];
  /** Numbers that differ from what is stored, or may. */
  readonly #dirty = new Set<number>();
  /** Numbers with room: a tick's joins go where something is to be written anyway. */
  readonly #open = new Set<number>();
  #size = 0;

  /** `stored`: the numbers of the slots that an earlier life of this neuron has left. */
  constructor(incarnation: string, stored: Iterable<number> = []) {
    this.#incarnation = incarnation;
    for (const slot of stored) {
      this.#slots[slot] = new Set();
      this.#dirty.add(slot);
      this.#open.add(slot);
    }
  }

  /** How many subscriptions and listeners there are. */
  get size(): number {
    return this.#size;
  }

  /** Whether something is to be written. */
  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** The neuron goes on in another life: everything is to be written again in its name. */
  reincarnate(incarnation: string): void {
    this.#incarnation = incarnation;
    for (const [slot, members] of this.#slots.entries()) if (members !== undefined) this.#dirty.add(slot);
  }

  join(subscription: Subscription): PlannedSubscription {
    return this.#place({ subscription, slot: this.#roomFor() });
  }

  /** Writes down that somebody listens. */
  listen(listener: Place): PlannedListener {
    return this.#place({ listener, slot: this.#roomFor() });
  }

  /** Takes a subscription or a listener out; harmless when it is out already. */
  leave(planned: PlannedSubscription | PlannedListener): void {
    const { slot } = planned as Planned;
    if (this.#slots[slot]?.delete(planned as Planned) !== true) return;
    this.#open.add(slot);
    this.#dirty.add(slot);
    this.#size -= 1;
  }

  /** Puts another state in the place of the one before; harmless when the subscription is out already. */
  update(planned: PlannedSubscription, state: JsonValue | undefined): void {
    const own = planned as OwnSubscription;
    if (this.#slots[own.slot]?.has(own) !== true) return;
    const { state: _before, ...rest } = own.subscription;
    own.subscription = state === undefined ? rest : { ...rest, state };
    this.#dirty.add(own.slot);
  }

  /** What has to be written now. It counts as written until {@link SlotPlan.failed} says otherwise. */
  takeWrites(): SlotWrite[] {
    const writes = [...this.#dirty].toSorted((a, b) => a - b).map((slot) => this.#writeOf(slot));
    this.#dirty.clear();
    return writes;
  }

  /** Whether there is anything in a slot. */
  holds(slot: number): boolean {
    return (this.#slots[slot]?.size ?? 0) > 0;
  }

  /** A slot was not written, or nobody knows: it is to be written again. */
  failed(slot: number): void {
    this.#dirty.add(slot);
  }

  #writeOf(slot: number): SlotWrite {
    const members = this.#slots[slot];
    if (members === undefined || members.size === 0) {
      this.#slots[slot] = undefined;
      this.#open.delete(slot);
      return { slot, value: undefined };
    }
    const subscriptions: Subscription[] = [];
    const listeners: Place[] = [];
    for (const member of members) {
      if ('listener' in member) listeners.push(member.listener);
      else subscriptions.push(member.subscription);
    }
    return { slot, value: { incarnation: this.#incarnation, subscriptions, ...(listeners.length === 0 ? {} : { listeners }) } };
  }

  #place<Own extends Planned>(planned: Own): Own {
    const { slot } = planned;
    const members = (this.#slots[slot] ??= new Set());
    members.add(planned);
    if (members.size === MAX_SLOT_SUBSCRIPTIONS) this.#open.delete(slot);
    this.#dirty.add(slot);
    this.#size += 1;
    return planned;
  }

  #roomFor(): number {
    for (const slot of this.#open) if (this.#dirty.has(slot)) return slot;
    for (const slot of this.#open) return slot;
    let slot = 0;
    while (this.#slots[slot] !== undefined) slot += 1;
    this.#open.add(slot);
    return slot;
  }
}
