import type { Clock, Random, Timer } from '@xir/couch-client';
import { headReadOf, type HeadRead, type HeadStore } from '@xir/kv4-couch';
import { decideLeaves, SUSPECT_BACKOFF_BASE_MS, type EntryEvent, type SupersededRevisions } from '@xir/kv4-core';
import type { TableEntry } from './cache-table.ts';
import type { LosingLeaves } from './losing-leaves.ts';
import { snapshotOfRead } from './snapshot.ts';

/** Default number of reads of heads on their way at once. */
export const DEFAULT_MAX_CONCURRENT_LOADS = 4;
/** Default number of heads in one read. */
export const DEFAULT_MAX_LOAD_BATCH = 200;
/** Bytes of values in one read, as far as is known: an answer is parsed as a whole, and nobody is served meanwhile. */
export const MAX_LOAD_BYTES = 262_144;
/** Reads of leaves on their way at once. */
const MAX_CONCURRENT_LEAF_READS = 4;
/** Reads over which the usual size of a value is taken. */
const USUAL_OVER_READS = 16;
/** Longest pause before leaves are read again, in milliseconds. */
const MAX_RETRY_MS = 5_000;
/** Longest pause before a head is read again, in milliseconds. */
const HEAD_RETRY_MS = 2_000;
/** How much of the ancestry that was read is remembered as superseded. */
const REMEMBERED_ANCESTORS = 16;

/** What an {@link EntryReader} works with. */
export interface EntryReaderOptions {
  readonly heads: HeadStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly superseded: SupersededRevisions;
  readonly losing: LosingLeaves;
  readonly maxConcurrentLoads: number;
  readonly maxLoadBatch: number;
  /** Hands an answer to the entry's state machine. */
  readonly onAnswer: (entry: TableEntry, event: EntryEvent) => void;
  /** A read failed; the entry was told before. */
  readonly onFailure: (entry: TableEntry, error: unknown) => void;
  /** The id holds something that is no head. */
  readonly onMalformed: (id: string) => void;
}

interface Wanted {
  readonly entry: TableEntry;
  readonly token: number;
  readonly id: string;
}

/**
 * Carries out the reads that entries ask for. Misses of one turn of the event loop leave as one request; while requests are on their way, further ones wait and
 * leave together. An answer bears the token its read was asked with.
 */
export class EntryReader {
  readonly #options: EntryReaderOptions;
  readonly #timers = new Set<Timer>();
  #heads: Wanted[] = [];
  #leaves: Wanted[] = [];
  /** Mean bytes of the values read lately. */
  #usualBytes = 0;
  #headReads = 0;
  #leafReads = 0;
  #scheduled = false;
  #closed = false;
  loads = 0;
  loadRequests = 0;
  verifications = 0;
  failures = 0;

  constructor(options: EntryReaderOptions) {
    this.#options = options;
  }

  /** Reads wanted and on their way. */
  get pending(): number {
    return this.#heads.length + this.#leaves.length + this.#headReads + this.#leafReads + this.#timers.size;
  }

  readHead(entry: TableEntry): void {
    this.loads += 1;
    this.#heads.push({ entry, token: entry.token, id: entry.id });
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pumpHeads();
    });
  }

  readLeaves(entry: TableEntry): void {
    this.verifications += 1;
    this.#leaves.push({ entry, token: entry.token, id: entry.id });
    this.#pumpLeaves();
  }

  /** Reads the head after a pause with jitter. Heads whose reads failed together are read together again. */
  readHeadLater(entry: TableEntry): void {
    this.#later(entry, HEAD_RETRY_MS * (0.5 + this.#options.random() / 2), () => this.readHead(entry));
  }

  /** Reads leaves after a pause that doubles with the entry's attempts, with jitter. */
  readLeavesLater(entry: TableEntry): void {
    const ceilingMs = Math.min(MAX_RETRY_MS, SUSPECT_BACKOFF_BASE_MS * 2 ** entry.attempts);
    this.#later(entry, ceilingMs * (0.5 + this.#options.random() / 2), () => this.readLeaves(entry));
  }

  #later(entry: TableEntry, delayMs: number, read: () => void): void {
    if (this.#closed) return;
    const { token } = entry;
    const timer = this.#options.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      if (entry.token === token) read();
    });
    this.#timers.add(timer);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#heads = [];
    this.#leaves = [];
  }

  #pumpHeads(): void {
    const { maxConcurrentLoads, maxLoadBatch } = this.#options;
    while (!this.#closed && this.#heads.length > 0 && this.#headReads < maxConcurrentLoads) {
      const batch = this.#nextBatch(maxLoadBatch);
      if (batch.length === 0) continue;
      this.#headReads += 1;
      this.loadRequests += 1;
      void this.#runHeads(batch);
    }
  }

  /** Takes what one read may ask for. The size of what is not known is taken to be that of what was read lately. */
  #nextBatch(maxLoadBatch: number): Wanted[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#heads.length && count < maxLoadBatch && (count === 0 || bytes < MAX_LOAD_BYTES)) {
      bytes += (this.#heads[count] as Wanted).entry.record?.valueText.length ?? this.#usualBytes;
      count += 1;
    }
    return this.#heads.splice(0, count).filter(({ entry, token }) => entry.token === token);
  }

  async #runHeads(batch: readonly Wanted[]): Promise<void> {
    try {
      const reads = await this.#options.heads.readHeads(batch.map(({ id }) => id));
      for (const wanted of batch) this.#answerHead(wanted, reads.get(wanted.id) ?? { id: wanted.id, state: 'missing', conflicts: [] });
    } catch (error) {
      for (const wanted of batch) this.#fail(wanted, error);
    } finally {
      this.#headReads -= 1;
      this.#pumpHeads();
    }
  }

  #answerHead({ entry, token, id }: Wanted, read: HeadRead): void {
    if (entry.token !== token) return;
    if (read.state === 'malformed') this.#options.onMalformed(id);
    const snapshot = snapshotOfRead(entry.node, entry.key, read);
    this.#usualBytes += ((snapshot.record?.valueText.length ?? 0) - this.#usualBytes) / USUAL_OVER_READS;
    this.#options.onAnswer(entry, { type: 'answer', token, snapshot });
    if (entry.revision === read.rev) this.#options.losing.weigh(entry, read.conflicts);
  }

  #pumpLeaves(): void {
    while (!this.#closed && this.#leaves.length > 0 && this.#leafReads < MAX_CONCURRENT_LEAF_READS) {
      const wanted = this.#leaves.shift() as Wanted;
      if (wanted.entry.token !== wanted.token) continue;
      this.#leafReads += 1;
      void this.#runLeaves(wanted);
    }
  }

  async #runLeaves(wanted: Wanted): Promise<void> {
    const { entry, token, id } = wanted;
    const { losing, superseded } = this.#options;
    try {
      const leaves = await this.#options.heads.readLeaves(id);
      if (entry.token !== token) return;
      const { verdict, winner } = decideLeaves(entry.revision, [entry.noted, ...losing.of(entry)], leaves);
      for (const { ancestry } of leaves) for (const ancestor of ancestry.slice(1, 1 + REMEMBERED_ANCESTORS)) superseded.add(id, ancestor);
      const read = headReadOf(id, leaves);
      if (read.state === 'malformed') this.#options.onMalformed(id);
      this.#options.onAnswer(entry, { type: 'leaves', token, verdict, snapshot: snapshotOfRead(entry.node, entry.key, read) });
      if (verdict !== 'suspect') losing.weigh(entry, leaves.filter((leaf) => leaf !== winner));
    } catch (error) {
      this.#fail(wanted, error);
    } finally {
      this.#leafReads -= 1;
      this.#pumpLeaves();
    }
  }

  #fail({ entry, token }: Wanted, error: unknown): void {
    if (this.#closed || entry.token !== token) return;
    this.failures += 1;
    this.#options.onAnswer(entry, { type: 'failed', token });
    this.#options.onFailure(entry, error);
  }
}
