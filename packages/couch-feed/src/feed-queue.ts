import type { ChangeRow } from './change-row.ts';
import type { FeedEvent } from './events.ts';
import type { LowWaterMark } from './low-water-mark.ts';

/** Rows that may wait for the consumer before the socket is no longer read. */
export const DEFAULT_MAX_QUEUE_ROWS = 10_000;
/** Bytes of rows that may wait for the consumer before the socket is no longer read. */
export const DEFAULT_MAX_QUEUE_BYTES = 16 * 1024 * 1024;
/** Most rows of one `changes` event. */
export const DEFAULT_MAX_BATCH_ROWS = 1000;
/** Informative events kept for a consumer who does not ask; older ones are dropped. */
const MAX_INFORMATIVE = 64;

export interface FeedQueueLimits {
  readonly maxQueueRows: number;
  readonly maxQueueBytes: number;
  readonly maxBatchRows: number;
}

interface RowsEntry {
  readonly type: 'rows';
  readonly rows: readonly ChangeRow[];
  readonly bytes: number;
  readonly seq: string | undefined;
  readonly finish: () => void;
}

type Entry = RowsEntry | { readonly type: 'event'; readonly event: FeedEvent };

/** What waits between the socket and the consumer. Bounded: `full` tells the reader to pause. Rows count until they are acknowledged. */
export class FeedQueue {
  readonly #limits: FeedQueueLimits;
  #entries: Entry[] = [];
  #rows = 0;
  #bytes = 0;
  #informative = 0;
  #generation = 0;
  #consumer: ((event: FeedEvent | undefined) => void) | undefined;
  #consumerFailed: ((error: unknown) => void) | undefined;
  #ended: { readonly error: unknown } | undefined;
  #room: (() => void)[] = [];

  constructor(limits: FeedQueueLimits) {
    this.#limits = limits;
  }

  /** Whether the reader must pause. */
  get full(): boolean {
    return this.#ended === undefined && (this.#rows >= this.#limits.maxQueueRows || this.#bytes >= this.#limits.maxQueueBytes);
  }

  /** Rows that are queued or handed over and not acknowledged. */
  get rows(): number {
    return this.#rows;
  }

  /** Resolves when there is room or the feed has ended. */
  room(): Promise<void> {
    if (!this.full) return Promise.resolve();
    return new Promise((resolve) => this.#room.push(resolve));
  }

  /** Queues rows that end at `seq`; `mark` learns when they are finished. */
  pushRows(rows: readonly ChangeRow[], seq: string | undefined, mark: LowWaterMark): void {
    if (this.#ended !== undefined || rows.length === 0) return;
    const { maxBatchRows } = this.#limits;
    let start = 0;
    // Cut to batches; only the last part carries the position.
    for (; rows.length - start > maxBatchRows; start += maxBatchRows) {
      this.#add(rows.slice(start, start + maxBatchRows), undefined, mark.open(undefined));
    }
    this.#add(start === 0 ? rows : rows.slice(start), seq, mark.open(seq));
    this.#wake();
  }

  /** Queues an event that must not be lost. */
  pushEvent(event: FeedEvent): void {
    if (this.#ended !== undefined) return;
    this.#entries.push({ type: 'event', event });
    this.#wake();
  }

  /** Queues an event that may be dropped when nobody reads. */
  pushInformative(event: FeedEvent): void {
    if (this.#ended !== undefined) return;
    if (this.#informative >= MAX_INFORMATIVE) {
      const oldest = this.#entries.findIndex((entry) => entry.type === 'event' && isInformative(entry.event));
      if (oldest >= 0) this.#entries.splice(oldest, 1);
    } else {
      this.#informative += 1;
    }
    this.#entries.push({ type: 'event', event });
    this.#wake();
  }

  /** Drops everything that waits: it belongs to a database that is no more. */
  clear(): void {
    this.#generation += 1;
    this.#entries = this.#entries.filter((entry) => entry.type === 'event' && isInformative(entry.event));
    this.#rows = 0;
    this.#bytes = 0;
    this.#makeRoom();
  }

  /** The next event, or `undefined` when the feed has ended. One call at a time. Rejects with what ended the feed, if it failed. */
  next(): Promise<FeedEvent | undefined> {
    const event = this.#shift();
    if (event !== undefined) return Promise.resolve(event);
    if (this.#ended !== undefined) {
      return this.#ended.error === undefined ? Promise.resolve(undefined) : Promise.reject(this.#ended.error as Error);
    }
    return new Promise((resolve, reject) => {
      this.#consumer = resolve;
      this.#consumerFailed = reject;
    });
  }

  /** Ends the queue. With an error, what waits is still handed over first; without, it is dropped. */
  end(error?: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    if (error === undefined) this.#entries = [];
    this.#makeRoom();
    const consumer = this.#consumer;
    const failed = this.#consumerFailed;
    this.#consumer = undefined;
    if (consumer === undefined) return;
    if (error === undefined) consumer(undefined);
    else failed?.(error);
  }

  #add(rows: readonly ChangeRow[], seq: string | undefined, finish: () => void): void {
    let bytes = 0;
    for (const row of rows) bytes += row.heldBytes + 100;
    this.#rows += rows.length;
    this.#bytes += bytes;
    this.#entries.push({ type: 'rows', rows, bytes, seq, finish });
  }

  #wake(): void {
    const consumer = this.#consumer;
    if (consumer === undefined) return;
    const event = this.#shift();
    if (event === undefined) return;
    this.#consumer = undefined;
    consumer(event);
  }

  #shift(): FeedEvent | undefined {
    const first = this.#entries[0];
    if (first === undefined) return undefined;
    if (first.type === 'event') {
      this.#entries.shift();
      if (isInformative(first.event)) this.#informative -= 1;
      return first.event;
    }
    return this.#batch();
  }

  /** Joins the rows at the head of the queue. */
  #batch(): FeedEvent {
    const parts: RowsEntry[] = [];
    let count = 0;
    for (const entry of this.#entries) {
      if (entry.type !== 'rows' || (parts.length > 0 && count + entry.rows.length > this.#limits.maxBatchRows)) break;
      parts.push(entry);
      count += entry.rows.length;
    }
    this.#entries.splice(0, parts.length);
    const generation = this.#generation;
    let bytes = 0;
    let lastSeq: string | undefined;
    for (const part of parts) {
      bytes += part.bytes;
      lastSeq = part.seq ?? lastSeq;
    }
    let acknowledged = false;
    return {
      type: 'changes',
      rows: parts.length === 1 && parts[0] !== undefined ? parts[0].rows : parts.flatMap((part) => part.rows),
      lastSeq,
      ack: () => {
        if (acknowledged) return;
        acknowledged = true;
        for (const part of parts) part.finish();
        if (generation !== this.#generation) return;
        this.#rows -= count;
        this.#bytes -= bytes;
        this.#makeRoom();
      },
    };
  }

  #makeRoom(): void {
    if (this.full) return;
    const waiting = this.#room;
    this.#room = [];
    for (const resolve of waiting) resolve();
  }
}

function isInformative(event: FeedEvent): boolean {
  return event.type === 'status' || event.type === 'warning';
}
