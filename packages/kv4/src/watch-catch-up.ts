import { ChangesParser, type ChangeRow } from '@xir/couch-feed';
import {
  compareIds,
  covers,
  decodeHead,
  expiryVersion,
  isExpired,
  isLive,
  Kv4Error,
  parseDocumentId,
  recordFromHead,
  storedVersionOfHead,
  type HeadDocument,
  type KeyAddress,
  type StoredVersion,
  type WatchCover,
  type WatchEvent,
} from '@xir/kv4-core';
import type { CouchStore } from '@xir/kv4-couch';
import { changeOfStored } from './watch-hub.ts';
import { encodePosition, type WatchPosition } from './watch-position.ts';

/** Rows read at once while a watch catches up. */
const CATCH_UP_PIECE = 500;

type ChangeEvent = Extract<WatchEvent, { type: 'put' | 'delete' }>;

/** One change behind a position. */
export interface MissedChange {
  readonly id: string;
  readonly version: string | undefined;
  readonly event: ChangeEvent;
}

/** What a {@link CatchUp} works with. */
export interface CatchUpOptions {
  readonly store: CouchStore;
  readonly cover: WatchCover;
  readonly nowMs: () => number;
  /** Changes that may be collected for a watch with history before it has to begin anew. */
  readonly maxChanges: number;
  readonly signal: AbortSignal | undefined;
}

/** Reads from the database what lies behind a watch's position. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** Set when the database does not know the position, or too much lies behind it. */
  failed = false;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** The newest state of each key that changed, in the order of the feed. Throws `KV4_UNAVAILABLE`. */
  async *states(start: WatchPosition): AsyncGenerator<MissedChange, void, undefined> {
    for await (const { row, address } of this.#rows(start)) {
      const position = encodePosition({ ...start, seq: row.seq ?? '' });
      const head = decodeHead(row.doc());
      if (head !== undefined) {
        const [version, event] = this.#eventOfHead(head, { address, position, deleted: row.deleted });
        yield { id: row.id, version, event };
      } else if (row.deleted) {
        yield { id: row.id, version: undefined, event: { type: 'delete', position, address } };
      }
    }
  }

  /**
   * Every version behind the position, each once, in the order of versions, so that the position of each holds what was told before it. Throws `KV4_UNAVAILABLE`.
   */
  async *versions(start: WatchPosition): AsyncGenerator<MissedChange, void, undefined> {
    const changed = new Map<string, { readonly row: ChangeRow; readonly address: KeyAddress }>();
    let end = start.seq;
    for await (const found of this.#rows(start)) {
      changed.set(found.row.id, found);
      if (found.row.seq !== null) end = found.row.seq;
      if (changed.size > this.#options.maxChanges) return this.#fail();
    }
    const missed: { readonly id: string; readonly address: KeyAddress; readonly stored: StoredVersion | undefined }[] = [];
    for (const { row, address } of changed.values()) {
      for (const stored of await this.#missedOf(row, address, start)) missed.push({ id: row.id, address, stored });
      if (missed.length > this.#options.maxChanges) return this.#fail();
    }
    missed.sort((a, b) => compareIds(a.stored?.[0] ?? '', b.stored?.[0] ?? ''));
    const moments = start.moments.copy();
    for (const [index, { id, address, stored }] of missed.entries()) {
      if (stored !== undefined) moments.note(stored[0]);
      const position = encodePosition({ epoch: start.epoch, moments, seq: index === missed.length - 1 ? end : start.seq });
      if (stored === undefined) yield { id, version: undefined, event: { type: 'delete', position, address } };
      else yield this.#changeOf(stored, { id, address, position, head: changed.get(id)?.row });
    }
  }

  #fail(): void {
    this.failed = true;
  }

  /** A version as an event: the current one with all that its head says. */
  #changeOf(stored: StoredVersion, at: { readonly id: string; readonly address: KeyAddress; readonly position: string; readonly head: ChangeRow | undefined }): MissedChange {
    const { id, address, position } = at;
    const head = at.head?.deleted === false ? decodeHead(at.head.doc()) : undefined;
    const record = head?.ver === stored[0] && head.gone !== true ? recordFromHead(head, address) : undefined;
    if (record !== undefined) return { id, version: stored[0], event: { type: 'put', position, record } };
    const { version, event } = changeOfStored(stored, { id, address, position, previous: undefined });
    return { id, version, event };
  }

  /** The versions of a changed key that have not been told: of its head, and out of the series where the tail does not reach back. `undefined`: it is gone, with its history. */
  async #missedOf(row: ChangeRow, address: KeyAddress, start: WatchPosition): Promise<readonly (StoredVersion | undefined)[]> {
    const { nowMs } = this.#options;
    const head = row.deleted ? undefined : decodeHead(row.doc());
    if (head === undefined) {
      if (!row.deleted) return [];
      const past = await this.#series(address, undefined);
      return past.length === 0 ? [undefined] : past.filter(([version]) => !start.moments.includes(version));
    }
    const current = storedVersionOfHead(head);
    const tail = [...(head.tail ?? [])].sort((a, b) => compareIds(a[0], b[0]));
    const oldest = tail[0];
    const isWhole = row.revs[0]?.startsWith('1-') === true || (oldest !== undefined && start.moments.includes(oldest[0]));
    const earlier = isWhole ? tail : await this.#series(address, head.ver);
    const missed = earlier.filter(([version]) => version < head.ver && !start.moments.includes(version));
    // The current state is told unless it certainly was: a version below what others had been told may have come after them.
    if (!start.moments.names(head.ver)) missed.push(current);
    if (isExpired(head, nowMs())) {
      const expiry = expiryVersion(head);
      if (!start.moments.includes(expiry[0])) missed.push(expiry);
    }
    return missed;
  }

  async #series(address: KeyAddress, before: string | undefined): Promise<StoredVersion[]> {
    const { store, signal, maxChanges } = this.#options;
    const found: StoredVersion[] = [];
    for await (const { version, author, deleted, value } of store.series(address, { ascending: true, ...(signal === undefined ? {} : { signal }) })) {
      if (before !== undefined && version >= before) break;
      found.push(deleted ? [version, author] : [version, author, value]);
      if (found.length > maxChanges * 2) found.splice(0, maxChanges);
    }
    return found;
  }

  async *#rows(start: WatchPosition): AsyncGenerator<{ readonly row: ChangeRow; readonly address: KeyAddress }, void, undefined> {
    let since = start.seq;
    for (;;) {
      const page = await this.#page(since);
      if (page === undefined) return this.#fail();
      for (const row of page.rows) {
        const parsed = parseDocumentId(row.id);
        if (parsed?.kind === 'head') yield { row, address: parsed.address };
      }
      if (page.lastSeq === undefined || page.isLast) return;
      since = page.lastSeq;
    }
  }

  /** One piece of the change feed behind a sequence; `undefined`: the database does not know it. */
  async #page(since: string): Promise<{ readonly rows: readonly ChangeRow[]; readonly lastSeq: string | undefined; readonly isLast: boolean } | undefined> {
    const { store, cover, signal } = this.#options;
    const request = store.heads.database.request({
      path: '/_changes',
      query: { since, limit: CATCH_UP_PIECE, include_docs: true },
      ...(signal === undefined ? {} : { signal }),
    });
    const response = await store.heads.guard(request, signal);
    if (response.status !== 200) {
      await response.discard();
      if (response.status >= 500 || response.status === 429) throw new Kv4Error('KV4_UNAVAILABLE', `the change feed was answered with ${response.status}`);
      return undefined;
    }
    const parser = new ChangesParser({ wanted: (id) => covers(cover, id) });
    const rows: ChangeRow[] = [];
    let scanned = 0;
    let lastSeq: string | undefined;
    const take = (found: ReturnType<ChangesParser['push']>): void => {
      rows.push(...found.rows);
      scanned += found.scanned;
      lastSeq = found.end?.lastSeq ?? lastSeq;
    };
    const read = async (): Promise<void> => {
      for await (const piece of response.body) take(parser.push(piece));
      take(parser.end());
    };
    await store.heads.guard(read(), signal);
    return { rows, lastSeq, isLast: scanned < CATCH_UP_PIECE };
  }

  #eventOfHead(head: HeadDocument, place: { readonly address: KeyAddress; readonly position: string; readonly deleted: boolean }): readonly [version: string, event: ChangeEvent] {
    const { address, position, deleted } = place;
    const nowMs = this.#options.nowMs();
    const record = !deleted && isLive(head, nowMs) ? recordFromHead(head, address) : undefined;
    if (record !== undefined) return [head.ver, { type: 'put', position, record }];
    const version = !deleted && isExpired(head, nowMs) ? expiryVersion(head)[0] : head.ver;
    return [version, { type: 'delete', position, address, version }];
  }
}
