import type { Clock, Random, Timer } from '@xir/couch-client';
import { backoffDelayMs } from '@xir/couch-client';

/** Bounds of an {@link UpkeepQueue}. */
export interface UpkeepQueueLimits {
  /** Milliseconds between a notice and the work, so that what is written often is looked after once. */
  readonly delayMs: number;
  /** Documents that wait; further notices are dropped and counted, and come again when the document is next read. */
  readonly maxDocuments: number;
  /** Documents looked after at once. */
  readonly maxConcurrent: number;
  /** Failures in a row until a document is dropped. */
  readonly maxAttempts: number;
}

interface Task {
  dueMs: number;
  attempts: number;
}

/** Counters of an {@link UpkeepQueue}. */
export interface UpkeepQueueStats {
  readonly waiting: number;
  readonly done: number;
  readonly failures: number;
  readonly dropped: number;
}

/** A bounded queue of documents to look after: each id once, later, a few at a time, again after a failure. */
export class UpkeepQueue {
  readonly #work: (id: string) => Promise<void>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: UpkeepQueueLimits;
  readonly #tasks = new Map<string, Task>();
  readonly #active = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #done = 0;
  #failures = 0;
  #dropped = 0;
  #closed = false;

  constructor(work: (id: string) => Promise<void>, time: { readonly clock: Clock; readonly random: Random }, limits: UpkeepQueueLimits) {
    this.#work = work;
    this.#clock = time.clock;
    this.#random = time.random;
    this.#limits = limits;
  }

  stats(): UpkeepQueueStats {
    return { waiting: this.#tasks.size + this.#active.size, done: this.#done, failures: this.#failures, dropped: this.#dropped };
  }

  /** Notes that a document needs looking after. */
  add(id: string): void {
    if (this.#closed || this.#tasks.has(id)) return;
    if (this.#active.has(id)) {
      this.#again.add(id);
      return;
    }
    if (this.#tasks.size >= this.#limits.maxDocuments) {
      this.#dropped += 1;
      return;
    }
    const dueMs = this.#clock.monotonic() + this.#limits.delayMs;
    this.#tasks.set(id, { dueMs, attempts: 0 });
    this.#arm(dueMs);
  }

  /**
   * Does everything that waits, now, and resolves when nothing is left to do; what fails is tried once and then left to wait again.
   */
  async idle(): Promise<void> {
    const tried = new Set<string>();
    for (;;) {
      if (this.#closed) return;
      for (const id of [...this.#tasks.keys()]) {
        if (!tried.has(id) && this.#active.size < this.#limits.maxConcurrent) this.#start(id, tried);
      }
      if (this.#active.size === 0) return;
      await Promise.race(this.#active.values());
    }
  }

  /** Starts nothing more and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#tasks.clear();
    await Promise.all(this.#active.values());
  }

  /** Wakes up at `dueMs` (monotonic) unless something is due sooner. */
  #arm(dueMs: number): void {
    if (this.#closed || dueMs >= this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = dueMs;
    this.#timer = this.#clock.schedule(Math.max(0, dueMs - this.#clock.monotonic()), () => {
      this.#timer = undefined;
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.#startDue();
    });
  }

  #startDue(): void {
    if (this.#closed) return;
    const now = this.#clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const [id, task] of this.#tasks) {
      // A task that ends looks for the next one.
      if (this.#active.size >= this.#limits.maxConcurrent) return;
      if (task.dueMs <= now) this.#start(id);
      else next = Math.min(next, task.dueMs);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next);
  }

  #start(id: string, tried?: Set<string>): void {
    const task = this.#tasks.get(id) as Task;
    this.#tasks.delete(id);
    const run = this.#run(id, task, tried);
    this.#active.set(id, run);
  }

  async #run(id: string, task: Task, tried: Set<string> | undefined): Promise<void> {
    try {
      await this.#work(id);
      this.#done += 1;
      this.#active.delete(id);
      if (this.#again.delete(id)) this.add(id);
    } catch {
      // Whatever it was, the document is as good as before; it is counted and tried again.
      this.#failures += 1;
      this.#active.delete(id);
      this.#again.delete(id);
      tried?.add(id);
      this.#retry(id, task);
    }
    this.#startDue();
  }

  #retry(id: string, task: Task): void {
    if (this.#closed) return;
    const attempts = task.attempts + 1;
    if (attempts >= this.#limits.maxAttempts) {
      this.#dropped += 1;
      return;
    }
    const delayMs = backoffDelayMs(attempts, this.#random, { baseMs: Math.max(100, this.#limits.delayMs) });
    this.#tasks.set(id, { dueMs: this.#clock.monotonic() + delayMs, attempts });
  }
}
