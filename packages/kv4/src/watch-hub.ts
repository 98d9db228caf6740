import { retentionOf, type Kv4Record, type LayerRetention, type WatchCover, type WatchResetReason, type WatchScope } from '@xir/kv4-core';
import type { TableEntry } from './cache-table.ts';
import type { CacheListener, ChangeCause, EntryBefore } from './cache.ts';
import { ScopeShelves } from './scope-shelves.ts';
import { encodePosition, type Place, type WatchPosition } from './watch-position.ts';
import type { QueuedChange, WatchQueue } from './watch-queue.ts';
import { changeOfStored, spanBefore, type Span } from './watch-span.ts';
import { expiryVersionOf, isExpiryVersion, ToldVersions } from './watch-told.ts';

/** One watch under way. */
export interface Watcher {
  readonly cover: WatchCover;
  readonly queue: WatchQueue;
  readonly history: boolean;
  /** Changes are queued. Before, the consumer has not been given what there was. */
  live: boolean;
}

export interface WatchHubOptions {
  readonly nowMs: () => number;
  readonly layers: () => LayerRetention;
  /** The place before the oldest row whose news cannot be shown yet. */
  readonly oldestBehind: () => Place | undefined;
  /** When the earliest of the expiries that were not told comes, in milliseconds since 1970 UTC. */
  readonly nextExpiryMs: () => number;
  /** A value has expired; `expire` is called when it is certain. */
  readonly onDue: (entry: TableEntry) => void;
  /** Everything known is forgotten. */
  readonly onReset?: () => void;
}

/** Hands changes of entries to the watches that cover them, in the order of the feed. */
export class WatchHub implements CacheListener {
  readonly #shelves = new ScopeShelves<Watcher>();
  /** Own writes whose rows are still to come, with what stood before them. */
  readonly #unannounced = new Map<TableEntry, EntryBefore>();
  /** Versions of deletions by expiry that were announced before the database had them. */
  readonly #expired = new Map<TableEntry, string>();
  readonly #options: WatchHubOptions;
  #count = 0;
  #told: ToldVersions;
  #expiredMs: number;
  #epoch: string | undefined;
  #nextEpoch: string | undefined;
  #purges = '0';
  /** Position before the row that is being applied. */
  #beforeRow = '';
  #applied = '';
  events = 0;

  constructor(options: WatchHubOptions) {
    this.#options = options;
    this.#expiredMs = options.nowMs();
    this.#told = ToldVersions.at(this.#expiredMs);
  }

  get watchers(): number {
    return this.#count;
  }

  /** The epoch that positions belong to. */
  get epoch(): string {
    return this.#epoch ?? '0';
  }

  /** The database's epoch was read. It counts from the next reset, since what is known until then is of the one before. */
  learnEpoch(epoch: string): void {
    this.#epoch ??= epoch;
    this.#nextEpoch = epoch;
  }

  /** Position behind everything announced so far. */
  get position(): string {
    return encodePosition(this.#positionAt(this.#place, this.#told));
  }

  /** A position that cannot be resumed from. */
  get unresumable(): string {
    return encodePosition({ epoch: this.epoch, purges: this.#purges, expiredMs: 0, told: new ToldVersions(), seq: '' });
  }

  /** Until when expiries were told, in milliseconds since 1970 UTC. */
  get expiredMs(): number {
    return Math.min(this.#expiredMs, this.#options.nextExpiryMs() - 1);
  }

  /** The place before the row that is being applied; between rows, behind all. */
  get placeBeforeRow(): Place {
    return { seq: this.#beforeRow, purges: this.#purges };
  }

  /** Whether something that rows announced cannot be shown yet. */
  get isBehind(): boolean {
    return this.#options.oldestBehind() !== undefined;
  }

  /** Whether the feed has told where it is. */
  get isPlaced(): boolean {
    return this.#applied !== '';
  }

  /** The feed goes on to a sequence: called before its row is applied. */
  advance(seq: string): void {
    this.#beforeRow = this.#applied === '' ? seq : this.#applied;
    this.#applied = seq;
  }

  /** What the feed went on to is applied. */
  settle(): void {
    this.#beforeRow = this.#applied;
  }

  /** Which purges are known to the cache. */
  get purges(): string {
    return this.#purges;
  }

  /** What the database has purged is known to the cache. */
  purged(purges: string): void {
    this.#purges = purges;
  }

  /** A watch begins where the feed stands: what nobody wanted has moved it without a row being applied. */
  begin(seq: string | undefined): void {
    if (seq === undefined || this.isBehind) return;
    this.#beforeRow = seq;
    this.#applied = seq;
  }

  /**
   * What a watch that begins is shown of an entry, which counts as told from then on: the record as it was announced last. An own write whose row is still to come is
   * announced with its row, to this watch as to the others.
   */
  show(entry: TableEntry): Kv4Record | undefined {
    const { version, record } = this.#unannounced.get(entry) ?? entry;
    if (version !== undefined) this.#told.note(entry.id, version);
    const atMs = record?.expiresAtMs;
    if (record === undefined || atMs === undefined || atMs > this.#options.nowMs()) return record;
    if (atMs <= this.expiredMs) this.#told.note(entry.id, expiryVersionOf(record));
    return undefined;
  }

  /** Whether an entry shows a write of ours whose row is still to come, and to be told then. */
  isUnannounced(entry: TableEntry): boolean {
    return this.#unannounced.has(entry);
  }

  /** What was told to a watch that goes on here, also of keys that the cache knows nothing of any more. Everything it names was committed before what the cache shows. */
  absorb(told: ToldVersions, leaveOut: ReadonlySet<string>): void {
    this.#told.absorb(told, leaveOut);
  }

  /** Files a watcher; the answer takes it out again. */
  add(scope: WatchScope, watcher: Watcher): () => void {
    const remove = this.#shelves.add(scope, watcher);
    this.#count += 1;
    let filed = true;
    return () => {
      if (!filed) return;
      filed = false;
      this.#count -= 1;
      remove();
    };
  }

  onChanged(entry: TableEntry, before: EntryBefore, cause: ChangeCause): void {
    if (cause === 'load') return;
    if (this.#count === 0) {
      this.#unannounced.delete(entry);
      return;
    }
    const first = this.#unannounced.get(entry) ?? before;
    if (cause === 'write') {
      if (this.#shelves.over(entry).length > 0) this.#unannounced.set(entry, first);
      return;
    }
    this.#unannounced.delete(entry);
    this.#announce(entry, { ...first, place: before.place });
  }

  onRepeated(entry: TableEntry): void {
    const before = this.#unannounced.get(entry);
    if (before === undefined) return;
    this.#unannounced.delete(entry);
    this.#announce(entry, { ...before, place: this.#options.oldestBehind() ?? this.placeBeforeRow });
  }

  onExpired(entry: TableEntry): void {
    this.#options.onDue(entry);
  }

  /** A value has expired, and the feed is known to be past that. */
  expire(entry: TableEntry): void {
    const { record, id } = entry;
    if (record?.expiresAtMs === undefined) return;
    this.#expiredMs = Math.max(this.#expiredMs, record.expiresAtMs);
    const watchers = this.#shelves.over(entry);
    const version = expiryVersionOf(record);
    if (watchers.length === 0 || this.#expired.get(entry) === version) return;
    this.#expired.set(entry, version);
    this.#told.note(id, version);
    const item = this.#item(entry, { version, record: undefined, previous: record });
    for (const watcher of watchers) if (watcher.live) watcher.queue.push(item);
  }

  /** Everything known is forgotten: every watch starts anew. */
  reset(reason: WatchResetReason, seq: string): void {
    this.#epoch = this.#nextEpoch;
    this.#unannounced.clear();
    this.#expired.clear();
    this.#expiredMs = this.#options.nowMs();
    this.#told = ToldVersions.at(this.#expiredMs);
    this.#beforeRow = seq;
    this.#applied = seq;
    for (const watcher of this.#shelves.all()) restart(watcher, reason);
    this.#options.onReset?.();
  }

  close(error: unknown): void {
    for (const { queue } of this.#shelves.all()) queue.end(error);
  }

  /** Entries that left the table need no announcement any more. */
  forget(): void {
    for (const entry of this.#unannounced.keys()) if (entry.slot < 0) this.#unannounced.delete(entry);
    for (const entry of this.#expired.keys()) if (entry.slot < 0) this.#expired.delete(entry);
  }

  get #place(): Place {
    return this.#options.oldestBehind() ?? { seq: this.#applied, purges: this.#purges };
  }

  #positionAt(place: Place, told: ToldVersions): WatchPosition {
    return { epoch: this.epoch, expiredMs: this.expiredMs, told, ...place };
  }

  #announce(entry: TableEntry, before: EntryBefore): void {
    const { record, version, id } = entry;
    const expired = this.#expired.get(entry);
    if (entry.record?.version !== before.record?.version) this.#expired.delete(entry);
    const watchers = this.#shelves.over(entry).filter(({ live }) => live);
    if (watchers.length === 0) return;
    const from = expired !== undefined && expired > (before.version ?? '') ? expired : before.version;
    if (version !== undefined && from !== undefined && version <= from) {
      // The database went back: what was told does not hold any more, and that has no place in the order of versions.
      if (version < (before.version ?? '')) for (const watcher of watchers) restart(watcher, 'resync');
      // A write that was made in time, and came after its key was told to have expired, is told all the same.
      if (version <= (before.version ?? '') || record === undefined) return;
    }
    const wasTold = version !== undefined && isExpiryVersion(version) && this.#told.names(id, version);
    if (wasTold && record === undefined) return;
    if (version !== undefined) this.#told.learnSlowness(version);
    const previous = expired === undefined ? before.record : undefined;
    const span = watchers.some(({ history }) => history) && version !== undefined ? this.#spanOf(entry, before, from) : undefined;
    const told = span === undefined ? undefined : this.#told.copy();
    if (version !== undefined) this.#told.note(id, version);
    const isChange = record !== undefined || previous !== undefined;
    const item = this.#item(entry, { version, record, previous });
    for (const watcher of watchers) {
      const withHistory = watcher.history && span !== undefined && told !== undefined;
      if (withHistory) this.#pushBefore(watcher, entry, { span, told, before });
      if (isChange || withHistory) watcher.queue.push(item);
    }
  }

  #spanOf(entry: TableEntry, before: EntryBefore, from: string | undefined): Span {
    const retention = retentionOf(entry.node.address.layer, this.#options.layers());
    return spanBefore({ entry, before, from, told: this.#told, expiredMs: this.expiredMs, retention });
  }

  #item(entry: TableEntry, change: { version: string | undefined; record: Kv4Record | undefined; previous: Kv4Record | undefined }): QueuedChange {
    const { version, record, previous } = change;
    const { position } = this;
    const known = previous === undefined ? {} : { previous };
    const deletion = version === undefined ? {} : { version };
    this.events += 1;
    return {
      type: 'change',
      id: entry.id,
      version,
      event: record === undefined ? { type: 'delete', position, address: { ...entry.node.address, key: entry.key }, ...deletion, ...known } : { type: 'put', position, record, ...known },
    };
  }

  /** The versions between what a watch was told and what stands now: out of the tail, or to be read from the series. Who resumes among them finds the row behind the position. */
  #pushBefore(watcher: Watcher, entry: TableEntry, past: { readonly span: Span; readonly told: ToldVersions; readonly before: EntryBefore }): void {
    const { span, told, before } = past;
    const id = entry.id;
    const address = { ...entry.node.address, key: entry.key };
    const place = before.place ?? this.placeBeforeRow;
    const previous = before.record;
    const { gap, after, held, wasAbsent } = span;
    if (gap) return watcher.queue.push({ type: 'gap', id, address, position: this.#positionAt(place, told), after, wasAbsent, before: entry.version ?? '', held, previous });
    const telling = told.copy();
    let latest = previous;
    for (const stored of held) {
      telling.note(id, stored[0]);
      const item = changeOfStored(stored, { id, address, position: encodePosition(this.#positionAt(place, telling)), previous: latest });
      watcher.queue.push(item);
      latest = item.event.type === 'put' ? item.event.record : undefined;
    }
  }
}

function restart(watcher: Watcher, reason: WatchResetReason): void {
  watcher.live = false;
  watcher.queue.restart(reason);
}
