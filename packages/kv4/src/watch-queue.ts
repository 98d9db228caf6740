import type { KeyAddress, Kv4Record, StoredVersion, WatchEvent, WatchResetReason } from '@xir/kv4-core';
import type { WatchPosition } from './watch-position.ts';

/** One change of a key, as it waits for a consumer. */
export interface QueuedChange {
  readonly type: 'change';
  readonly id: string;
  readonly version: string | undefined;
  readonly event: Extract<WatchEvent, { type: 'put' | 'delete' }>;
}

/** Versions that have to be read from the series before what follows. */
export interface QueuedGap {
  readonly type: 'gap';
  readonly id: string;
  readonly address: KeyAddress;
  /** Behind what was told before. */
  readonly position: WatchPosition;
  /** Exclusive; empty: the told versions of the position decide. */
  readonly after: string;
  /** The key was known not to be there: values beneath what is news are news. */
  readonly wasAbsent: boolean;
  /** Exclusive. */
  readonly before: string;
  /** Those of the versions that are at hand, oldest first. */
  readonly held: readonly StoredVersion[];
  readonly previous: Kv4Record | undefined;
}

/** A watch that was resumed has come to where the feed is: what follows carries the feed's positions. */
export interface QueuedMark {
  readonly type: 'mark';
}

/** Continuity was lost: what waited is dropped, and the consumer starts anew. */
export interface QueuedRestart {
  readonly type: 'restart';
  readonly reason: WatchResetReason;
}

export type QueuedItem = QueuedChange | QueuedGap | QueuedMark | QueuedRestart;

/** What waits for one consumer of a watch. Bounded; with `latestOnly`, one change per key. */
export class WatchQueue {
  readonly #latestOnly: boolean;
  readonly #maxItems: number;
  #items: QueuedItem[] = [];
  #head = 0;
  readonly #latest = new Map<string, QueuedChange | QueuedMark>();
  #restart: QueuedRestart | undefined;
  #ended: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(options: { readonly latestOnly: boolean; readonly maxItems: number }) {
    this.#latestOnly = options.latestOnly;
    this.#maxItems = options.maxItems;
  }

  get size(): number {
    return this.#latestOnly ? this.#latest.size : this.#items.length - this.#head;
  }

  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** A change behind a restart that waits is dropped: the consumer will be given the values that are there. */
  push(item: QueuedChange | QueuedGap): void {
    if (this.#ended !== undefined || this.#restart !== undefined) return;
    if (this.size >= this.#maxItems && !(this.#latestOnly && this.#latest.has(item.id))) return this.restart('slow-consumer');
    if (!this.#latestOnly) this.#items.push(item);
    else if (item.type === 'change') this.#coalesce(item);
    this.#signal();
  }

  /** Marks the place behind everything that waits. */
  mark(): void {
    const mark: QueuedMark = { type: 'mark' };
    if (this.#latestOnly) this.#latest.set('', mark);
    else this.#items.push(mark);
    this.#signal();
  }

  /** Drops what waits; the consumer gets to know the reason next. */
  restart(reason: WatchResetReason): void {
    if (this.#ended !== undefined) return;
    this.#items = [];
    this.#head = 0;
    this.#latest.clear();
    this.#restart = { type: 'restart', reason };
    this.#signal();
  }

  /** Ends the queue: at once, or with an error. */
  end(error?: unknown): void {
    this.#ended ??= { error };
    this.#signal();
  }

  /** The next item, or `undefined` at the end. Rejects with the error that ended the queue. */
  async next(): Promise<QueuedItem | undefined> {
    for (;;) {
      if (this.#ended !== undefined) {
        if (this.#ended.error !== undefined) throw this.#ended.error as Error;
        return undefined;
      }
      const item = this.#shift();
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** A newer state of a key replaces the one that waits, and is the successor of what the consumer saw last. */
  #coalesce(item: QueuedChange): void {
    const waiting = this.#latest.get(item.id);
    this.#latest.delete(item.id);
    if (waiting?.type !== 'change') {
      this.#latest.set(item.id, item);
      return;
    }
    const { previous: _, ...event } = item.event;
    const { previous } = waiting.event;
    this.#latest.set(item.id, { ...item, event: previous === undefined ? event : { ...event, previous } });
  }

  #shift(): QueuedItem | undefined {
    const restart = this.#restart;
    if (restart !== undefined) {
      this.#restart = undefined;
      return restart;
    }
    if (this.#latestOnly) {
      const first = this.#latest.entries().next();
      if (first.done === true) return undefined;
      const [id, item] = first.value;
      this.#latest.delete(id);
      return item;
    }
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
