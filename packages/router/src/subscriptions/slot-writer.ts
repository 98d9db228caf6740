import { backoffDelayMs, type Clock, type Random, type Timer } from '@xir/couch-client';
import type { JsonValue } from '@xir/kv4-core';

import type { Subscription } from '../channel.ts';
import { Crowd, CROWD_PATIENCE_MS, CROWDED_WRITE_DELAY_MS } from './crowd.ts';
import type { Place } from './place.ts';
import { SlotPlan, type PlannedListener, type PlannedSubscription, type SlotWrite } from './slot-plan.ts';
import { SlotStorage, type SlotStorageParts } from './slot-storage.ts';
import { StoredWaiters } from './stored-waiters.ts';

/** In a crowd, what is full while others are being written waits for them, for so long at most, in milliseconds: they share requests to the database. */
const CROWDED_PASS_MS = 250;
/** A slot whose write takes longer than this, in milliseconds, takes in nobody else. */
const SLOW_WRITE_MS = 1_000;
/** So does one that failed as often in a row. */
const MANY_FAILURES = 2;
/** As many slots take in nobody at a time; where more are in trouble, the database is, and other slots would fare no better. */
const MAX_AVOIDED_SLOTS = 4;
/** The longest pause before a slot that was not written is written again, in milliseconds. */
const MAX_RETRY_MS = 5_000;

/** What a {@link SlotWriter} works with. */
export interface SlotWriterParts extends SlotStorageParts {
  readonly incarnation: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How many subscriptions and listeners a slot holds. */
  readonly maxSlotSubscriptions?: number;
}

interface WriteUnderWay {
  readonly number: number;
  readonly sinceMs: number;
  readonly ended: Promise<void>;
}

/** A slot that was not written, until it is. */
interface Trouble {
  readonly failures: number;
  /** Runs while the slot waits to be written again. */
  readonly pause: Timer;
}

/**
 * Writes down who is connected to this neuron, and where it listens (SPEC, S8 to S12, S17). One write of a slot is on its way at a time; what comes meanwhile goes with its next. A slot that
 * was not written is written again until it is, and holds up no other.
 */
export class SlotWriter {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #plan: SlotPlan;
  readonly #storage: SlotStorage;
  readonly #crowd = new Crowd();
  readonly #waiters = new StoredWaiters();
  #incarnation: string;
  #timer: Pick<Timer, 'cancel'> | undefined;
  readonly #underWay = new Map<number, WriteUnderWay>();
  readonly #troubled = new Map<number, Trouble>();
  /** Slots that are not to be written now: a write of theirs is under way, or failed a moment ago. */
  readonly #held = new Set<number>();
  /** How many writes of each slot were begun. */
  readonly #begun = new Map<number, number>();
  /** Everything has to be written, also in a crowd. */
  #isUrgent = false;
  #wroteAtMs = Number.NEGATIVE_INFINITY;
  #superseded = false;
  #closed = false;

  constructor(parts: SlotWriterParts) {
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#incarnation = parts.incarnation;
    this.#storage = new SlotStorage(parts);
    this.#plan = new SlotPlan(parts.incarnation, parts.stored.keys(), parts.maxSlotSubscriptions);
    if (this.#plan.isDirty) this.#schedule();
  }

  /** How many subscriptions and listeners there are. */
  get size(): number {
    return this.#plan.size;
  }

  /** Slots that were written or deleted. */
  get writes(): number {
    return this.#storage.writes;
  }

  /** Slots that could not be written when it was last tried, or whose write takes long. */
  get unwritten(): number {
    let slow = 0;
    for (const slot of this.#underWay.keys()) if (!this.#troubled.has(slot) && this.#isSlow(slot)) slow += 1;
    return this.#troubled.size + slow;
  }

  /** True: another life of this neuron has written its slots, so this one writes no more. */
  get isSuperseded(): boolean {
    return this.#superseded;
  }

  join(subscription: Subscription): PlannedSubscription {
    this.#avoidTroubled();
    const planned = this.#plan.join(subscription);
    this.#changed();
    return planned;
  }

  /** Writes down that somebody listens. */
  listen(place: Place): PlannedListener {
    this.#avoidTroubled();
    const planned = this.#plan.listen(place);
    this.#changed();
    return planned;
  }

  leave(planned: PlannedSubscription | PlannedListener): void {
    this.#plan.leave(planned);
    this.#changed();
  }

  update(planned: PlannedSubscription, state: JsonValue | undefined): void {
    this.#plan.update(planned, state);
    this.#changed();
  }

  /** The neuron goes on in another life. */
  reincarnate(incarnation: string): void {
    if (incarnation === this.#incarnation) return;
    this.#incarnation = incarnation;
    this.#superseded = false;
    this.#plan.reincarnate(incarnation);
    for (const slot of [...this.#troubled.keys()]) this.#forgive(slot);
    this.#isUrgent = true;
    this.#changed();
  }

  /**
   * In which life and version a slot of this neuron is stored, as the feed tells; `undefined`: it is not. What another has put in its place, or deleted, is written again; so is what this
   * writer has stored without knowing it, where nobody is there any more.
   */
  observe(slot: number, stored: { readonly incarnation: string; readonly version: string } | undefined): void {
    if (stored === undefined ? !this.#plan.holds(slot) : stored.incarnation === this.#incarnation && !this.#isLeftOver(slot, stored.version)) return;
    if (stored !== undefined) this.#storage.doubt(slot);
    this.#plan.failed(slot);
    this.#schedule();
  }

  /** Whether an own slot is stored, perhaps, in which nobody is any more. */
  #isLeftOver(slot: number, version: string): boolean {
    return !this.#plan.holds(slot) && this.#storage.isLeftOver(slot, version);
  }

  /** Resolves when everything that was said before this call is stored. */
  stored(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const slots = new Map<number, number>();
    for (const [slot, { number }] of this.#underWay) slots.set(slot, number);
    // What is under way does not hold what was said since.
    for (const slot of this.#plan.dirty()) slots.set(slot, (this.#begun.get(slot) ?? 0) + 1);
    return this.#waiters.wait(slots);
  }

  /** The same, but not for longer than this. */
  async storedWithin(timeoutMs: number): Promise<void> {
    if (this.#superseded) return;
    let timer: Timer | undefined;
    await Promise.race([this.stored(), new Promise<void>((resolve) => (timer = this.#clock.schedule(timeoutMs, resolve)))]);
    timer?.cancel();
  }

  /** Writes no more. What is to be written is left to those who tidy up. */
  async close(): Promise<void> {
    this.#stop();
    await Promise.all([...this.#underWay.values()].map(({ ended }) => ended));
    this.#waiters.release();
  }

  #stop(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const { pause } of this.#troubled.values()) pause.cancel();
  }

  #changed(): void {
    this.#crowd.count();
    this.#schedule();
  }

  /** Whoever comes now does not go into slots whose writes are slow or fail. */
  #avoidTroubled(): void {
    if (this.#held.size === 0) return;
    for (const slot of this.#held) {
      if (this.#plan.avoided >= MAX_AVOIDED_SLOTS) return;
      if (this.#isSlow(slot) || (this.#troubled.get(slot)?.failures ?? 0) >= MANY_FAILURES) this.#plan.avoid(slot);
    }
  }

  #isSlow(slot: number): boolean {
    const write = this.#underWay.get(slot);
    return write !== undefined && this.#clock.monotonic() - write.sinceMs >= SLOW_WRITE_MS;
  }

  #schedule(): void {
    if (this.#closed || this.#superseded || this.#timer !== undefined) return;
    const begin = (): void => {
      this.#timer = undefined;
      this.#writeDue();
    };
    this.#timer = this.#crowd.isThere ? this.#clock.schedule(CROWDED_WRITE_DELAY_MS, begin) : afterThisTick(begin);
  }

  #writeDue(): void {
    const atMs = this.#clock.monotonic();
    const isCrowded = this.#crowd.look(atMs);
    if (isCrowded && !this.#isUrgent && this.#underWay.size > 0 && atMs - this.#wroteAtMs < CROWDED_PASS_MS) return this.#schedule();
    this.#wroteAtMs = atMs;
    for (const write of this.#plan.takeWrites(isCrowded && !this.#isUrgent ? { atMs, patienceMs: CROWD_PATIENCE_MS } : undefined, this.#held)) this.#begin(write, atMs);
    const dirty = [...this.#plan.dirty()];
    if (dirty.length === 0) this.#isUrgent = false;
    if (dirty.some((slot) => !this.#held.has(slot))) this.#schedule();
  }

  #begin(write: SlotWrite, sinceMs: number): void {
    const { slot } = write;
    const number = (this.#begun.get(slot) ?? 0) + 1;
    this.#begun.set(slot, number);
    this.#held.add(slot);
    this.#underWay.set(slot, { number, sinceMs, ended: this.#write(write, number) });
  }

  async #write(write: SlotWrite, number: number): Promise<void> {
    const { slot } = write;
    const incarnation = this.#incarnation;
    const outcome = await this.#storage.write(write, incarnation);
    this.#underWay.delete(slot);
    this.#held.delete(slot);
    if (outcome === 'stored') this.#waiters.stored(slot, number);
    else this.#plan.failed(slot);
    if (outcome === 'closed') this.#stop();
    // It may go on in a later life than the one that was superseded.
    else if (outcome === 'superseded') this.#superseded ||= incarnation === this.#incarnation;
    else if (outcome === 'failed') this.#retryLater(slot);
    else this.#forgive(slot);
    if (this.#closed || this.#superseded) this.#waiters.release();
    else if (this.#plan.isDirty) this.#schedule();
  }

  #retryLater(slot: number): void {
    if (this.#closed) return;
    const failures = (this.#troubled.get(slot)?.failures ?? 0) + 1;
    this.#held.add(slot);
    const pause = this.#clock.schedule(backoffDelayMs(failures - 1, this.#random, { maxMs: MAX_RETRY_MS }), () => {
      this.#held.delete(slot);
      this.#schedule();
    });
    this.#troubled.set(slot, { failures, pause });
  }

  /** A slot is written as ever: it takes in others again. */
  #forgive(slot: number): void {
    const trouble = this.#troubled.get(slot);
    trouble?.pause.cancel();
    this.#troubled.delete(slot);
    if (!this.#underWay.has(slot)) this.#held.delete(slot);
    this.#plan.welcome(slot);
  }
}

/** Whatever the sockets deliver in this turn of the event loop shares a write; alone, a join waits for nothing else. */
function afterThisTick(run: () => void): Pick<Timer, 'cancel'> {
  const immediate = setImmediate(run);
  return { cancel: () => clearImmediate(immediate) };
}
