import type { Kv4Record } from './record.ts';

/**
 * What a cache may know of one key. See SPEC.md, "Cache entry".
 *
 * - `absent`: nothing, and nobody has asked.
 * - `reserved`: a write is on its way; rows are noted, nothing is served.
 * - `loading`: asked for; an answer is under way, nothing is served.
 * - `present`: a value is known.
 * - `negative`: known not to be there.
 * - `verifying`: what is known is served, and is being compared with the database.
 */
export const ENTRY_STATES = ['absent', 'reserved', 'loading', 'present', 'negative', 'verifying'] as const;

/** One of {@link ENTRY_STATES}. */
export type EntryState = (typeof ENTRY_STATES)[number];

/** What the database said of a head at one moment: a value, a deletion, or nothing at all. */
export interface EntrySnapshot {
  /** Revision of the document; absent where there is none. */
  readonly revision?: string | undefined;
  /** Version of the value or of the deletion; absent where it is not known. */
  readonly version?: string | undefined;
  /** The value; absent where there is none. */
  readonly record?: Kv4Record | undefined;
  /** The head's tail as JSON; absent where it is empty or not known. */
  readonly tail?: string | undefined;
}

/** What can happen to an entry. */
export const ENTRY_EVENTS = [
  'reference',
  'reserve',
  'release',
  'answer',
  'leaves',
  'failed',
  'row',
  'acknowledged',
  'doubt',
  'purged',
  'evict',
  'reset',
] as const;

/** One of {@link ENTRY_EVENTS}. */
export type EntryEventType = (typeof ENTRY_EVENTS)[number];

/** How an answer with all leaves was judged (`decideLeaves`). */
export type LeavesVerdict = 'keep' | 'replace' | 'gone' | 'suspect';

/** One event. Which fields are there follows from the type. */
export interface EntryEvent {
  readonly type: EntryEventType;
  /** Of `answer`, `leaves` and `failed`: the token of the read that it answers. */
  readonly token?: number;
  /** Of `answer`, `leaves`, `acknowledged`, and of a `row` that carries its document. */
  readonly snapshot?: EntrySnapshot | undefined;
  /** Of `row`: the revision it announces. */
  readonly revision?: string;
  /** Of `row`: the document has other leaves that have not been read, so that its revision alone does not tell what it holds. */
  readonly contested?: boolean;
  /** Of `leaves`. */
  readonly verdict?: LeavesVerdict;
}

/** What the owner of an entry has to do after an event: a sum of these flags. */
export const ENTRY_EFFECT = Object.freeze({
  none: 0,
  /** What readers see is another version, or is known for the first time. */
  changed: 1,
  /** Read the head, with the entry's token. */
  readHead: 2,
  /** Read all leaves with their ancestry, with the entry's token. */
  readLeaves: 4,
  /** The same after a pause that grows with `attempts`. */
  readLeavesLater: 8,
  /** The database's answer was taken although it does not know a revision that was seen. */
  regressed: 16,
});

/** Answers that lack a revision we have seen, until the database is believed. */
export const MAX_SUSPECT_ATTEMPTS = 6;

/** The first pause before an answer that lacks a known revision is asked for again, in milliseconds; doubles with each attempt. */
export const SUSPECT_BACKOFF_BASE_MS = 50;

const NOTHING_KNOWN: EntrySnapshot = Object.freeze({});

/** What stands open about an entry: kept apart, since hardly ever anything does. */
interface OpenQuestion {
  readonly noted: string | undefined;
  readonly attempts: number;
}

/**
 * One key of a cache, as the state machine keeps it. Mutable and small, since there are a million of them; only `stepEntry` writes to it, but for `noted`.
 */
export class CacheEntry implements EntrySnapshot {
  state: EntryState = 'absent';
  /** Counts reads: an answer with another token is out of date. */
  token = 0;
  /** What the database said last. */
  known: EntrySnapshot = NOTHING_KNOWN;
  /** What stands open; absent: nothing. */
  open: OpenQuestion | undefined = undefined;

  get revision(): string | undefined {
    return this.known.revision;
  }

  get version(): string | undefined {
    return this.known.version;
  }

  get record(): Kv4Record | undefined {
    return this.known.record;
  }

  get tail(): string | undefined {
    return this.known.tail;
  }

  /** A revision that was announced and that the answer under way has to account for. */
  get noted(): string | undefined {
    return this.open?.noted;
  }

  set noted(revision: string | undefined) {
    this.#ask(revision, this.attempts);
  }

  /** Answers in a row that lacked a known revision. */
  get attempts(): number {
    return this.open?.attempts ?? 0;
  }

  set attempts(attempts: number) {
    this.#ask(this.noted, attempts);
  }

  /** Forgets what was said, and what stands open. */
  forget(): void {
    this.known = NOTHING_KNOWN;
    this.open = undefined;
  }

  #ask(noted: string | undefined, attempts: number): void {
    this.open = noted === undefined && attempts === 0 ? undefined : { noted, attempts };
  }
}

/** Whether an entry can answer a read now, if only with what it knew before a comparison. */
export function isServable(entry: CacheEntry): boolean {
  return entry.state === 'present' || entry.state === 'negative' || entry.state === 'verifying';
}
