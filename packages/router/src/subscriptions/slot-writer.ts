import { backoffDelayMs, type Clock, type Random, type Timer } from '@xir/couch-client';
import { Kv4Error, type JsonValue, type Kv4Store, type WriteCondition } from '@xir/kv4-core';

import type { Subscription } from '../channel.ts';
import type { Place } from './place.ts';
import { slotAddress } from './slot-address.ts';
import { decodeSlot, encodeSlot } from './slot-document.ts';
import { SlotPlan, type PlannedListener, type PlannedSubscription, type SlotWrite } from './slot-plan.ts';

/** Milliseconds within which joins and leaves share one write in a crowd, where {@link CROWD_PER_SECOND} and more come and go in a second. */
const CROWDED_WRITE_DELAY_MS = 40;
const CROWD_PER_SECOND = 250;
/** As few as these are no crowd, however fast. */
const FEW_CHANGES = 5;
/** As many as these show how fast they come, however short the time. */
const MANY_CHANGES = 20;
/** How long a slot waits in a crowd until it is full, in milliseconds: long enough that all but the slowest crowd fills it. A crowd is over once it has been quiet for as long. */
export const CROWD_PATIENCE_MS = 800;

/** What a {@link SlotWriter} works with. */
export interface SlotWriterParts {
  readonly store: Kv4Store;
  readonly neuron: string;
  readonly incarnation: string;
  /** The versions of the slots that are stored of this neuron, by number. */
  readonly stored: ReadonlyMap<number, string>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: (error: unknown) => void;
}

/** Who waits until slots are stored: each as a round of writes that is no earlier has it. */
interface Waiter {
  readonly slots: Map<number, number>;
  readonly resolve: () => void;
}

/**
 * Writes down who is connected to this neuron, and where it listens (SPEC, S8 to S12). One round of writes is on its way at a time; what comes meanwhile goes with the next. A slot that was
 * not written is written again until it is.
 */
export class SlotWriter {
  readonly #parts: SlotWriterParts;
  readonly #plan: SlotPlan;
  readonly #versions: Map<number, string>;
  #incarnation: string;
  #timer: Pick<Timer, 'cancel'> | undefined;
  #writing: Promise<void> | undefined;
  #changes = 0;
  #isCrowded = false;
  /** A crowd comes in bursts: it lasts until then though fewer come now. */
  #crowdedUntilMs = Number.NEGATIVE_INFINITY;
  /** Since when changes are counted. */
  #countedFromMs = Number.NEGATIVE_INFINITY;
  #round = 0;
  #underWay = new Set<number>();
  /** Slots that are stored, or may be: in which version, is not known. */
  readonly #unknown = new Set<number>();
  /** In which version slots were deleted last. */
  readonly #deleted = new Map<number, string>();
  /** Everything has to be written, also in a crowd. */
  #isUrgent = false;
  #failures = 0;
  #superseded = false;
  #closed = false;
  #waiters: Waiter[] = [];
  /** Slots that were written or deleted. */
  writes = 0;

  constructor(parts: SlotWriterParts) {
    this.#parts = parts;
    this.#incarnation = parts.incarnation;
    this.#versions = new Map(parts.stored);
    this.#plan = new SlotPlan(parts.incarnation, parts.stored.keys());
    if (this.#plan.isDirty) this.#schedule();
  }

  /** How many subscriptions and listeners there are. */
  get size(): number {
    return this.#plan.size;
  }

  /** True: another life of this neuron has written its slots, so this one writes no more. */
  get isSuperseded(): boolean {
    return this.#superseded;
  }

  join(subscription: Subscription): PlannedSubscription {
    const planned = this.#plan.join(subscription);
    this.#changed();
    return planned;
  }

  /** Writes down that somebody listens. */
  listen(place: Place): PlannedListener {
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
    this.#isUrgent = true;
    this.#changed();
  }

  /**
   * In which life and version a slot of this neuron is stored, as the feed tells; `undefined`: it is not. What another has put in its place, or deleted, is written again; so is what this
   * writer has stored without knowing it, where nobody is there any more.
   */
  observe(slot: number, stored: { readonly incarnation: string; readonly version: string } | undefined): void {
    if (stored === undefined ? !this.#plan.holds(slot) : stored.incarnation === this.#incarnation && !this.#isLeftOver(slot, stored.version)) return;
    if (stored !== undefined) this.#unknown.add(slot);
    this.#plan.failed(slot);
    this.#schedule();
  }

  /** Whether an own slot is stored of which this writer takes nothing to be stored. */
  #isLeftOver(slot: number, version: string): boolean {
    return !this.#plan.holds(slot) && !this.#versions.has(slot) && version > (this.#deleted.get(slot) ?? '');
  }

  /** Resolves when everything that was said before this call is stored. */
  stored(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const slots = new Map<number, number>();
    for (const slot of this.#underWay) slots.set(slot, this.#round);
    // What is under way does not hold what was said since.
    for (const slot of this.#plan.dirty()) slots.set(slot, this.#round + 1);
    if (slots.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ slots, resolve }));
  }

  /** The same, but not for longer than this. */
  async storedWithin(timeoutMs: number): Promise<void> {
    if (this.#superseded) return;
    let timer: Timer | undefined;
    await Promise.race([this.stored(), new Promise<void>((resolve) => (timer = this.#parts.clock.schedule(timeoutMs, resolve)))]);
    timer?.cancel();
  }

  /** Writes no more. What is to be written is left to those who tidy up. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#writing;
    this.#release();
  }

  #changed(): void {
    this.#changes += 1;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed || this.#superseded || this.#timer !== undefined || this.#writing !== undefined) return;
    const begin = (): void => {
      this.#timer = undefined;
      this.#writing = this.#writeAll().finally(() => {
        this.#writing = undefined;
        if (this.#closed || this.#superseded) this.#release();
        else if (this.#plan.isDirty) this.#schedule();
      });
    };
    this.#timer = this.#failures === 0 && !this.#isCrowded ? afterThisTick(begin) : this.#parts.clock.schedule(this.#delayMs(), begin);
  }

  #delayMs(): number {
    return this.#failures === 0 ? CROWDED_WRITE_DELAY_MS : backoffDelayMs(this.#failures - 1, this.#parts.random, { maxMs: 5_000 });
  }

  #lookForCrowd(atMs: number): void {
    const elapsedMs = atMs - this.#countedFromMs;
    if (elapsedMs < CROWDED_WRITE_DELAY_MS && this.#changes < MANY_CHANGES) return;
    if (this.#changes > FEW_CHANGES && this.#changes * 1000 >= CROWD_PER_SECOND * elapsedMs) this.#crowdedUntilMs = atMs + CROWD_PATIENCE_MS;
    this.#isCrowded = atMs < this.#crowdedUntilMs;
    this.#countedFromMs = atMs;
    this.#changes = 0;
  }

  async #writeAll(): Promise<void> {
    const atMs = this.#parts.clock.monotonic();
    this.#lookForCrowd(atMs);
    this.#round += 1;
    const writes = this.#plan.takeWrites(this.#isCrowded && !this.#isUrgent ? { atMs, patienceMs: CROWD_PATIENCE_MS } : undefined);
    this.#isUrgent = false;
    this.#underWay = new Set(writes.map(({ slot }) => slot));
    const outcomes = await Promise.all(writes.map((write) => this.#write(write)));
    this.#underWay.clear();
    this.#failures = outcomes.includes(false) ? this.#failures + 1 : 0;
  }

  /** False: it has to be tried again. */
  async #write(write: SlotWrite): Promise<boolean> {
    const { store, neuron, onError } = this.#parts;
    const { slot, value } = write;
    const address = slotAddress(neuron, slot);
    const known = this.#versions.get(slot);
    const condition: WriteCondition = known === undefined ? { type: 'absent' } : { type: 'version', version: known };
    try {
      if (value !== undefined) this.#versions.set(slot, (await store.put(address, encodeSlot(value), { condition })).version);
      else if (known !== undefined) {
        await store.delete(address, { condition });
        this.#versions.delete(slot);
        this.#deleted.set(slot, known);
      } else if (this.#unknown.has(slot)) {
        await this.#learn(slot);
        if (!this.#versions.has(slot)) this.#unknown.delete(slot);
        // Deleted with the next round.
        else this.#plan.failed(slot);
      }
      if (value !== undefined || known !== undefined) this.#unknown.delete(slot);
      this.writes += 1;
      this.#settle(slot);
      return true;
    } catch (error) {
      this.#plan.failed(slot);
      if (error instanceof Kv4Error && error.code === 'KV4_CLOSED') {
        // There is nothing to write to any more.
        this.#closed = true;
        return false;
      }
      const isConflict = error instanceof Kv4Error && (error.code === 'KV4_VERSION_CONFLICT' || error.code === 'KV4_ALREADY_EXISTS' || error.code === 'KV4_NOT_FOUND');
      if (!isConflict) onError(error);
      this.#unknown.add(slot);
      await this.#learn(slot).catch(onError);
      return false;
    }
  }

  /** Finds out what is stored instead: another life's, if it is a later one, ends this writer. */
  async #learn(slot: number): Promise<void> {
    const { store, neuron } = this.#parts;
    const record = await store.get(slotAddress(neuron, slot), { fresh: true });
    if (record === undefined) this.#versions.delete(slot);
    else {
      this.#versions.set(slot, record.version);
      const incarnation = decodeSlot(record.value)?.incarnation;
      if (incarnation !== undefined && incarnation > this.#incarnation) this.#superseded = true;
    }
  }

  /** A slot is stored as it was when this round began. */
  #settle(slot: number): void {
    this.#underWay.delete(slot);
    this.#waiters = this.#waiters.filter(({ slots, resolve }) => {
      if ((slots.get(slot) ?? Number.POSITIVE_INFINITY) <= this.#round) slots.delete(slot);
      if (slots.size > 0) return true;
      resolve();
      return false;
    });
  }

  #release(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve } of waiters) resolve();
  }
}

/** Whatever the sockets deliver in this turn of the event loop shares a write; alone, a join waits for nothing else. */
function afterThisTick(run: () => void): Pick<Timer, 'cancel'> {
  const immediate = setImmediate(run);
  return { cancel: () => clearImmediate(immediate) };
}
