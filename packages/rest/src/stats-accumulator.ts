import type { Clock, Timer } from '@xir/couch-client';
import { Kv4Error, mergeAccumulators, type Accumulator, type JsonObject, type Kv4Store, type PathAddress } from '@xir/kv4-core';

import { RestError } from './errors.ts';
import { MINUTE_MS, minutePlace, statsBase, storedMinute, type MeasureAddress } from './stats-entry.ts';

/** What a {@link StatsAccumulator} works with. */
export interface StatsAccumulatorOptions {
  readonly store: Kv4Store;
  readonly clock: Clock;
  /** Names this life of this process in keys, so that no two writers ever write the same document. */
  readonly writer: string;
  /** Minutes that wait to be written, over all entities and keys. */
  readonly maxEntries: number;
  /** Milliseconds between two writes; the writes fall on multiples of it. */
  readonly intervalMs: number;
  /** Told how many measurements were given up because they can never be written. */
  readonly onDropped?: (count: number) => void;
  readonly onError?: (error: unknown) => void;
}

interface Entry {
  readonly base: PathAddress;
  readonly minuteMs: number;
  measures: Accumulator;
  /** Something came since the last successful write. */
  dirty: boolean;
}

const RETRIED_CODES: ReadonlySet<string> = new Set(['KV4_UNAVAILABLE', 'KV4_BUSY', 'KV4_OUTCOME_UNKNOWN']);
const WRITES_AT_A_TIME = 256;

/**
 * Adds measurements up per minute and writes them every 15 seconds: one document per entity, key, hour and writer, with a field per
 * minute. A minute is written with its total so far, so writing it again is harmless; it is forgotten once it is over and written.
 */
export class StatsAccumulator {
  readonly #options: StatsAccumulatorOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #beforeFlush: Array<() => void> = [];
  #timer: Timer | undefined;
  #flushing: Promise<void> | undefined;
  #closed = false;
  /** It was told that the store is closed; once is enough. */
  #toldClosed = false;

  constructor(options: StatsAccumulatorOptions) {
    this.#options = options;
    this.#arm();
  }

  /** Minutes that are held. */
  get size(): number {
    return this.#entries.size;
  }

  /** Registers what adds its own counts right before each write. */
  beforeFlush(add: () => void): void {
    this.#beforeFlush.push(add);
  }

  /** Adds measurements to the present minute. Throws `REST_BUSY` when too many wait to be written. */
  add(address: MeasureAddress, measures: Accumulator): void {
    if (!this.tryAdd(address, measures)) throw new RestError('REST_BUSY', 'too many measurements wait to be written');
  }

  /** As {@link add}; returns false instead of throwing. */
  tryAdd(address: MeasureAddress, measures: Accumulator): boolean {
    const base = statsBase(address);
    const minuteMs = Math.floor(this.#options.clock.now() / MINUTE_MS) * MINUTE_MS;
    const id = `${base.bucket}\n${base.layer}\n${base.path}\n${minuteMs}`;
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      entry.measures = mergeAccumulators(entry.measures, measures);
      entry.dirty = true;
      return true;
    }
    if (this.#closed || this.#entries.size >= this.#options.maxEntries) return false;
    this.#entries.set(id, { base, minuteMs, measures, dirty: true });
    return true;
  }

  /** Writes what waits. Failures that may pass are tried again at the next write. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    this.#flushing = this.#flushNow().finally(() => (this.#flushing = undefined));
    await this.#flushing;
  }

  /** Writes what waits and stops. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#timer?.cancel();
    await this.flush();
    this.#closed = true;
  }

  #arm(): void {
    const { clock, intervalMs } = this.#options;
    const delayMs = intervalMs - (clock.now() % intervalMs);
    this.#timer = clock.schedule(delayMs, () => {
      this.flush()
        .catch((error: unknown) => this.#options.onError?.(error))
        .finally(() => {
          if (!this.#closed) this.#arm();
        });
    });
  }

  async #flushNow(): Promise<void> {
    for (const add of this.#beforeFlush) add();
    const documents = [...this.#documents().values()];
    for (let start = 0; start < documents.length; start += WRITES_AT_A_TIME) {
      await Promise.all(documents.slice(start, start + WRITES_AT_A_TIME).map((entries) => this.#write(entries)));
    }
    const currentMinute = Math.floor(this.#options.clock.now() / MINUTE_MS) * MINUTE_MS;
    for (const [id, entry] of this.#entries) {
      if (!entry.dirty && entry.minuteMs < currentMinute) this.#entries.delete(id);
    }
  }

  /** The minutes to write, by the document they belong to. */
  #documents(): Map<string, Entry[]> {
    const documents = new Map<string, Entry[]>();
    for (const entry of this.#entries.values()) {
      if (!entry.dirty) continue;
      const place = minutePlace(entry.minuteMs, this.#options.writer);
      const id = `${entry.base.bucket}\n${entry.base.layer}\n${entry.base.path}\n${place.month}\n${place.hourKey}`;
      const entries = documents.get(id);
      if (entries === undefined) documents.set(id, [entry]);
      else entries.push(entry);
    }
    return documents;
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    const { store, writer, onDropped, onError } = this.#options;
    const fields: JsonObject = {};
    for (const entry of entries) {
      fields[minutePlace(entry.minuteMs, writer).field] = storedMinute(entry.measures);
      entry.dirty = false;
    }
    const { month, hourKey } = minutePlace(first.minuteMs, writer);
    try {
      await store.put({ ...first.base, path: `${first.base.path}/${month}`, key: hourKey }, fields, { merge: true });
    } catch (error) {
      if (error instanceof Kv4Error && RETRIED_CODES.has(error.code)) {
        for (const entry of entries) entry.dirty = true;
      } else {
        onDropped?.(entries.length);
        const isClosed = error instanceof Kv4Error && error.code === 'KV4_CLOSED';
        if (!isClosed || !this.#toldClosed) onError?.(error);
        this.#toldClosed ||= isClosed;
      }
    }
  }
}
