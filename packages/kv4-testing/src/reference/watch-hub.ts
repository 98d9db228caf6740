import { covers, type WatchCover, type WatchEvent } from '@xir/kv4-core';
import type { TableChange } from './memory-table.ts';
import { WatchQueue, type WatchQueueOptions } from './watch-queue.ts';

/** Changes kept for watches that resume. */
export const REFERENCE_LOG_EVENTS = 10_000;

type ChangeEvent = Extract<WatchEvent, { type: 'put' | 'delete' }>;

interface LoggedChange {
  readonly number: number;
  readonly id: string;
  readonly event: ChangeEvent;
}

/** One consumer's share of the hub. */
export interface WatchSubscription {
  readonly queue: WatchQueue;
  /** The changes behind a position so far; `undefined` when the position is not one that can be resumed. */
  readonly missed: readonly ChangeEvent[] | undefined;
  /** A position that stands for everything up to now. */
  readonly position: string;
  release(): void;
}

/** Numbers the changes of one store, keeps the last of them, and hands them to watches. */
export class WatchHub {
  readonly #identity: string;
  readonly #log: LoggedChange[] = [];
  readonly #watches = new Set<{ readonly cover: WatchCover; readonly queue: WatchQueue }>();
  #last = 0;

  /** `identity` tells this store's positions from another's: letters and digits. */
  constructor(identity: string) {
    this.#identity = identity;
  }

  /** A position that cannot be resumed: of an event in the middle of initial values. */
  get unresumable(): string {
    return `${this.#identity}.initial`;
  }

  /** Logs a change and hands it to the watches that cover it. */
  publish(change: TableChange): void {
    this.#last += 1;
    const event = eventOf(change, this.#position(this.#last));
    this.#log.push({ number: this.#last, id: change.id, event });
    if (this.#log.length > REFERENCE_LOG_EVENTS) this.#log.shift();
    for (const watch of this.#watches) {
      if (covers(watch.cover, change.id)) watch.queue.push(event);
    }
  }

  /** Starts a watch behind a position, or at the present. */
  subscribe(cover: WatchCover, options: WatchQueueOptions, after?: string): WatchSubscription {
    const watch = { cover, queue: new WatchQueue(options) };
    this.#watches.add(watch);
    return {
      queue: watch.queue,
      missed: after === undefined ? undefined : this.#behind(cover, after),
      position: this.#position(this.#last),
      release: () => void this.#watches.delete(watch),
    };
  }

  #position(number: number): string {
    return `${this.#identity}.${number}`;
  }

  #behind(cover: WatchCover, after: string): readonly ChangeEvent[] | undefined {
    const number = Number(after.slice(this.#identity.length + 1));
    if (after !== this.#position(number) || !Number.isInteger(number) || number < 0 || number > this.#last) return undefined;
    if (number < this.#last && number + 1 < (this.#log[0] as LoggedChange).number) return undefined;
    return this.#log.filter((change) => change.number > number && covers(cover, change.id)).map((change) => change.event);
  }
}

function eventOf(change: TableChange, position: string): ChangeEvent {
  const previous = change.previous === undefined ? {} : { previous: change.previous };
  if (change.record !== undefined) return { type: 'put', position, record: change.record, ...previous };
  return { type: 'delete', position, address: change.address, version: change.version, ...previous };
}
