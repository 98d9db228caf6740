import { headId, type Kv4Error, type WatchEvent } from '@xir/kv4-core';

/** How a queue treats a consumer that lags. */
export interface WatchQueueOptions {
  /** Events held before the watch ends with `reset` (`slow-consumer`). */
  readonly maxQueuedEvents: number;
  /** Keep the newest event of each key only. */
  readonly latestOnly: boolean;
}

type ChangeEvent = Extract<WatchEvent, { type: 'put' | 'delete' }>;

/** The live events of one watch between the store that pushes and the consumer that pulls. */
export class WatchQueue {
  readonly #options: WatchQueueOptions;
  /** By arrival number, or by key when only the latest counts; in the order of delivery. */
  readonly #events = new Map<number | string, WatchEvent>();
  #arrivals = 0;
  #ended = false;
  #failure: Kv4Error | undefined;
  #wake: (() => void) | undefined;

  constructor(options: WatchQueueOptions) {
    this.#options = options;
  }

  /** Adds a change. Nothing happens once the queue has ended. */
  push(event: ChangeEvent): void {
    if (this.#ended) return;
    if (this.#options.latestOnly) this.#coalesce(event);
    else this.#events.set(this.#arrivals++, event);
    if (this.#events.size > this.#options.maxQueuedEvents) {
      this.#events.clear();
      this.#events.set(0, { type: 'reset', reason: 'slow-consumer', position: event.position });
      this.#ended = true;
    }
    this.#wake?.();
  }

  #coalesce(event: ChangeEvent): void {
    const id = headId(event.type === 'put' ? event.record.address : event.address);
    const waiting = this.#events.get(id) as ChangeEvent | undefined;
    this.#events.delete(id);
    if (waiting === undefined) {
      this.#events.set(id, event);
      return;
    }
    // To the consumer, what was replaced is what it saw last.
    const { previous: _, ...rest } = event;
    this.#events.set(id, waiting.previous === undefined ? rest : { ...rest, previous: waiting.previous });
  }

  /** Ends the queue: quietly, dropping what waits, or with an error that the consumer gets. */
  end(failure?: Kv4Error): void {
    this.#ended = true;
    this.#failure = failure;
    this.#events.clear();
    this.#wake?.();
  }

  /** The next event, when there is one; `undefined` after the end. */
  async next(): Promise<WatchEvent | undefined> {
    for (;;) {
      const first = this.#events.entries().next();
      if (!first.done) {
        const [key, event] = first.value;
        this.#events.delete(key);
        return event;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
