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

/** How a slot differs from what is stored. */
interface Dirt {
  /** When it was first asked for without being written; `undefined`: not yet. */
  sinceMs: number | undefined;
  /** Joins since it was written. */
  joins: number;
}

const NONE: ReadonlySet<number> = new Set();

/** In a crowd: which slots are to be written though others will come. */
export interface CrowdPatience {
  readonly atMs: number;
  /** How long a slot that is not full waits for more. */
  readonly patienceMs: number;
}

/**
 * Which subscription and which listener of this neuron stands in which slot (SPEC, S1 to S6). Slots have stable numbers and are written in place: however many peers come and go, a neuron has as
 * many slots as its most peers at a time needed. Pure: what has to be written is asked for, and said to be written or not.
 */
export class SlotPlan {
  #incarnation: string;
  readonly #capacity: number;
  /** By number; a hole is a slot that is not stored. */
  readonly #slots: (Set<Planned> | undefined)[] = [];
  /** Numbers that differ from what is stored, or may. */
  readonly #dirty = new Map<number, Dirt>();
  /** Numbers with room: a tick's joins go where something is to be written anyway. */
  readonly #open = new Set<number>();
  /** Numbers that take in nobody. */
  readonly #avoided = new Set<number>();
  #size = 0;

  /** `stored`: the numbers of the slots that an earlier life of this neuron has left. `capacity`: how many subscriptions and listeners a slot holds. */
  constructor(incarnation: string, stored: Iterable<number> = [], capacity: number = MAX_SLOT_SUBSCRIPTIONS) {
    this.#incarnation = incarnation;
    this.#capacity = capacity;
    for (const slot of stored) {
      this.#slots[slot] = new Set();
      this.#soil(slot);
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

  /** How many slots take in nobody. */
  get avoided(): number {
    return this.#avoided.size;
  }

  /** The neuron goes on in another life: everything is to be written again in its name. */
  reincarnate(incarnation: string): void {
    this.#incarnation = incarnation;
    for (const [slot, members] of this.#slots.entries()) if (members !== undefined) this.#soil(slot);
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
    if (!this.#avoided.has(slot)) this.#open.add(slot);
    this.#soil(slot);
    this.#size -= 1;
  }

  /** Puts another state in the place of the one before; harmless when the subscription is out already. */
  update(planned: PlannedSubscription, state: JsonValue | undefined): void {
    const own = planned as OwnSubscription;
    if (this.#slots[own.slot]?.has(own) !== true) return;
    const { state: _before, ...rest } = own.subscription;
    own.subscription = state === undefined ? rest : { ...rest, state };
    this.#soil(own.slot);
  }

  /** A slot takes in nobody until it is welcome again: it cannot be written just now. */
  avoid(slot: number): void {
    this.#avoided.add(slot);
    this.#open.delete(slot);
  }

  /** A slot takes in others again. */
  welcome(slot: number): void {
    if (!this.#avoided.delete(slot)) return;
    const members = this.#slots[slot];
    if (members !== undefined && members.size < this.#capacity) this.#open.add(slot);
  }

  /**
   * What has to be written now, but for what is held; in a crowd, slots that are about to be full wait for that. It counts as written until {@link SlotPlan.failed} says otherwise.
   */
  takeWrites(crowd?: CrowdPatience, held: ReadonlySet<number> = NONE): SlotWrite[] {
    const due = [...this.#dirty].filter(([slot, dirt]) => !held.has(slot) && (crowd === undefined || this.#isDue(slot, dirt, crowd))).map(([slot]) => slot);
    for (const slot of due) this.#dirty.delete(slot);
    return due.toSorted((a, b) => a - b).map((slot) => this.#writeOf(slot));
  }

  /** The slots that are to be written. */
  dirty(): Iterable<number> {
    return this.#dirty.keys();
  }

  /** Whether there is anything in a slot. */
  holds(slot: number): boolean {
    return (this.#slots[slot]?.size ?? 0) > 0;
  }

  /** A slot was not written, or nobody knows: it is to be written again. */
  failed(slot: number): void {
    this.#soil(slot);
  }

  #soil(slot: number): Dirt {
    let dirt = this.#dirty.get(slot);
    if (dirt === undefined) this.#dirty.set(slot, (dirt = { sinceMs: undefined, joins: 0 }));
    return dirt;
  }

  #isDue(slot: number, dirt: Dirt, { atMs, patienceMs }: CrowdPatience): boolean {
    // A full slot in which few came since it was written is one whose peers come and go.
    if (this.#slots[slot]?.size === this.#capacity && dirt.joins >= this.#capacity / 2) return true;
    dirt.sinceMs ??= atMs;
    return atMs - dirt.sinceMs >= patienceMs;
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
    if (members.size === this.#capacity) this.#open.delete(slot);
    this.#soil(slot).joins += 1;
    this.#size += 1;
    return planned;
  }

  #roomFor(): number {
    for (const slot of this.#open) if (this.#dirty.has(slot)) return slot;
    for (const slot of this.#open) return slot;
    let slot = 0;
    while (this.#slots[slot] !== undefined || this.#avoided.has(slot)) slot += 1;
    this.#open.add(slot);
    return slot;
  }
}
