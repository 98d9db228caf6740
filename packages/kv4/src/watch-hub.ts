import { expiryVersion, headId, recordFromValue, type Kv4Record, type StoredVersion, type WatchCover, type WatchResetReason, type WatchScope } from '@xir/kv4-core';
import { prefixOf, type TableEntry } from './cache-table.ts';
import type { CacheListener, ChangeCause, EntryBefore } from './cache.ts';
import { TAIL_NOT_KEPT } from './snapshot.ts';
import { encodePosition, Moments, type WatchPosition } from './watch-position.ts';
import type { QueuedChange, WatchQueue } from './watch-queue.ts';

/** One watch under way. */
export interface Watcher {
  readonly cover: WatchCover;
  readonly queue: WatchQueue;
  readonly history: boolean;
  /** Changes are queued. Before, the consumer has not been given what there was. */
  live: boolean;
  /** Versions among the initial values whose rows are still to come. */
  readonly ahead: Map<TableEntry, string>;
}

/** Where a watcher is filed. */
interface Shelf {
  readonly watchers: Map<string, Set<Watcher>>;
  readonly name: string;
}

/** What there was before a change: of the key, and told in all. */
interface Past {
  readonly before: EntryBefore;
  readonly told: Moments;
}

/** Hands changes of entries to the watches that cover them, in the order of the feed. */
export class WatchHub implements CacheListener {
  readonly #keys = new Map<string, Set<Watcher>>();
  readonly #paths = new Map<string, Set<Watcher>>();
  readonly #subtrees = new Map<string, Set<Watcher>>();
  /** Own writes whose rows are still to come, with what stood before them. */
  readonly #unannounced = new Map<TableEntry, EntryBefore>();
  /** Versions of deletions by expiry that were announced before the database had them. */
  readonly #expired = new Map<TableEntry, string>();
  #count = 0;
  events = 0;
  readonly #nowMs: () => number;
  readonly #behindRows: () => number;
  #moments: Moments;
  epoch = '0';
  /** Position before the last row, or further back while what earlier rows brought cannot be shown yet. */
  #settledSeq = '';
  #appliedSeq = '';

  /** `behindRows` counts the entries that do not show yet what their rows announced: no position passes those. */
  constructor(nowMs: () => number, behindRows: () => number) {
    this.#nowMs = nowMs;
    this.#behindRows = behindRows;
    this.#moments = Moments.at(nowMs());
  }

  get watchers(): number {
    return this.#count;
  }

  /** Position behind everything announced so far. */
  get position(): string {
    return encodePosition({ epoch: this.epoch, moments: this.#moments, seq: this.#behindRows() === 0 ? this.#appliedSeq : this.#settledSeq });
  }

  /** A position that cannot be resumed from. */
  get unresumable(): string {
    return encodePosition({ epoch: this.epoch, moments: new Moments(), seq: '' });
  }

  /** Whether the feed has told where it is. */
  get isPlaced(): boolean {
    return this.#appliedSeq !== '';
  }

  /** The feed goes on to a sequence: called before its row is applied. */
  advance(seq: string): void {
    if (this.#behindRows() === 0 || this.#settledSeq === '') this.#settledSeq = this.#appliedSeq === '' ? seq : this.#appliedSeq;
    this.#appliedSeq = seq;
  }

  /** A watch begins where the feed stands: what nobody wanted has moved it without a row being applied. */
  begin(seq: string | undefined): void {
    if (seq === undefined || this.#behindRows() > 0) return;
    this.#settledSeq = seq;
    this.#appliedSeq = seq;
  }

  /** A watch has been given a version as it stood. */
  told(version: string): void {
    this.#moments.settle(version);
  }

  /** Files a watcher; the answer takes it out again. */
  add(scope: WatchScope, watcher: Watcher): () => void {
    const { watchers, name } = this.#shelfOf(scope);
    const shelf = watchers.get(name) ?? new Set<Watcher>();
    watchers.set(name, shelf);
    shelf.add(watcher);
    this.#count += 1;
    let filed = true;
    return () => {
      if (!filed) return;
      filed = false;
      this.#count -= 1;
      shelf.delete(watcher);
      if (shelf.size === 0) watchers.delete(name);
    };
  }

  /** Notes which versions of the initial values stand before their rows. */
  markAhead(watcher: Watcher, entry: TableEntry): void {
    if (this.#unannounced.has(entry) && entry.version !== undefined) watcher.ahead.set(entry, entry.version);
  }

  onChanged(entry: TableEntry, before: EntryBefore, cause: ChangeCause): void {
    if (this.#count === 0 || cause === 'load') {
      if (cause === 'feed' && entry.version !== undefined) this.#moments.note(entry.version);
      return;
    }
    const first = this.#unannounced.get(entry) ?? before;
    if (cause === 'write') {
      if (this.#isWatched(entry)) this.#unannounced.set(entry, first);
      return;
    }
    this.#unannounced.delete(entry);
    this.#announce(entry, first);
  }

  onRepeated(entry: TableEntry): void {
    const before = this.#unannounced.get(entry);
    if (before === undefined) return;
    this.#unannounced.delete(entry);
    this.#announce(entry, before);
  }

  onExpired(entry: TableEntry): void {
    const { record } = entry;
    if (this.#count === 0 || record?.expiresAtMs === undefined) return;
    const [version] = expiryVersion({ _id: '', ver: record.version, by: record.author, v: null, x: record.expiresAtMs });
    this.#expired.set(entry, version);
    this.#moments.note(version);
    this.#push(entry, { version, record: undefined, previous: record });
  }

  /** Everything known is forgotten: every watch starts anew. */
  reset(reason: WatchResetReason, seq: string): void {
    this.#unannounced.clear();
    this.#expired.clear();
    this.#moments = Moments.at(this.#nowMs());
    this.#settledSeq = seq;
    this.#appliedSeq = seq;
    for (const watcher of this.#all()) {
      watcher.live = false;
      watcher.ahead.clear();
      watcher.queue.restart(reason);
    }
  }

  close(error: unknown): void {
    for (const watcher of this.#all()) watcher.queue.end(error);
  }

  *#all(): Generator<Watcher, void, undefined> {
    for (const shelves of [this.#keys, this.#paths, this.#subtrees]) for (const shelf of shelves.values()) yield* shelf;
  }

  #shelfOf(scope: WatchScope): Shelf {
    switch (scope.type) {
      case 'key':
        return { watchers: this.#keys, name: headId(scope.address) };
      case 'path':
        return { watchers: this.#paths, name: prefixOf(scope.address) };
      case 'subtree':
        return { watchers: this.#subtrees, name: prefixOf(scope.address) };
      case 'layer':
        return { watchers: this.#subtrees, name: prefixOf({ bucket: scope.bucket, layer: scope.layer, path: '/' }) };
    }
  }

  #watchersOf(entry: TableEntry): Watcher[] {
    const { prefix } = entry.node;
    const found: Watcher[] = [];
    if (this.#keys.size > 0) found.push(...(this.#keys.get(entry.id) ?? []));
    found.push(...(this.#paths.get(prefix) ?? []));
    if (this.#subtrees.size === 0) return found;
    for (let end = prefix.length; end > 2; end = prefix.lastIndexOf('!', end - 1)) found.push(...(this.#subtrees.get(prefix.slice(0, end)) ?? []));
    return found;
  }

  #isWatched(entry: TableEntry): boolean {
    return this.#watchersOf(entry).length > 0;
  }

  #announce(entry: TableEntry, before: EntryBefore): void {
    const { record, version } = entry;
    if (before.record?.version === record?.version) return;
    const expired = this.#expired.get(entry);
    this.#expired.delete(entry);
    if (expired !== undefined && record === undefined) return;
    const previous = expired === undefined ? before.record : undefined;
    if (previous === undefined && record === undefined) return;
    const told = this.#moments.copy();
    if (version !== undefined) this.#moments.note(version);
    this.#push(entry, { version, record, previous }, { before: expired === undefined ? before : { ...before, version: expired }, told });
  }

  #push(entry: TableEntry, change: { version: string | undefined; record: Kv4Record | undefined; previous: Kv4Record | undefined }, past?: Past): void {
    const watchers = this.#watchersOf(entry);
    if (watchers.length === 0) return;
    const { version, record, previous } = change;
    const { id } = entry;
    // The position behind the change is behind all that is told before it.
    if (past !== undefined && watchers.some(({ history }) => history)) for (const [each] of keptTail(entry)) if (each > (past.before.version ?? '')) this.#moments.note(each);
    const { position } = this;
    const address = { ...entry.node.address, key: entry.key };
    const known = previous === undefined ? {} : { previous };
    const deletion = version === undefined ? {} : { version };
    const item: QueuedChange = {
      type: 'change',
      id,
      version,
      event: record === undefined ? { type: 'delete', position, address, ...deletion, ...known } : { type: 'put', position, record, ...known },
    };
    this.events += 1;
    for (const watcher of watchers) {
      if (!watcher.live) continue;
      const ahead = watcher.ahead.get(entry);
      if (ahead !== undefined) {
        watcher.ahead.delete(entry);
        if (ahead === version) continue;
      }
      if (watcher.history && past !== undefined && version !== undefined) this.#pushBetween(watcher, entry, { ...past, version });
      watcher.queue.push(item);
    }
  }

  /** The versions between what a watcher saw and what stands now: out of the tail, or to be read from the series. */
  #pushBetween(watcher: Watcher, entry: TableEntry, span: Past & { readonly version: string }): void {
    const { before, version } = span;
    const told = span.told.copy();
    if (before.version === undefined && !before.unknown) return;
    const from = before.version ?? '';
    const { id } = entry;
    // Who resumes behind a version in between finds the row, and with it the rest, behind the position.
    const place = (): WatchPosition => ({ epoch: this.epoch, moments: told.copy(), seq: this.#settledSeq });
    const address = { ...entry.node.address, key: entry.key };
    const tail = keptTail(entry);
    const between = tail.filter(([each]) => each > from && each < version && !(before.unknown && told.includes(each))).reverse();
    const reaches = tail.some(([each]) => each <= from) || (entry.tail === undefined && before.version === undefined);
    let previous = before.record;
    if (!reaches && (before.version !== undefined || entry.tail === TAIL_NOT_KEPT)) {
      const beforeVersion = between[0]?.[0] ?? version;
      watcher.queue.push({ type: 'gap', id, address, place: place(), afterVersion: from, beforeVersion, previous });
    }
    for (const stored of between) {
      told.note(stored[0]);
      const item = changeOfStored(stored, { id, address, position: encodePosition(place()), previous });
      watcher.queue.push(item);
      previous = item.event.type === 'put' ? item.event.record : undefined;
    }
  }

  /** Entries that left the table need no announcement any more. */
  forget(): void {
    for (const entry of this.#unannounced.keys()) if (entry.slot < 0) this.#unannounced.delete(entry);
    for (const entry of this.#expired.keys()) if (entry.slot < 0) this.#expired.delete(entry);
  }
}

function keptTail(entry: TableEntry): readonly StoredVersion[] {
  return entry.tail === undefined || entry.tail === TAIL_NOT_KEPT ? [] : (JSON.parse(entry.tail) as StoredVersion[]);
}

/** An earlier version as a change. */
export function changeOfStored(
  stored: StoredVersion,
  at: { readonly id: string; readonly address: TableEntry['node']['address'] & { readonly key: string }; readonly position: string; readonly previous: Kv4Record | undefined },
): QueuedChange {
  const [version, author, value] = stored;
  const { id, address, position } = at;
  const previous = at.previous === undefined ? {} : { previous: at.previous };
  if (stored.length === 2) return { type: 'change', id, version, event: { type: 'delete', position, address, version, ...previous } };
  const record = recordFromValue(address, value ?? null, { version, author });
  return { type: 'change', id, version, event: { type: 'put', position, record, ...previous } };
}
