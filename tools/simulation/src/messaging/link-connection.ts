import type { Timer } from '@xir/couch-client';
import type { LinkOutcome } from '@xir/router';
import type { SimulatedClock } from '../time/simulated-clock.ts';

/** What lies between two neurons, one way. */
export interface WayConditions {
  /** Nothing gets through, and nobody is told. */
  isBlocked: boolean;
  /** Shortest and longest time, in milliseconds. */
  latencyMs: readonly [number, number];
}

/** Messages of one turn on their way, and who hears what became of them. */
export interface SentBatch {
  readonly tell: (outcome: LinkOutcome) => void;
  readonly timer: Timer;
}

/** One way of a connection: what was sent arrives in order, and waits where the way is blocked. */
class Way {
  readonly conditions: WayConditions;
  readonly stalled: (() => void)[] = [];
  lastArrivalMs = 0;

  constructor(conditions: WayConditions) {
    this.conditions = conditions;
  }
}

/** One connection between two neurons. It is gone for good once it is broken. */
export class LinkConnection {
  readonly #clock: SimulatedClock;
  readonly #random: () => number;
  readonly #ways = new Map<string, Way>();
  readonly #outstanding = new Set<SentBatch>();
  #isOpen = true;
  /** What has arrived at a process that stood still is read by it though the connection is gone by then. */
  readonly isReadLate: boolean;

  /** `ways`: what lies on the way from each of the two. */
  constructor(ways: ReadonlyMap<string, WayConditions>, clock: SimulatedClock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
    for (const [from, conditions] of ways) this.#ways.set(from, new Way(conditions));
    this.isReadLate = random() < 0.5;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends something; `arrive` is called when it arrives, unless the connection is broken by then. */
  transmit(from: string, arrive: () => void): void {
    const way = this.#ways.get(from);
    if (way === undefined) return;
    const [low, high] = way.conditions.latencyMs;
    const dueMs = Math.max(way.lastArrivalMs, this.#clock.monotonic() + low + this.#random() * (high - low));
    way.lastArrivalMs = dueMs;
    this.#clock.schedule(dueMs - this.#clock.monotonic(), () => {
      if (!this.#isOpen) return;
      if (way.conditions.isBlocked || way.stalled.length > 0) way.stalled.push(arrive);
      else arrive();
    });
  }

  /** A way is free again. */
  released(from: string): void {
    const way = this.#ways.get(from);
    if (way === undefined || !this.#isOpen) return;
    for (const arrive of way.stalled.splice(0)) arrive();
  }

  /** Notes that something awaits its acknowledgement. */
  await(batch: SentBatch): void {
    this.#outstanding.add(batch);
  }

  /** Something was acknowledged, or refused. */
  settle(batch: SentBatch, outcome: LinkOutcome): void {
    if (!this.#outstanding.delete(batch)) return;
    batch.timer.cancel();
    batch.tell(outcome);
  }

  /** The connection is lost: what is on its way may have arrived, or not. */
  break(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const batch of [...this.#outstanding]) this.settle(batch, 'unknown');
  }
}
