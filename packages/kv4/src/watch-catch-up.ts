import { readPurgedIds, type ChangeRow } from '@xir/couch-feed';
import {
  covers,
  decodeHead,
  expiryVersion,
  generationOf,
  isExpired,
  parseDocumentId,
  recordFromHead,
  retentionOf,
  storedVersionOfHead,
  type HeadDocument,
  type KeyAddress,
  type Kv4Record,
  type StoredVersion,
  type WatchCover,
  type WatchEvent,
  type WatchResetReason,
} from '@xir/kv4-core';
import type { CouchStore } from '@xir/kv4-couch';
import { changesBehind } from './changes-behind.ts';
import { encodePosition, purgesText, type Place, type WatchPosition } from './watch-position.ts';
import type { QueuedChange } from './watch-queue.ts';
import { changeOfStored } from './watch-span.ts';
import { expiryVersionOf, isExpiryVersion, type ToldVersions } from './watch-told.ts';

type ChangeEvent = Extract<WatchEvent, { type: 'put' | 'delete' }>;

/** What a {@link CatchUp} works with. */
export interface CatchUpOptions {
  readonly store: CouchStore;
  readonly cover: WatchCover;
  readonly history: boolean;
  readonly nowMs: () => number;
  /** Versions of one key that may be missed by a watch with history before it has to begin anew. */
  readonly maxChanges: number;
  readonly signal: AbortSignal | undefined;
}

/** Where a change is told. */
interface Spot {
  readonly id: string;
  readonly address: KeyAddress;
}

/**
 * Reads from the database what lies behind a watch's position, and keeps account of what has been told until the watch is where the feed is. What it tells of a key
 * it tells in order, behind what was told before. In doubt whether a key's present state was told, it is told.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #epoch: string;
  readonly #told: ToldVersions;
  #place: Place;
  #expiredMs: number;
  /** When the database was asked, by our clock: what expired later may have been written in time. */
  #askedMs = 0;
  /** The last version told of each key; the feed may bring it, and earlier ones, again. */
  readonly #last = new Map<string, string>();
  /** Purged keys that were told to be gone. */
  readonly #gone = new Set<string>();
  /** Set when what lies behind the position cannot be told. */
  reset: WatchResetReason | undefined;

  constructor(options: CatchUpOptions, start: WatchPosition) {
    this.#options = options;
    this.#epoch = start.epoch;
    this.#told = start.told.copy();
    this.#place = { seq: start.seq, purges: start.purges };
    this.#expiredMs = start.expiredMs;
  }

  /** Until when expiries count as told, in milliseconds since 1970 UTC. */
  get expiredMs(): number {
    return this.#expiredMs;
  }

  /** What was missed, in the order of the feed; ends early with {@link reset}. Throws `KV4_UNAVAILABLE`. */
  async *missed(): AsyncGenerator<WatchEvent, void, undefined> {
    const { store, cover, signal, nowMs } = this.#options;
    this.#askedMs = nowMs();
    for await (const row of changesBehind({ store, since: this.#place.seq, wanted: (id) => covers(cover, id), signal })) {
      if (row === 'unknown') {
        this.reset = 'position-unknown';
        return;
      }
      if ('last' in row) {
        this.#place = { ...this.#place, seq: row.last };
        continue;
      }
      const parsed = parseDocumentId(row.id);
      if (parsed?.kind === 'head') yield* this.#missedOf(row, { id: row.id, address: parsed.address });
      if (this.reset !== undefined) return;
      if (row.seq !== null) this.#place = { ...this.#place, seq: row.seq };
    }
    yield* this.#purged();
  }

  /** Whether the expiry of a record, which may be still to come by our clock, was told before. */
  wasToldExpired(id: string, record: Kv4Record): boolean {
    const version = expiryVersionOf(record);
    return this.#told.names(id, version) || ((record.expiresAtMs ?? 0) <= this.#expiredMs && !this.#last.has(id));
  }

  /** The expiry of a record that leaves no row; `undefined` where it was told. */
  expired({ id, address }: Spot, record: Kv4Record): WatchEvent | undefined {
    const version = expiryVersionOf(record);
    if (this.wasTold(id, version) || this.wasToldExpired(id, record)) return undefined;
    this.note(id, version);
    return { type: 'delete', position: this.#position(), address, version, previous: record };
  }

  /** Every expiry up to a time has been told. */
  toldExpiries(untilMs: number): void {
    if (untilMs > this.#expiredMs) this.#expiredMs = untilMs;
  }

  /** Whether a version, or a later one of its key, was told here. `undefined`: a purge. */
  wasTold(id: string, version: string | undefined): boolean {
    if (version === undefined) return this.#gone.has(id);
    const last = this.#last.get(id);
    return (last !== undefined && version <= last) || this.#told.names(id, version);
  }

  /** A version has been told. */
  note(id: string, version: string | undefined): void {
    this.#gone.delete(id);
    if (version === undefined) return;
    this.#last.set(id, version);
    this.#told.learnSlowness(version);
    this.#told.note(id, version);
  }

  /**
   * What lies before a change of a key that the catch-up did not meet. The feed tells what came since the cache saw the key last, and that may be more than the watch was told: a
   * row that is replaced while the database lists its changes is in neither.
   */
  async *missedBefore(id: string, address: KeyAddress, version: string): AsyncGenerator<WatchEvent, void, undefined> {
    if (!this.#last.has(id)) yield* this.#earlierOf({ id, address }, version, []);
  }

  /**
   * What the cache shows of a key, with the tail it has (oldest first), where neither the catch-up nor the feed will bring it: the row had passed here before, and the catch-up was answered by a replica
   * that is behind.
   */
  async *unmet(change: QueuedChange, address: KeyAddress, tail: readonly StoredVersion[]): AsyncGenerator<WatchEvent, void, undefined> {
    const { id, version } = change;
    if (version === undefined || this.wasTold(id, version)) return;
    if (!this.#last.has(id) && this.#told.firstUntold(id, [...tail.map(([each]) => each), version], this.#expiredMs) > tail.length) return;
    yield* this.#earlierOf({ id, address }, version, tail);
    const taken = this.reset === undefined ? this.take(change) : undefined;
    if (taken !== undefined) yield taken;
  }

  /** With history: the versions of a key before one that were not told. */
  async *#earlierOf(spot: Spot, version: string, held: readonly StoredVersion[]): AsyncGenerator<WatchEvent, void, undefined> {
    const { history, maxChanges, store } = this.#options;
    if (!history || retentionOf(spot.address.layer, store.heads.layers) === 'none') return;
    const known = await this.#series(spot, version, held);
    const texts = known.map(([each]) => each);
    const last = this.#last.get(spot.id) ?? '';
    const missed = known.slice(Math.max(this.#told.firstUntold(spot.id, texts, this.#expiredMs), texts.findLastIndex((each) => each <= last) + 1));
    if (missed.length > maxChanges) this.reset = 'position-unknown';
    else for (const stored of missed) yield this.#tell(changeOfStored(stored, { ...spot, position: '' }).event, spot.id, null);
  }

  /** Which purges were told. */
  get purges(): string {
    return this.#place.purges;
  }

  /** What the watch was told, here and before. */
  get told(): ToldVersions {
    return this.#told;
  }

  /** A change that the feed brought before the watch is where the feed is, with the position it has for this watch; `undefined`: it was told. */
  take(item: QueuedChange): WatchEvent | undefined {
    if (this.wasTold(item.id, item.version)) return undefined;
    this.note(item.id, item.version);
    return { ...item.event, position: this.#position() };
  }

  #position(): string {
    return encodePosition({ epoch: this.#epoch, expiredMs: this.#expiredMs, told: this.#told, ...this.#place });
  }

  async *#missedOf(row: ChangeRow, spot: Spot): AsyncGenerator<ChangeEvent, void, undefined> {
    const { history, maxChanges } = this.#options;
    const head = await this.#headOf(row);
    if (head === undefined) {
      // The document was deleted, and not by us: with it went what it said.
      if (row.deleted) yield this.#tell({ type: 'delete', position: '', address: spot.address }, spot.id, row.seq);
      return;
    }
    if (head.same !== true && !this.#told.names(spot.id, head.ver)) this.#told.learnSlowness(head.ver);
    const known = await this.#versionsOf(row, head, spot);
    const texts = known.map(([version]) => version);
    let first = this.#told.firstUntold(spot.id, texts, this.#expiredMs);
    const last = this.#last.get(spot.id);
    if (last !== undefined) first = Math.max(first, texts.findLastIndex((version) => version <= last) + 1);
    // A revision that brought a version brings it to whoever has not been told it by name, however late it was.
    else if (head.same !== true && !isExpiryVersion(head.ver) && !this.#told.names(spot.id, head.ver)) first = Math.min(first, texts.indexOf(head.ver));
    const missed = known.slice(first);
    if (missed.length > maxChanges && history) {
      this.reset = 'position-unknown';
      return;
    }
    const wanted = history ? missed : missed.slice(-1);
    for (const [index, stored] of wanted.entries()) yield this.#tell(this.#eventOf(stored, head, row, spot), spot.id, index === wanted.length - 1 ? row.seq : null);
  }

  /** The head that a row shows: with conflicting leaves, all of them united. */
  async #headOf(row: ChangeRow): Promise<HeadDocument | undefined> {
    if (row.revs.length <= 1) return decodeHead(row.doc());
    const { store, signal } = this.#options;
    const { head } = await store.heads.readHead(row.id, signal);
    return head ?? decodeHead(row.doc());
  }

  /** The versions of a key that matter, oldest first: without history the present state, and what of it expired. */
  async #versionsOf(row: ChangeRow, head: HeadDocument, spot: Spot): Promise<readonly StoredVersion[]> {
    const { history, store } = this.#options;
    const { id, address } = spot;
    const tail = [...(head.tail ?? [])].reverse();
    const present = [storedVersionOfHead(head), ...(!row.deleted && isExpired(head, this.#askedMs) ? [expiryVersion(head)] : [])];
    if (!history) return isExpiryVersion(head.ver) ? [...tail.slice(-1), ...present] : present;
    const revision = head._rev ?? row.revs[0];
    const first = revision !== undefined && generationOf(revision) === 1 && row.revs.length <= 1;
    const reaches = first || retentionOf(address.layer, store.heads.layers) === 'none' || this.#told.firstUntold(id, tail.map(([version]) => version), this.#expiredMs) > 0;
    if (reaches) return [...tail, ...present];
    return [...(await this.#series(spot, head.ver, tail)), ...present];
  }

  /** A key's versions before one that were not told, from its series and from those at hand. */
  async #series({ id, address }: Spot, before: string, held: readonly StoredVersion[]): Promise<readonly StoredVersion[]> {
    const { store, signal, maxChanges } = this.#options;
    const found = new Map<string, StoredVersion>(held.map((stored) => [stored[0], stored]));
    for await (const { version, author, deleted, value } of store.series(address, signal === undefined ? {} : { signal })) {
      if (version >= before) continue;
      // What stands before a told version was told.
      if (this.#told.names(id, version) || this.#told.covers(version) || found.size > maxChanges) break;
      found.set(version, deleted ? [version, author] : [version, author, value]);
    }
    return [...found.values()].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  /** A version as an event: the current one with all that its head says. */
  #eventOf(stored: StoredVersion, head: HeadDocument, row: ChangeRow, { id, address }: Spot): ChangeEvent {
    const record = stored[0] === head.ver && head.gone !== true && !row.deleted ? recordFromHead(head, address) : undefined;
    return record === undefined ? changeOfStored(stored, { id, address, position: '' }).event : { type: 'put', position: '', record };
  }

  /** Gives an event its position: behind its row once everything of the row was told. */
  #tell(event: ChangeEvent, id: string, seq: string | null): ChangeEvent {
    this.note(id, event.type === 'put' ? event.record.version : event.version);
    if (seq !== null) this.#place = { ...this.#place, seq };
    return { ...event, position: this.#position() };
  }

  /** Purged documents leave no row: those among what the database has purged since that are not there are told to be gone. */
  async *#purged(): AsyncGenerator<ChangeEvent, void, undefined> {
    const { store, cover, signal } = this.#options;
    const { heads } = store;
    const purges = purgesText((await heads.guard(heads.database.info(signal), signal)).purgeSeq);
    if (purges === this.#place.purges) return;
    const ids = await heads.guard(readPurgedIds(heads.database, signal ?? new AbortController().signal), signal);
    if (ids === undefined) {
      this.reset = 'resync';
      return;
    }
    const reads = await heads.readHeads(ids.filter((id) => covers(cover, id)), signal);
    for (const read of reads.values()) {
      const parsed = parseDocumentId(read.id);
      if (read.state !== 'missing' || parsed?.kind !== 'head') continue;
      const event = this.#tell({ type: 'delete', position: '', address: parsed.address }, read.id, null);
      this.#gone.add(read.id);
      yield event;
    }
    this.#place = { ...this.#place, purges };
  }
}
