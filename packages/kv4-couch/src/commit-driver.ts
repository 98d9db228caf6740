import type { Clock, CouchDatabase, Random, Timer } from '@xir/couch-client';
import {
  CommitPace,
  generationOf,
  GroupCommit,
  Kv4Error,
  retentionOf,
  type BatchDocument,
  type CommitBase,
  type DocumentAnswer,
  type GroupCommitAction,
  type GroupCommitEvent,
  type GroupCommitLimits,
  type GroupCommitStats,
  type HeadDocument,
  type LayerRetention,
  type OperationOutcome,
  type WriteOperation,
} from '@xir/kv4-core';
import { answerOfFailure, answerOfRow } from './database-errors.ts';
import { commitBaseOf, type HeadRead } from './head-read.ts';
import type { HeadReader } from './head-reader.ts';
import { findInSegments, segmentBelow } from './segments.ts';
import { addressOfHead, writeNextSegment, type SpillLimits } from './spill.ts';

/** A document that this store has written. */
export interface CommittedHead {
  readonly id: string;
  /** The head as stored, with its `_rev`. */
  readonly head: HeadDocument;
  readonly rev: string;
  /** The document is deleted; `head` holds its last version. */
  readonly removed: boolean;
  readonly durable: boolean;
}

/** What a cache may do for writes, and learn from them. What they throw is counted, and holds up no write. */
export interface CommitHooks {
  /** What is known of a head: spares the read before the write. It may be outdated; a wrong one costs a round trip, never correctness. */
  readonly baseHead?: (id: string) => CommitBase | undefined;
  /** Called once for each document stored, before the writes it carries are acknowledged. */
  readonly onCommitted?: (committed: CommittedHead) => void;
}

/** What a {@link CommitDriver} works with. */
export interface CommitDriverOptions {
  readonly database: CouchDatabase;
  readonly reader: HeadReader;
  readonly neuron: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly layers: LayerRetention;
  readonly limits: Partial<GroupCommitLimits>;
  readonly spill: SpillLimits;
  readonly hooks: CommitHooks;
  readonly signal: AbortSignal;
  /** Counts work that failed without anybody waiting for it. */
  readonly onBackgroundError: (error: unknown) => void;
  readonly onCommitted: (committed: CommittedHead) => void;
}

/** Heads in one read of documents in doubt: each may be large. */
const RESOLVED_TOGETHER = 100;

type ResolveAction = GroupCommitAction & { readonly type: 'resolve' };

/** Carries out what the pure {@link GroupCommit} decides: requests, timers and promises, and no decision of its own. */
export class CommitDriver {
  readonly #options: CommitDriverOptions;
  readonly #machine: GroupCommit;
  readonly #callers = new Map<number, (outcome: OperationOutcome) => void>();
  readonly #timers = new Map<string, Timer>();
  readonly #background = new Set<Promise<void>>();
  readonly #pace = new CommitPace();
  /** Operations of this turn of the event loop: they leave together. */
  #arrived: GroupCommitEvent[] = [];
  #turnIsDue = false;
  #lookTimer: Timer | undefined;
  #slowTimer: Timer | undefined;
  #ticket = 0;
  #spills = 0;
  #closed = false;
  #toResolve: ResolveAction[] = [];

  constructor(options: CommitDriverOptions) {
    this.#options = options;
    this.#machine = new GroupCommit(options.neuron, options.limits);
  }

  /** Segments written because a tail had reached its hard limit. */
  get spills(): number {
    return this.#spills;
  }

  stats(): GroupCommitStats {
    return this.#machine.stats();
  }

  /**
   * Submits an operation on a head. Resolves to what became of it; rejects only with the reason of `signal`, after which the operation may or may not be carried out.
   */
  submit(id: string, operation: WriteOperation, settings: { readonly signal?: AbortSignal | undefined; readonly characters: number; readonly base?: CommitBase | undefined }): Promise<OperationOutcome> {
    if (this.#closed) return Promise.resolve(closedOutcome());
    const { signal, characters } = settings;
    signal?.throwIfAborted();
    const ticket = (this.#ticket += 1);
    const base = this.#machine.isOpen(id) ? undefined : (settings.base ?? this.#baseFromCache(id));
    const retention = retentionOf(addressOfHead(id).layer, this.#options.layers);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#callers.delete(ticket);
        reject(signal?.reason as Error);
        this.#handle(undefined, { type: 'cancel', ticket, id });
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#callers.set(ticket, (outcome) => {
        signal?.removeEventListener('abort', abort);
        resolve(outcome);
      });
      this.#arrive({ type: 'submit', ticket, id, operation, retention, characters, ...(base === undefined ? {} : { base }) });
    });
  }

  /** Resolves when the requests that nobody waits for are answered. */
  async idle(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** Ends every operation under way with `KV4_CLOSED`. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#lookTimer?.cancel();
    this.#slowTimer?.cancel();
    const callers = [...this.#callers.values()];
    this.#callers.clear();
    for (const settle of callers) settle(closedOutcome());
  }

  #arrive(event: GroupCommitEvent): void {
    this.#arrived.push(event);
    this.#pace.arrived(this.#options.clock.monotonic());
    this.#dueTurn();
  }

  /** Whatever the sockets deliver in this turn of the event loop shares a batch; alone, an operation waits for nothing else. */
  #dueTurn(): void {
    if (this.#turnIsDue) return;
    this.#turnIsDue = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnIsDue = false;
    const patienceMs = this.#pace.patienceMs(this.#callers.size, this.#options.clock.monotonic());
    this.#handle(patienceMs > 0 ? 0 : undefined);
    if (patienceMs > 0) this.#lookAgain(patienceMs);
  };

  /** Looks again in a while at what waits. */
  #lookAgain(inMs: number): void {
    this.#lookTimer ??= this.#options.clock.schedule(inMs, () => {
      this.#lookTimer = undefined;
      if (!this.#closed) this.#turn();
    });
  }

  /** Passes on what arrived, and then the event. `room`: how many batches may be on their way, where that is not left to the pace. */
  #handle(room: number | undefined, event?: GroupCommitEvent): void {
    if (this.#closed) return;
    const { clock, random } = this.#options;
    const together = this.#arrived;
    this.#arrived = [];
    if (event !== undefined) together.push(event);
    const nowMs = clock.monotonic();
    const moment = { nowMs: clock.now(), random: random(), room: room ?? this.#pace.room(nowMs) };
    for (const action of this.#machine.handle(together, moment)) this.#carryOut(action);
    if (this.#machine.hasWaiting && room !== 0) this.#watchSlow(nowMs);
  }

  /** While documents wait behind a batch on its way: looks again when that batch counts as slow. */
  #watchSlow(nowMs: number): void {
    const inMs = this.#pace.roomInMs(nowMs);
    if (inMs === undefined || this.#slowTimer !== undefined) return;
    this.#slowTimer = this.#options.clock.schedule(inMs, () => {
      this.#slowTimer = undefined;
      this.#handle(undefined);
    });
  }

  #carryOut(action: GroupCommitAction): void {
    switch (action.type) {
      case 'load':
        return void this.#load(action.ids);
      case 'resolve':
        return this.#resolveSoon(action);
      case 'floor':
        return void this.#floor(action.id);
      case 'spill':
        return void this.#spill(action.id, action.head);
      case 'write':
        this.#pace.sent(action.batch, this.#options.clock.monotonic());
        return void this.#write(action.batch, action.documents);
      case 'wait':
        return this.#wait(action.id, action.delayMs);
      case 'settle': {
        const settle = this.#callers.get(action.ticket);
        this.#callers.delete(action.ticket);
        return settle?.(action.outcome);
      }
      case 'committed': {
        const { id, head, rev, removed, durable } = action;
        this.#options.onCommitted({ id, head, rev, removed, durable });
        return this.#tellCache({ id, head, rev, removed, durable });
      }
      case 'drop-leaves': {
        const work = this.#dropLeaves(action.id, action.revs).finally(() => this.#background.delete(work));
        this.#background.add(work);
        return undefined;
      }
    }
  }

  /** A cache that fails must not hold up a write: without its word the head is read. */
  #baseFromCache(id: string): CommitBase | undefined {
    try {
      return this.#options.hooks.baseHead?.(id);
    } catch (error) {
      this.#options.onBackgroundError(error);
      return undefined;
    }
  }

  #tellCache(committed: CommittedHead): void {
    try {
      this.#options.hooks.onCommitted?.(committed);
    } catch (error) {
      this.#options.onBackgroundError(error);
    }
  }

  async #load(ids: readonly string[]): Promise<void> {
    let reads: Map<string, HeadRead>;
    try {
      reads = await this.#options.reader.readMany(ids);
    } catch (cause) {
      for (const id of ids) this.#handle(undefined, { type: 'failed', id, cause });
      return;
    }
    for (const id of ids) {
      const read = reads.get(id) ?? { id, state: 'missing', conflicts: [] };
      if (read.state === 'deleted' && read.floor === undefined) void this.#loadFloor(id);
      else this.#handle(undefined, { type: 'loaded', id, base: commitBaseOf(read) });
    }
  }

  /** A stranger's deletion carries no version: the newest segment tells what a new version has to exceed. */
  async #loadFloor(id: string): Promise<void> {
    try {
      this.#handle(undefined, { type: 'loaded', id, base: await this.#newestInSegments(id) });
    } catch (cause) {
      this.#handle(undefined, { type: 'failed', id, cause });
    }
  }

  async #floor(id: string): Promise<void> {
    try {
      this.#handle(undefined, { type: 'floored', id, ...(await this.#newestInSegments(id)) });
    } catch (cause) {
      this.#handle(undefined, { type: 'failed', id, cause });
    }
  }

  async #newestInSegments(id: string): Promise<{ floor?: string }> {
    const newest = await segmentBelow(this.#options.database, addressOfHead(id), undefined, this.#options.signal);
    return newest === undefined ? {} : { floor: newest.to };
  }

  /** What is to be resolved in one go is read in one go. */
  #resolveSoon(action: ResolveAction): void {
    this.#toResolve.push(action);
    if (this.#toResolve.length > 1) return;
    queueMicrotask(() => {
      const actions = this.#toResolve;
      this.#toResolve = [];
      for (let from = 0; from < actions.length; from += RESOLVED_TOGETHER) {
        const together = actions.slice(from, from + RESOLVED_TOGETHER);
        const reads = this.#options.reader.readMany(together.map(({ id }) => id));
        for (const each of together) void this.#resolve(each, reads);
      }
    });
  }

  async #resolve({ id, versions, floor }: ResolveAction, reads: Promise<ReadonlyMap<string, HeadRead>>): Promise<void> {
    const { database, signal } = this.#options;
    try {
      const read = (await reads).get(id) ?? { id, state: 'missing' as const, conflicts: [] };
      const inHead = new Set([read.head?.ver, ...(read.head?.tail ?? []).map(([version]) => version)]);
      const elsewhere = versions.filter((version) => !inHead.has(version));
      const found = await findInSegments(database, addressOfHead(id), elsewhere, signal);
      const beneath = floor && read.head !== undefined && generationOf(read.rev ?? '') > 1 ? await this.#newestInSegments(id) : {};
      this.#handle(undefined, { type: 'resolved', id, base: { ...commitBaseOf(read), ...beneath }, found });
    } catch (cause) {
      this.#handle(undefined, { type: 'failed', id, cause });
    }
  }

  async #spill(id: string, head: HeadDocument): Promise<void> {
    try {
      const stored = await writeNextSegment(this.#options.database, head, this.#options.spill);
      this.#spills += 1;
      this.#handle(undefined, { type: 'spilled', id, stored });
    } catch (cause) {
      this.#handle(undefined, { type: 'failed', id, cause });
    }
  }

  async #write(batch: number, documents: readonly BatchDocument[]): Promise<void> {
    const answers = new Map<string, DocumentAnswer>();
    let durable = true;
    try {
      const { status, body } = await this.#options.database.json<unknown>({
        method: 'POST',
        path: '/_bulk_docs',
        body: `{"docs":[${documents.map((document) => document.text).join(',')}]}`,
        signal: this.#options.signal,
      });
      durable = status !== 202;
      for (const row of Array.isArray(body) ? (body as { id?: unknown }[]) : []) {
        if (typeof row?.id === 'string') answers.set(row.id, answerOfRow(row));
      }
    } catch (cause) {
      const answer = answerOfFailure(cause, documents.length);
      for (const { id } of documents) answers.set(id, answer);
    }
    this.#pace.answered(batch, this.#callers.size, this.#options.clock.monotonic());
    // The writers are told first; then it is weighed whether what waits goes on waiting for them.
    this.#handle(0, { type: 'answered', batch, answers, durable });
    if (this.#machine.hasWaiting) this.#dueTurn();
  }

  #wait(id: string, delayMs: number): void {
    const timer = this.#options.clock.schedule(delayMs, () => {
      this.#timers.delete(id);
      this.#handle(undefined, { type: 'due', id });
    });
    this.#timers.set(id, timer);
  }

  /** The leaves' versions are in the stored head; a leaf that somebody has written to since stays, and is repaired next time. */
  async #dropLeaves(id: string, revs: readonly string[]): Promise<void> {
    try {
      const docs = revs.map((rev) => ({ _id: id, _rev: rev, _deleted: true }));
      await this.#options.database.json({ method: 'POST', path: '/_bulk_docs', body: { docs }, signal: this.#options.signal });
    } catch (error) {
      this.#options.onBackgroundError(error);
    }
  }
}

function closedOutcome(): OperationOutcome {
  return { type: 'failed', code: 'KV4_CLOSED', message: 'the store is closed' };
}

/** What a submitted operation came to: the outcome of a success, or the error that the caller is to see. */
export function settledOutcome(outcome: OperationOutcome): OperationOutcome & { readonly type: 'written' | 'nothing' } {
  if (outcome.type === 'written' || outcome.type === 'nothing') return outcome;
  if (outcome.type === 'failed') throw new Kv4Error(outcome.code, outcome.message, { cause: outcome.cause });
  const current = outcome.currentVersion === undefined ? {} : { currentVersion: outcome.currentVersion };
  throw new Kv4Error(outcome.code, REFUSALS[outcome.code] ?? 'the condition of the write does not hold', current);
}

const REFUSALS: Readonly<Record<string, string>> = {
  KV4_ALREADY_EXISTS: 'the key exists already',
  KV4_NOT_FOUND: 'there is no such key',
  KV4_VERSION_CONFLICT: 'another version stands',
  KV4_VERSION_MISSING: 'the key exists, and the write names no version',
  KV4_VALUE_TOO_LARGE: 'the merged value is too large',
};
