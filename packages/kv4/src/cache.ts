import type { Clock } from '@xir/couch-client';
import type { CommittedHead, HeadStore } from '@xir/kv4-couch';
import {
  accountsFor,
  DEFAULT_RECENT_REVISIONS,
  ENTRY_EFFECT,
  generationOf,
  isServable,
  RecentRevisions,
  stepEntry,
  SupersededRevisions,
  type CommitBase,
  type EntryEvent,
  type EntrySnapshot,
  type HeadDocument,
  type KeyAddress,
  type Kv4Record,
} from '@xir/kv4-core';
import { CacheTable, type TableEntry } from './cache-table.ts';
import { EntryReader, type EntryReaderOptions } from './entry-reader.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { LosingLeaves } from './losing-leaves.ts';
import { OwnWrites } from './own-writes.ts';
import { Quarantine } from './quarantine.ts';
import { headOfSnapshot, snapshotOfHead } from './snapshot.ts';
import type { Place } from './watch-position.ts';

/** Told of what changes for readers of an entry. */
export interface CacheListener {
  /**
   * An entry shows another record. `cause`: by a row or what followed from one, by our own write (its row is still to come), or because it was loaded.
   */
  onChanged(entry: TableEntry, before: EntryBefore, cause: ChangeCause): void;
  /** A row came for what was known already. */
  onRepeated(entry: TableEntry): void;
  onExpired(entry: TableEntry): void;
}

/** What an entry showed before it changed. */
export interface EntryBefore {
  readonly record: Kv4Record | undefined;
  /** Version of the record, or of the deletion that stood; absent where none is known. */
  readonly version: string | undefined;
  /** Absent: there was no document, or nobody had asked. */
  readonly revision: string | undefined;
  /** The database had been asked: without a version, there was no document. */
  readonly isKnown: boolean;
  /** The place in the feed before the oldest row whose news cannot be shown yet. */
  readonly place?: Place | undefined;
}

/** Why an entry changed. */
export type ChangeCause = 'feed' | 'write' | 'load';

export interface CacheOptions extends Pick<EntryReaderOptions, 'clock' | 'random' | 'maxConcurrentLoads' | 'maxLoadBatch'> {
  readonly maxBytes: number;
  /** The place in the feed before the row that is being applied. */
  readonly place: () => Place;
  /** Milliseconds since everything the database had committed was last known to be applied; what a row announces may be as old. Default: none. */
  readonly ageMs?: () => number;
  readonly listener: CacheListener;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Not to be woken by what is still being compared with the database. */
  readonly thorough: boolean;
}

/** A row of the feed, taken apart. `snapshot` is absent where the row carries no document that can be taken as it stands. */
export interface CacheRow {
  readonly id: string;
  readonly revision: string;
  /** The entry, where it was found already; it may have left since. */
  readonly entry?: TableEntry | undefined;
  readonly snapshot?: ((entry: TableEntry) => EntrySnapshot | undefined) | undefined;
  /** The document's other leaves, deleted ones included. */
  readonly losers?: readonly string[];
}

/** The entries of a cache in motion: feeds events to their state machines and carries out what they ask for. */
export class Cache {
  readonly recent = new RecentRevisions(DEFAULT_RECENT_REVISIONS);
  readonly superseded = new SupersededRevisions(DEFAULT_RECENT_REVISIONS);
  readonly table = new CacheTable(this.recent);
  readonly expiries: ExpiryQueue;
  readonly #clock: Clock;
  readonly #options: CacheOptions;
  readonly #waiting = new Map<TableEntry, Waiting[]>();
  /** Since when entries are being verified, in monotonic milliseconds. */
  readonly #verifyingSince = new Map<TableEntry, number>();
  /** Entries whose row came while they were loaded, or while a write of ours was on its way: what the answer brings is news. */
  readonly #overtaken = new Set<TableEntry>();
  /** Entries that do not show yet what a row, or a purge, announced, with the place before the first such row. */
  readonly #behind = new Map<TableEntry, Place>();
  readonly #loading = new Set<TableEntry>();
  readonly #quarantined = new Quarantine();
  readonly #losing = new LosingLeaves();
  readonly #writes = new OwnWrites();
  #reader: EntryReader | undefined;
  regressions = 0;
  /** Own writes that the database accepted below its quorum. */
  notDurable = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.expiries = new ExpiryQueue(options.clock, (entry) => options.listener.onExpired(entry));
  }

  /** Gives the cache the heads to read from; before that nothing can be loaded. */
  attach(heads: HeadStore): void {
    const { clock, random, maxConcurrentLoads, maxLoadBatch } = this.#options;
    this.#reader = new EntryReader({
      heads,
      clock,
      random,
      maxConcurrentLoads,
      maxLoadBatch,
      superseded: this.superseded,
      losing: this.#losing,
      onAnswer: (entry, event) => this.#answered(entry, event),
      onFailure: (entry, error) => this.#fail(entry, error),
      onMalformed: (id) => this.#quarantined.add(id),
    });
  }

  #answered(entry: TableEntry, event: EntryEvent): void {
    const isLoading = entry.state === 'loading';
    // In a whole listing what has no entry is known not to be there: an entry must not leave one because it could not be read.
    if (event.type === 'failed' && isLoading && this.table.isListed(entry)) return this.reader.readHeadLater(entry);
    // A first load tells watches nothing; one during which a row passed, or that replaces what was purged, does.
    this.apply(entry, event, isLoading && !this.#overtaken.has(entry) && entry.record === undefined ? 'load' : 'feed');
    // The database has our write, and its row may have come before its acknowledgement: no other will announce it.
    if (event.type === 'leaves' && entry.state !== 'verifying' && isServable(entry)) this.#options.listener.onRepeated(entry);
  }

  get reader(): EntryReader {
    if (this.#reader === undefined) throw new TypeError('the cache has no heads to read from');
    return this.#reader;
  }

  /** Documents under the id of a head that are none. */
  get quarantined(): number {
    return this.#quarantined.size;
  }

  get verifying(): number {
    return this.#verifyingSince.size;
  }

  /** Whether anything at all is being loaded. */
  get isLoading(): boolean {
    return this.#loading.size > 0;
  }

  /** The place before the oldest row that has passed though what it brought cannot be shown yet; `undefined`: everything is shown. */
  get oldestBehind(): Place | undefined {
    if (this.#behind.size === 0) return undefined;
    for (const place of this.#behind.values()) return place;
    return undefined;
  }

  /** Milliseconds for which what is known of an entry has been in doubt; 0: it is not. */
  doubtMs(entry: TableEntry): number {
    const since = this.#verifyingSince.get(entry);
    return since === undefined ? 0 : this.#clock.monotonic() - since;
  }

  /** The entry of a checked address, known or being loaded. In a whole listing, what has no entry is known not to be there. */
  reference(address: KeyAddress): TableEntry {
    const entry = this.table.find(address) ?? this.#create(address);
    entry.used = true;
    if (entry.state === 'absent' || entry.state === 'reserved') {
      // A cache that is too full lets go of what is settled at once: not before whoever asked has looked at it.
      entry.pins += 1;
      this.#start(entry);
      entry.pins -= 1;
    }
    return entry;
  }

  /** An entry for a write that is on its way: from now on rows for it are noted. Pinned until `release`. */
  reserve(address: KeyAddress): TableEntry {
    const entry = this.table.find(address) ?? this.#create(address);
    entry.pins += 1;
    this.#writes.begin(entry);
    entry.used = true;
    if (entry.state !== 'absent') return entry;
    if (this.table.isComplete(address)) this.#settleAbsent(entry);
    else {
      this.apply(entry, { type: 'reserve' }, 'load');
      entry.noted = this.recent.revision(entry.id);
    }
    return entry;
  }

  release(entry: TableEntry): void {
    entry.pins -= 1;
    this.#writes.end(entry);
    if (entry.pins > 0) return;
    this.apply(entry, { type: 'release' }, 'load');
    this.#dropIfAbsent(entry);
    this.trim();
  }

  /** Lets go of an entry that was pinned by hand. One whose load failed meanwhile leaves: nothing is known of it. */
  unpin(entry: TableEntry): void {
    entry.pins -= 1;
    this.#dropIfAbsent(entry);
    this.trim();
  }

  /** Resolves when the entry can answer, or was dropped; rejects with what kept it from being loaded. */
  settled(entry: TableEntry, thorough = false): Promise<void> {
    if (thorough ? entry.state !== 'loading' && entry.state !== 'verifying' : isServable(entry)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(entry);
      const waiter = { resolve, reject, thorough };
      if (waiting === undefined) this.#waiting.set(entry, [waiter]);
      else waiting.push(waiter);
    });
  }

  /** Applies a row of the feed. */
  row(row: CacheRow): void {
    const { id, revision, losers } = row;
    const { table } = this;
    let entry = row.entry !== undefined && row.entry.slot >= 0 ? row.entry : table.findId(id);
    // An entry that is pinned though its load failed knows nothing: to a row it is as good as none.
    if (entry === undefined || entry.state === 'absent') {
      if (!table.isReferenced(id)) return this.recent.note(id, revision);
      entry = this.#enter(id);
      if (entry === undefined) return;
    }
    const contested = this.#losing.isContested(entry, losers);
    if (contested) this.#writes.mistrust(entry, 'contested');
    if (entry.state === 'absent') return this.recent.note(id, revision);
    if (revision === entry.revision) this.#options.listener.onRepeated(entry);
    if (!contested && (revision === entry.revision || this.superseded.has(id, revision))) return;
    if (entry.state === 'loading' || entry.state === 'reserved') this.#overtaken.add(entry);
    const snapshot = row.snapshot?.(entry);
    this.apply(entry, { type: 'row', revision, snapshot, contested }, 'feed');
    // In a listing what is not loaded looks as if it were not there.
    if (entry.state === 'reserved' && table.isListed(entry)) this.#start(entry);
  }

  /** A row passed for what nobody referenced: a load of it from now on has to account for its revision. */
  passed(id: string, revision: string | undefined): void {
    if (id.startsWith('d!')) this.recent.note(id, revision);
  }

  /** Enters a head that a listing read, where nothing is known of it. */
  offer(address: KeyAddress, head: HeadDocument): void {
    const known = this.table.find(address);
    if (known !== undefined && known.state !== 'reserved' && known.state !== 'absent') return;
    const isNews = this.table.isComplete(address);
    const entry = known ?? this.table.add(address);
    // With the entry's own key: the one at hand is a view into the id, which would be kept with it.
    const snapshot = snapshotOfHead(entry.node, entry.key, head);
    const noted = entry.noted ?? this.recent.revision(entry.id);
    const doubtful = !accountsFor(snapshot.revision, noted);
    this.apply(entry, { type: 'reference' }, 'load', false);
    entry.noted = noted;
    // What a wider listing brings for one that was whole already is news: its row is still on its way.
    if (isNews) this.#overtaken.add(entry);
    if (doubtful) this.reader.readHead(entry);
    else this.apply(entry, { type: 'answer', token: entry.token, snapshot }, this.#overtaken.has(entry) ? 'feed' : 'load');
  }

  /**
   * A listing was read whole: of what passed lately, or was cached, and begins with `prefix`, what the answer lacks is loaded by itself. The replica that answered may not
   * have had it yet (T8).
   */
  recall(prefix: string): void {
    for (const id of this.recent.withPrefix(prefix)) {
      const known = this.table.findId(id);
      if (known === undefined || known.state === 'absent' || known.state === 'reserved') this.#enter(id);
    }
  }

  /** Our own write was stored. */
  committed(stored: CommittedHead): void {
    const { id, head, rev, removed } = stored;
    if (!stored.durable) this.notDurable += 1;
    const mistrust = this.#writes.mistrustOf(id);
    const entry = this.table.findId(id) ?? (this.table.isReferenced(id) ? this.#enter(id) : undefined);
    // What was written may be gone, or others have built upon it: the database is asked.
    if (mistrust === 'void' || this.superseded.has(id, rev)) return entry && this.doubt(entry);
    // A key whose load failed while it was written: in a listing that has become whole meanwhile it is known not to have been there.
    if (entry?.state === 'absent' && this.table.isComplete(entry.node.address)) this.#settleAbsent(entry);
    if (entry === undefined || entry.state === 'absent') return this.recent.note(id, rev);
    const before = entry.revision;
    const wasKnown = isServable(entry);
    // The row may have been faster than the answer to the write: then no other will come to announce it.
    const cause = entry.noted === rev ? 'feed' : 'write';
    this.apply(entry, { type: 'acknowledged', snapshot: snapshotOfHead(entry.node, entry.key, { ...head, _rev: rev }, { deleted: removed }) }, cause);
    // One write per document is on its way at a time, each on top of the one before: the next generation is its child.
    if (wasKnown && before !== undefined && entry.revision === rev && generationOf(rev) === generationOf(before) + 1) this.superseded.add(id, before);
    // A writer reads its own write, and the database is asked whether another leaf has won.
    if (mistrust !== undefined) this.doubt(entry);
  }

  /** What is known of a head, for a write on top of it. */
  baseHead(id: string): CommitBase | undefined {
    const entry = this.table.findId(id);
    if (entry === undefined || (entry.state !== 'present' && entry.state !== 'negative')) return undefined;
    if (entry.state === 'negative' && entry.revision === undefined) return {};
    const head = headOfSnapshot(id, entry);
    return head === undefined ? undefined : { head };
  }

  purge(id: string): void {
    this.recent.forget(id);
    const entry = this.table.findId(id);
    if (entry === undefined) return;
    this.#writes.mistrust(entry, 'void');
    // What the load finds is news, also where nothing was shown before.
    if (isServable(entry)) this.#overtaken.add(entry);
    this.apply(entry, { type: 'purged' }, 'feed');
  }

  /** Asks the database whether what is known still holds. */
  doubt(entry: TableEntry): void {
    this.apply(entry, { type: 'doubt' }, 'feed');
  }

  /** Forgets everything. What readers wait for is loaded anew. */
  reset(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#writes.mistrustAll();
    for (const entry of this.table.ring) stepEntry(entry, { type: 'reset' });
    this.table.clear();
    this.recent.clear();
    this.superseded.clear();
    this.expiries.clear();
    this.#verifyingSince.clear();
    this.#overtaken.clear();
    this.#behind.clear();
    this.#loading.clear();
    this.#quarantined.clear();
    // An entry that is absent again sends its readers back to ask once more.
    for (const [, waiters] of waiting) for (const { resolve } of waiters) resolve();
  }

  close(error: unknown): void {
    this.#reader?.close();
    this.expiries.clear();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiters of waiting) for (const { reject } of waiters) reject(error);
  }

  /** Feeds one event to an entry and carries out what it asks for. */
  apply(entry: TableEntry, event: EntryEvent, cause: ChangeCause, carryOut = true): void {
    const wasServable = isServable(entry);
    const known = { record: entry.record, version: entry.version ?? entry.record?.version, revision: entry.revision, isKnown: wasServable };
    const { bytes, noted } = entry;
    const wasVerifying = entry.state === 'verifying';
    const effect = stepEntry(entry, event);
    if (entry.slot >= 0) this.table.bytes += entry.bytes - bytes;
    if (known.record !== entry.record) this.#reindex(entry, known.record);
    const announced = noted ?? known.revision;
    // What was announced, the next load has to account for.
    if (entry.state === 'absent' && announced !== undefined) this.recent.note(entry.id, announced);
    if (wasServable && !isServable(entry)) this.#losing.forget(entry);
    const isVerifying = entry.state === 'verifying';
    if (isVerifying !== wasVerifying) {
      // Since when it has been otherwise nobody knows: at most since the cache was last known to be current.
      if (isVerifying) this.#verifyingSince.set(entry, this.#clock.monotonic() - (this.#options.ageMs?.() ?? 0));
      else this.#verifyingSince.delete(entry);
    }
    // Nearly always nothing is in any of these: an empty set is not asked.
    if (entry.state === 'loading') this.#loading.add(entry);
    else if (this.#loading.size > 0) this.#loading.delete(entry);
    if (this.#overtaken.size > 0 && entry.state !== 'loading' && entry.state !== 'reserved') this.#overtaken.delete(entry);
    const place = this.oldestBehind;
    if (isVerifying || (this.#overtaken.size > 0 && this.#overtaken.has(entry)) || (entry.state === 'loading' && entry.record !== undefined)) {
      if (!this.#behind.has(entry)) this.#behind.set(entry, this.#options.place());
    } else if (this.#behind.size > 0) this.#behind.delete(entry);
    if ((effect & ENTRY_EFFECT.regressed) !== 0) this.regressions += 1;
    if (carryOut) this.#carryOut(entry, effect);
    const isServed = isServable(entry);
    // A key that came and went between two rows shows the same nothing, and yet has a history to tell.
    // Nor does a row of upkeep that came in place of our own write's, which it announces.
    const isChanged =
      ((effect & ENTRY_EFFECT.changed) !== 0 && known.record?.version !== entry.record?.version) || (isServed && entry.version !== undefined && (entry.version !== known.version || entry.revision !== known.revision));
    if (isChanged) this.#options.listener.onChanged(entry, { ...known, place: place ?? this.#options.place() }, cause);
    if (isServed) this.#wake(entry);
    this.trim();
  }

  /** Brings the cache back within its bytes, as far as what is in use allows. */
  trim(): void {
    if (this.table.bytes > this.#options.maxBytes) this.table.evictTo(this.#options.maxBytes);
  }

  #carryOut(entry: TableEntry, effect: number): void {
    if ((effect & ENTRY_EFFECT.readHead) !== 0) this.reader.readHead(entry);
    if ((effect & ENTRY_EFFECT.readLeaves) !== 0) this.reader.readLeaves(entry);
    if ((effect & ENTRY_EFFECT.readLeavesLater) !== 0) this.reader.readLeavesLater(entry);
  }

  #create(address: KeyAddress): TableEntry {
    return this.table.add(address);
  }

  #start(entry: TableEntry): void {
    // A write that was given up leaves an entry reserved that is pinned besides.
    const isUnknown = entry.state === 'absent' || (entry.state === 'reserved' && entry.noted === undefined);
    if (isUnknown && this.table.isComplete(entry.node.address)) return this.#settleAbsent(entry);
    const noted = entry.noted ?? this.recent.revision(entry.id);
    this.apply(entry, { type: 'reference' }, 'load');
    entry.noted = noted;
  }

  /** A key without an entry in a whole listing is not there; if it was lately, its revision is remembered. */
  #settleAbsent(entry: TableEntry): void {
    this.apply(entry, { type: 'reference' }, 'load', false);
    this.apply(entry, { type: 'answer', token: entry.token, snapshot: { revision: this.recent.revision(entry.id) } }, 'load');
  }

  /** An entry for an id that belongs to a listing. */
  #enter(id: string): TableEntry | undefined {
    const address = this.table.addressOfId(id);
    if (address === undefined) return undefined;
    return this.reference(address);
  }

  #reindex(entry: TableEntry, before: Kv4Record | undefined): void {
    const { record, node } = entry;
    node.secondary?.replace(entry.key, before, record);
    if (record?.expiresAtMs !== undefined) this.expiries.add(entry, record.expiresAtMs);
  }

  #wake(entry: TableEntry): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting.get(entry);
    if (waiting === undefined) return;
    this.#waiting.delete(entry);
    const patient = entry.state === 'verifying' ? waiting.filter(({ thorough }) => thorough) : [];
    if (patient.length > 0) this.#waiting.set(entry, patient);
    for (const waiter of waiting) if (!patient.includes(waiter)) waiter.resolve();
  }

  #fail(entry: TableEntry, error: unknown): void {
    const waiting = this.#waiting.get(entry);
    this.#waiting.delete(entry);
    this.#dropIfAbsent(entry);
    for (const { reject } of waiting ?? []) reject(error);
  }

  #dropIfAbsent(entry: TableEntry): void {
    if (entry.state === 'absent' && entry.pins === 0) this.table.remove(entry, undefined);
  }
}
