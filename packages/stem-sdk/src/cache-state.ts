import { covers, headId, recordFromText, type KeyAddress, type Kv4Record, type WatchCover, type WatchEvent } from '@xir/kv4-core';

import { CacheTable, type TableItem, type TableLimits } from './cache-table.ts';

/** What a cache did and holds. */
export interface CacheStatistics {
  /** Reads that were answered from it. */
  readonly hits: number;
  /** Reads of what it covers that went to the neuron. */
  readonly misses: number;
  /** Answers that were replaced or forgotten because a change was told. */
  readonly invalidations: number;
  /** Times that all of a scope was forgotten: its connection was lost, or the neuron said `reset`. */
  readonly flushes: number;
  /** Answers that made room for others. */
  readonly evictions: number;
  readonly entries: number;
  /** Estimated. */
  readonly bytes: number;
  /** Scopes whose watch stands: only those are served. */
  readonly standingScopes: number;
}

/** A read or a write that is under way, and whether a change of its key was told meanwhile. */
export interface Ticket {
  readonly id: string;
  readonly scope: number;
  readonly epoch: number;
  touched: boolean;
}

/** What a key is known to be: a record, or nothing. */
interface Answer extends TableItem {
  readonly record: Kv4Record | undefined;
  /** The version of the record or of the deletion; `undefined`: the neuron did not name one. */
  readonly version: string | undefined;
  readonly scope: number;
  readonly atMs: number;
}

interface ScopeState {
  readonly cover: WatchCover;
  standing: boolean;
  /** Grows whenever all of it is forgotten. */
  epoch: number;
}

/** What was looked up: `found` says whether the answer may be given; `record` is it, or that there is none. */
export type Lookup = { readonly found: true; readonly record: Kv4Record | undefined } | { readonly found: false };

const NOT_FOUND: Lookup = { found: false };

/**
 * Decides what may be answered without asking. An answer is kept only when its scope's watch stood from before the question until after the answer, and no
 * change of its key was told in between; it is given only while that watch stands, and replaced or forgotten when a change is told. Pure: no clock, no connection.
 */
export class CacheState {
  readonly #scopes: readonly ScopeState[];
  readonly #table: CacheTable<Answer>;
  readonly #maxAgeMs: number;
  readonly #tickets = new Map<string, Set<Ticket>>();
  #hits = 0;
  #misses = 0;
  #invalidations = 0;
  #flushes = 0;

  constructor(covers: readonly WatchCover[], limits: TableLimits & { readonly maxAgeMs: number }) {
    this.#scopes = covers.map((cover) => ({ cover, standing: false, epoch: 0 }));
    this.#table = new CacheTable(limits);
    this.#maxAgeMs = limits.maxAgeMs;
  }

  get statistics(): CacheStatistics {
    const { size, bytes, evictions } = this.#table;
    const standingScopes = this.#scopes.filter(({ standing }) => standing).length;
    return { hits: this.#hits, misses: this.#misses, invalidations: this.#invalidations, flushes: this.#flushes, evictions, entries: size, bytes, standingScopes };
  }

  /** The scope that keeps a key true: the first that covers it; -1: none. */
  scopeOf(id: string): number {
    return this.#scopes.findIndex(({ cover }) => covers(cover, id));
  }

  /** What may be answered at once. */
  look(id: string, scope: number, nowMs: number): Lookup {
    const answer = this.#standing(scope) ? this.#table.peek(id) : undefined;
    if (answer === undefined || !this.#isValid(answer, nowMs)) {
      this.#table.remove(id);
      this.#misses += 1;
      return NOT_FOUND;
    }
    this.#hits += 1;
    this.#table.touch(id);
    const { record } = answer;
    // A value of the caller's own: what is done to it does not come back to the next reader.
    return { found: true, record: record === undefined ? undefined : copyOf(record.address, record) };
  }

  /** A question or a write goes to the neuron. */
  begin(id: string, scope: number): Ticket {
    const standing = this.#standing(scope);
    const ticket: Ticket = { id, scope, epoch: standing?.epoch ?? -1, touched: standing === undefined };
    const tickets = this.#tickets.get(id) ?? new Set();
    this.#tickets.set(id, tickets.add(ticket));
    return ticket;
  }

  /** It is over, whatever came of it. */
  end(ticket: Ticket): void {
    const tickets = this.#tickets.get(ticket.id);
    tickets?.delete(ticket);
    if (tickets?.size === 0) this.#tickets.delete(ticket.id);
  }

  /** The neuron has answered a read. */
  read(ticket: Ticket, record: Kv4Record | undefined, nowMs: number): void {
    this.#learn(ticket, { record, version: record?.version }, nowMs);
  }

  /** The neuron has acknowledged a write, or a deletion, which has no record. */
  wrote(ticket: Ticket, made: { readonly version: string; readonly record?: Kv4Record }, nowMs: number): void {
    this.#learn(ticket, { record: made.record, version: made.version }, nowMs);
  }

  /** Nothing is known of a key any more: a write's outcome is open, or the neuron knew better. */
  forget(id: string): void {
    this.#touch(id);
    this.#table.remove(id);
  }

  /** As {@link forget}, for all keys that are covered. */
  forgetAll(cover: WatchCover): void {
    for (const id of this.#tickets.keys()) if (covers(cover, id)) this.#touch(id);
    this.#table.removeWhere((id) => covers(cover, id));
  }

  /** The watch of a scope stands: what changes from now on is told. */
  stand(scope: number): void {
    this.#stateOf(scope).standing = true;
  }

  /** The watch of a scope has ended or begins anew: nothing is known any more. */
  fall(scope: number): void {
    const state = this.#stateOf(scope);
    if (state.standing) this.#flushes += 1;
    state.standing = false;
    state.epoch += 1;
    this.#table.removeWhere((_, answer) => answer.scope === scope);
  }

  /** The watch of a scope told something. */
  tell(scope: number, event: WatchEvent, nowMs: number): void {
    switch (event.type) {
      case 'put':
        return this.#changed(headId(event.record.address), { record: event.record, version: event.record.version }, nowMs);
      case 'delete':
        return this.#changed(headId(event.address), { record: undefined, version: event.version }, nowMs);
      case 'reset':
        return this.fall(scope);
      case 'end-of-initial':
        return this.stand(scope);
    }
  }

  #changed(id: string, change: Pick<Answer, 'record' | 'version'>, nowMs: number): void {
    this.#touch(id);
    const known = this.#table.peek(id);
    if (known === undefined) return;
    const newer = isNewer(change, known);
    if (newer === false) return;
    this.#invalidations += 1;
    if (newer === undefined) this.#table.remove(id);
    else this.#put({ id, scope: known.scope }, change, nowMs);
  }

  /** What else is under way for the key may have been answered before this, and come after it. */
  #learn(ticket: Ticket, answer: Pick<Answer, 'record' | 'version'>, nowMs: number): void {
    const isCurrent = !ticket.touched && this.#standing(ticket.scope)?.epoch === ticket.epoch;
    this.#touch(ticket.id);
    if (isCurrent) return this.#put(ticket, answer, nowMs);
    const known = this.#table.peek(ticket.id);
    if (known !== undefined && isNewer(answer, known) !== false) this.#table.remove(ticket.id);
  }

  #put({ id, scope }: Pick<Ticket, 'id' | 'scope'>, { record, version }: Pick<Answer, 'record' | 'version'>, atMs: number): void {
    if (record === undefined) return this.#table.put(id, { record, version, scope, atMs, characters: 0 });
    try {
      const characters = record.valueText.length + record.author.length + JSON.stringify(record.secondary).length;
      this.#table.put(id, { record: copyOf(record.address, record), version, scope, atMs, characters });
    } catch {
      // A value too deep to be written as text, which no neuron stores, is not kept.
      this.#table.remove(id);
    }
  }

  #touch(id: string): void {
    for (const ticket of this.#tickets.get(id) ?? []) ticket.touched = true;
  }

  #isValid({ atMs, record }: Answer, nowMs: number): boolean {
    // A clock that was put back says nothing of ages.
    if (nowMs < atMs || nowMs - atMs >= this.#maxAgeMs) return false;
    return record?.expiresAtMs === undefined || nowMs < record.expiresAtMs;
  }

  #standing(scope: number): ScopeState | undefined {
    const state = this.#stateOf(scope);
    return state.standing ? state : undefined;
  }

  #stateOf(scope: number): ScopeState {
    return this.#scopes[scope] as ScopeState;
  }
}

/** Whether something that is heard is later than what is known; `undefined`: of two where one has no version, nobody can say. */
function isNewer(heard: { readonly version: string | undefined }, known: { readonly version: string | undefined }): boolean | undefined {
  return heard.version === undefined || known.version === undefined ? undefined : heard.version > known.version;
}

function copyOf(address: KeyAddress, record: Kv4Record): Kv4Record {
  const { valueText, version, author, secondary, expiresAtMs, revision } = record;
  return recordFromText({ ...address }, valueText, { version, author, secondary: { ...secondary }, expiresAtMs, revision });
}
