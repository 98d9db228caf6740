import type { Clock, Timer } from '@xir/couch-client';
import type { TableEntry } from './cache-table.ts';

/** Longest time a timer is set for, in milliseconds: timers of the platform overflow past 2^31. */
const LONGEST_TIMER_MS = 3_600_000;

interface Due {
  readonly atMs: number;
  readonly entry: TableEntry;
}

/** Tells when cached keys expire: a heap and one timer. An entry whose expiry changed meanwhile is looked at and left alone. */
export class ExpiryQueue {
  readonly #clock: Clock;
  readonly #onExpired: (entry: TableEntry) => void;
  readonly #heap: Due[] = [];
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onExpired: (entry: TableEntry) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** When the next expiry comes, in milliseconds since 1970 UTC; `Infinity`: none does. One that was lifted meanwhile may count. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Notes that an entry's present value expires, in milliseconds since 1970 UTC. */
  add(entry: TableEntry, atMs: number): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push({ atMs, entry });
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= this.#at(index)) break;
      this.#swap(parent, index);
      index = parent;
    }
    this.#arm();
  }

  clear(): void {
    this.#heap.length = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.atMs >= this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = first.atMs;
    const delayMs = Math.min(Math.max(0, first.atMs - this.#clock.now()), LONGEST_TIMER_MS);
    this.#timer = this.#clock.schedule(delayMs, () => this.#due());
  }

  #due(): void {
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= now; first = this.#heap[0]) {
      this.#pop();
      if (first.entry.record?.expiresAtMs === first.atMs) this.#onExpired(first.entry);
    }
    this.#arm();
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Due;
    if (heap.length === 0) return;
    heap[0] = last;
    let index = 0;
    for (;;) {
      const left = index * 2 + 1;
      const child = left + 1 < heap.length && this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (child >= heap.length || this.#at(index) <= this.#at(child)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #at(index: number): number {
    return (this.#heap[index] as Due).atMs;
  }

  #swap(a: number, b: number): void {
    const held = this.#heap[a] as Due;
    this.#heap[a] = this.#heap[b] as Due;
    this.#heap[b] = held;
  }
}
