import { foldLane } from './group-commit-fold.ts';
import { failure, jitteredDelayMs, judgeWaiting } from './group-commit-judgement.ts';
import { isSunken, PresenceEstimate, presumesAbsent, sunkenBase, tellsPresence } from './group-commit-presumption.ts';
import { LANE_MOVES, openLane, type Lane, type LaneEvent, type PendingOperation } from './group-commit-lane.ts';
import { Patience } from './group-commit-patience.ts';
import { LaneQueues } from './group-commit-queues.ts';
import { takeBack, takeBackLost } from './group-commit-take-back.ts';
import {
  DEFAULT_GROUP_COMMIT_LIMITS,
  type CommitBase,
  type DocumentAnswer,
  type GroupCommitAction,
  type GroupCommitEvent,
  type GroupCommitLimits,
  type GroupCommitMoment,
  type GroupCommitStats,
  type OperationOutcome,
} from './group-commit-types.ts';
import type { HeadDocument } from './head.ts';
import { INITIAL_HYBRID_CLOCK, type HybridClock } from './hybrid-clock.ts';
import type { Kv4ErrorCode } from './errors.ts';
import { generationOf } from './revision.ts';

/**
 * Collects writes and sends them in batches: a state machine without clock, randomness or I/O. The driver passes events to {@link GroupCommit.handle} and
 * carries out the actions it answers with; each action that asks for something is answered by exactly one event for each document.
 *
 * What it promises is in SPEC.md: at most one write of a document on its way, operations of a document in the order of their submission, refusals only on
 * a head that was read or confirmed after the operation came, and no operation settled as failed that may have been stored.
 */
export class GroupCommit {
  readonly #neuron: string;
  readonly #limits: GroupCommitLimits;
  readonly #lanes = new Map<string, Lane>();
  readonly #queues: LaneQueues;
  readonly #batches = new Map<number, readonly Lane[]>();
  readonly #counters = { batches: 0, documents: 0, operations: 0, conflicts: 0, refolds: 0, unknownOutcomes: 0, presumptions: 0, raises: 0 };
  readonly #presence: PresenceEstimate;
  readonly #patience = new Patience();
  #clock: HybridClock = INITIAL_HYBRID_CLOCK;
  #ticket = -1;
  #pending = 0;
  #pendingCharacters = 0;
  #actions: GroupCommitAction[] = [];
  #moment: GroupCommitMoment = { nowMs: 0, random: 0 };

  /** `neuron` names this writer in versions: 1–24 characters `a`–`z`, `0`–`9`. `presence`: what is believed at first of keys that nothing is known of. */
  constructor(neuron: string, limits: Partial<GroupCommitLimits> = {}, presence: PresenceEstimate = new PresenceEstimate()) {
    this.#presence = presence;
    this.#neuron = neuron;
    this.#limits = { ...DEFAULT_GROUP_COMMIT_LIMITS, ...limits };
    this.#queues = new LaneQueues(this.#limits);
  }

  /** Whether something is under way for a document; a base handed in with a submission is not looked at then. */
  isOpen(id: string): boolean {
    return this.#lanes.has(id);
  }

  /** Whether a document waits for room in a batch. */
  get hasWaiting(): boolean {
    return this.#queues.writes.size > 0;
  }

  /** Counters, and what is held now. */
  stats(): GroupCommitStats {
    return { ...this.#counters, pendingOperations: this.#pending, pendingCharacters: this.#pendingCharacters, openDocuments: this.#lanes.size };
  }

  /** Takes an event, or several that came together, and answers with what is to be done, in order. Throws `TypeError` for an answer nobody asked for. */
  handle(events: GroupCommitEvent | readonly GroupCommitEvent[], moment: GroupCommitMoment): readonly GroupCommitAction[] {
    this.#moment = moment;
    this.#actions = [];
    if ('type' in events) this.#dispatch(events);
    else for (const event of events) this.#dispatch(event);
    this.#pump();
    return this.#actions;
  }

  #dispatch(event: GroupCommitEvent): void {
    switch (event.type) {
      case 'submit':
        return this.#submit(event);
      case 'cancel':
        return this.#withdraw(event.id, event.ticket);
      case 'answered':
        return this.#answered(event.batch, event.answers, event.durable);
      case 'loaded': {
        const lane = this.#expect(event.id, 'loaded');
        this.#queues.endRead(lane);
        this.#learn(lane, event.base.head !== undefined || event.base.floor !== undefined);
        return this.#rebase(lane, event.base);
      }
      case 'resolved': {
        const lane = this.#expect(event.id, 'resolved');
        this.#queues.endRead(lane);
        return this.#judge(lane, event.base, event.found);
      }
      case 'spilled': {
        const lane = this.#expect(event.id, 'spilled');
        this.#queues.endRead(lane);
        for (const version of event.stored) lane.stored.add(version);
        if (event.stored.length > 0) return this.#queues.enter(lane, 'write-queued');
        // Nothing could be moved: the head is another by now.
        lane.base = undefined;
        return this.#requeue(lane);
      }
      case 'floored': {
        const lane = this.#expect(event.id, 'floored');
        this.#queues.endRead(lane);
        return this.#weigh(lane, event.floor);
      }
      case 'failed':
        return this.#readFailed(this.#expect(event.id, 'failed'), event.cause);
      case 'due':
        return this.#requeue(this.#expect(event.id, 'due'));
    }
  }

  /** The lane, once the table says that the event may come. */
  #expect(id: string, event: LaneEvent): Lane {
    const lane = this.#lanes.get(id);
    if (lane === undefined || LANE_MOVES[lane.state][event] === 'impossible') {
      throw new TypeError(`group commit: ${event} for a document that is ${lane?.state ?? 'idle'}`);
    }
    return lane;
  }

  #submit(event: GroupCommitEvent & { type: 'submit' }): void {
    const { ticket, id, operation, characters } = event;
    this.#ticket = Math.max(this.#ticket, ticket);
    if (this.#pending >= this.#limits.maxPendingOperations || this.#pendingCharacters + characters > this.#limits.maxPendingCharacters) {
      this.#actions.push({ type: 'settle', ticket, outcome: failure('KV4_BUSY', 'too many writes are waiting for the database') });
      return;
    }
    this.#counters.operations += 1;
    this.#pending += 1;
    this.#pendingCharacters += characters;
    const lane = this.#lanes.get(id) ?? this.#open(event);
    lane.waiting.push({ ticket, operation, characters, lost: [] });
  }

  #open({ id, operation, retention, base }: GroupCommitEvent & { type: 'submit' }): Lane {
    const presumed = base === undefined && presumesAbsent(operation, retention, this.#presence);
    const lane = openLane(id, retention, presumed ? {} : base);
    lane.tellsPresence = base === undefined && tellsPresence(operation);
    if (presumed) this.#counters.presumptions += 1;
    this.#lanes.set(id, lane);
    this.#queues.enter(lane, lane.state);
    return lane;
  }

  #learn(lane: Lane, existed: boolean): void {
    if (lane.tellsPresence) this.#presence.note(existed);
    lane.tellsPresence = false;
  }

  #withdraw(id: string, ticket: number): void {
    const lane = this.#lanes.get(id);
    if (lane === undefined) return;
    const waiting = lane.waiting.find((pending) => pending.ticket === ticket);
    // What is on its way cannot be called back; what may have been stored is still followed up for the sake of the others.
    if (waiting === undefined || waiting.lost.length > 0) return;
    lane.waiting = lane.waiting.filter((pending) => pending !== waiting);
    this.#release(waiting);
  }

  /** Goes on with a lane that has nothing on its way: read what is unknown, write what is known, forget what is done. */
  #requeue(lane: Lane): void {
    if (lane.created !== undefined) return this.#queues.enter(lane, 'floor-queued');
    if (lane.waiting.length === 0) {
      this.#lanes.delete(lane.id);
      return;
    }
    if (lane.waiting.some((pending) => pending.lost.length > 0)) return this.#queues.enter(lane, 'resolve-queued');
    this.#queues.enter(lane, lane.base === undefined ? 'load-queued' : 'write-queued');
  }

  #rebase(lane: Lane, base: CommitBase): void {
    lane.base = base;
    lane.confirmedTicket = lane.readTicket;
    this.#queues.enter(lane, 'write-queued');
  }

  #readFailed(lane: Lane, cause: unknown): void {
    const { state } = lane;
    this.#queues.endRead(lane);
    lane.lastCause = cause;
    if (state !== 'loading' && state !== 'spilling' && this.#patience.spend(lane.retries, this.#limits)) return this.#backOff(lane, lane.retries++);
    if (lane.created !== undefined) takeBackLost(lane);
    this.#failWaiting(lane, 'KV4_UNAVAILABLE', 'the database could not be read');
  }

  #failWaiting(lane: Lane, code: Kv4ErrorCode, message: string): void {
    const waiting = lane.waiting;
    lane.waiting = [];
    for (const pending of waiting) this.#settle(pending, failure(code, message, lane.lastCause));
    lane.base = undefined;
    this.#requeue(lane);
  }

  #backOff(lane: Lane, attempt: number, atLeastMs = 0): void {
    lane.state = 'backing-off';
    const delayMs = atLeastMs + jitteredDelayMs(attempt, this.#moment.random, this.#limits);
    this.#actions.push({ type: 'wait', id: lane.id, delayMs });
  }

  #judge(lane: Lane, base: CommitBase, found: readonly string[]): void {
    lane.retries = 0;
    const sunken = sunkenBase(base, lane.waiting.flatMap((pending) => pending.lost));
    if (sunken !== undefined) {
      this.#counters.raises += 1;
      return this.#rebase(lane, sunken);
    }
    const { settled, open } = judgeWaiting(lane.waiting, { base, found: new Set(found), retention: lane.retention });
    const head = settled.some(({ outcome }) => outcome.type === 'written') ? base.head : undefined;
    // What was read is told before the writes in it are acknowledged, as after an answer.
    if (head?._rev !== undefined) this.#actions.push({ type: 'committed', id: lane.id, head, rev: head._rev, removed: false, durable: false });
    for (const { pending, outcome } of settled) this.#settle(pending, outcome);
    lane.waiting = open;
    this.#rebase(lane, base);
  }

  #answered(batch: number, answers: ReadonlyMap<string, DocumentAnswer>, durable: boolean): void {
    const lanes = this.#batches.get(batch);
    if (lanes === undefined) throw new TypeError(`group commit: no batch ${batch} is on its way`);
    this.#batches.delete(batch);
    for (const lane of lanes) this.#answer(lane, answers.get(lane.id) ?? { type: 'unknown' }, durable);
  }

  #answer(lane: Lane, answer: DocumentAnswer, durable: boolean): void {
    this.#expect(lane.id, answer.type);
    switch (answer.type) {
      case 'stored':
        return this.#stored(lane, answer.rev, durable);
      case 'conflict':
        return this.#refold(lane);
      case 'rejected':
        return this.#rejected(lane, answer);
      case 'alone':
        lane.alone = true;
        takeBack(lane);
        return this.#queues.enter(lane, 'write-queued');
      case 'unavailable':
        return this.#unavailable(lane, answer);
      case 'unknown':
        return this.#lost(lane, answer.cause);
    }
  }

  #stored(lane: Lane, rev: string, durable: boolean): void {
    this.#patience.earn();
    const overDeleted = lane.write?.unguarded === true && generationOf(rev) > 1;
    this.#learn(lane, overDeleted);
    if (!overDeleted) return this.#settleStored(lane, rev, durable);
    lane.created = { rev, durable };
    this.#queues.enter(lane, 'floor-queued');
  }

  /** A creation that stands below the history of its key is made again above it, before anybody is told of it. */
  #weigh(lane: Lane, floor: string | undefined): void {
    const { rev, durable } = lane.created as NonNullable<Lane['created']>;
    const { head } = lane.write as NonNullable<Lane['write']>;
    lane.created = undefined;
    lane.retries = 0;
    if (floor === undefined || !isSunken(head, floor)) return this.#settleStored(lane, rev, durable);
    takeBackLost(lane);
    this.#counters.raises += 1;
    lane.base = { rev, floor };
    this.#queues.enter(lane, 'write-queued');
  }

  #settleStored(lane: Lane, rev: string, durable: boolean): void {
    const write = lane.write as NonNullable<Lane['write']>;
    const { folded, removed, leaves } = write;
    const head: HeadDocument = { ...write.head, _rev: rev };
    this.#actions.push({ type: 'committed', id: lane.id, head, rev, removed, durable });
    for (const { pending, written, outcome } of folded) {
      if (written === undefined) this.#settle(pending, outcome as OperationOutcome);
      else this.#settle(pending, { type: 'written', ...written, head: { ...written.head, _rev: rev }, durable });
    }
    if (leaves.length > 0) this.#actions.push({ type: 'drop-leaves', id: lane.id, revs: leaves });
    lane.write = undefined;
    lane.base = removed ? { floor: head.ver } : { head };
    lane.confirmedTicket = write.sentTicket;
    lane.stored.clear();
    lane.conflicts = 0;
    lane.retries = 0;
    lane.spills = 0;
    lane.alone = false;
    lane.single = false;
    this.#requeue(lane);
  }

  #refold(lane: Lane): void {
    const guarded = lane.confirmedTicket >= 0;
    takeBack(lane);
    this.#counters.conflicts += 1;
    this.#counters.refolds += 1;
    lane.base = undefined;
    lane.confirmedTicket = -1;
    lane.conflicts += 1;
    if (lane.conflicts > this.#limits.maxConflicts) {
      return this.#failWaiting(lane, 'KV4_BUSY', 'others write this key faster than it can be read');
    }
    // A stale cache is no contention: the first conflict on it is read at once.
    if (!guarded || lane.conflicts === 1) return this.#requeue(lane);
    this.#backOff(lane, lane.conflicts - 2);
  }

  #rejected(lane: Lane, answer: DocumentAnswer & { type: 'rejected' }): void {
    const folded = takeBack(lane);
    const writers = folded.filter((entry) => entry.written !== undefined);
    lane.base = undefined;
    lane.lastCause = answer.cause;
    if (writers.length > 1) lane.single = true;
    else this.#reject(lane, writers[0]?.pending, answer);
    this.#requeue(lane);
  }

  /** Without a writer it is the document itself (a repair) that the database will not have: everything that waits fails. */
  #reject(lane: Lane, writer: PendingOperation | undefined, answer: DocumentAnswer & { type: 'rejected' }): void {
    const concerned = writer === undefined ? lane.waiting : [writer];
    lane.waiting = lane.waiting.filter((pending) => !concerned.includes(pending));
    for (const pending of concerned) this.#settle(pending, failure(answer.code, answer.message, answer.cause));
  }

  #unavailable(lane: Lane, answer: DocumentAnswer & { type: 'unavailable' }): void {
    takeBack(lane);
    lane.lastCause = answer.cause;
    const isBusy = answer.retryAfterMs !== undefined;
    if (isBusy && this.#patience.spend(lane.retries, this.#limits)) return this.#backOff(lane, lane.retries++, answer.retryAfterMs);
    this.#failWaiting(lane, isBusy ? 'KV4_BUSY' : 'KV4_UNAVAILABLE', 'the database did not take the write');
  }

  #lost(lane: Lane, cause: unknown): void {
    takeBackLost(lane);
    this.#counters.unknownOutcomes += 1;
    lane.lastCause = cause;
    lane.base = undefined;
    lane.confirmedTicket = -1;
    this.#requeue(lane);
  }

  /** Nothing that may have been stored, or may still be, is said to have failed. */
  #settle(pending: PendingOperation, outcome: OperationOutcome): void {
    this.#release(pending);
    const unsure = outcome.type === 'failed' && pending.lost.some((attempt) => attempt.outcome.type === 'written');
    const told = unsure ? failure('KV4_OUTCOME_UNKNOWN', 'the write may or may not have happened', outcome.cause) : outcome;
    this.#actions.push({ type: 'settle', ticket: pending.ticket, outcome: told });
  }

  #release(pending: PendingOperation): void {
    this.#pending -= 1;
    this.#pendingCharacters -= pending.characters;
  }

  /** Grants slots to what is queued, oldest first, as long as there are any. */
  #pump(): void {
    // Folding first: it may queue any kind of read, and a read queues nothing by being started.
    this.#pumpBatches();
    this.#queues.grantReads(this.#ticket, this.#actions, (lane) => this.#lanes.delete(lane.id));
  }

  #pumpBatches(): void {
    const queue = this.#queues.writes;
    const room = Math.min(this.#moment.room ?? Number.POSITIVE_INFINITY, this.#limits.maxConcurrentBatches);
    while (queue.size > 0 && this.#batches.size < room) {
      const lanes = this.#fillBatch(queue);
      if (lanes.length === 0) continue;
      const batch = (this.#counters.batches += 1);
      this.#counters.documents += lanes.length;
      this.#batches.set(batch, lanes);
      this.#actions.push({ type: 'write', batch, documents: lanes.map((lane) => ({ id: lane.id, text: lane.write?.text ?? '' })) });
    }
  }

  /** Takes lanes from the queue until the batch is full. Always takes at least one, so that the queue comes to an end. */
  #fillBatch(queue: Set<Lane>): Lane[] {
    const lanes: Lane[] = [];
    let characters = 0;
    for (const lane of queue) {
      if (lanes.length >= this.#limits.maxBatchDocuments || (lane.alone && lanes.length > 0)) break;
      const folded = this.#fold(lane);
      const size = lane.write?.text.length ?? 0;
      if (folded && lanes.length > 0 && characters + size > this.#limits.maxBatchCharacters) {
        // Stays at the head of the queue for the next batch.
        takeBack(lane);
        break;
      }
      queue.delete(lane);
      if (!folded) continue;
      lanes.push(lane);
      lane.state = 'writing';
      characters += size;
      if (lane.alone) break;
    }
    return lanes;
  }

  /** Folds a lane's operations; answers whether there is a document to send. */
  #fold(lane: Lane): boolean {
    const context = { neuron: this.#neuron, nowMs: this.#moment.nowMs, ticket: this.#ticket, limits: this.#limits };
    const { plan, clock } = foldLane(lane, this.#clock, context);
    this.#clock = clock;
    switch (plan.type) {
      case 'write':
        lane.write = plan.write;
        lane.waiting = plan.rest;
        return true;
      case 'settle':
        for (const { pending, outcome } of plan.folded) this.#settle(pending, outcome as OperationOutcome);
        lane.waiting = plan.rest;
        lane.base = undefined;
        this.#requeue(lane);
        return false;
      case 'spill':
        this.#spill(lane, plan.head);
        return false;
    }
  }

  #spill(lane: Lane, head: HeadDocument): void {
    lane.spills += 1;
    if (lane.spills > this.#limits.maxRetries) return this.#failWaiting(lane, 'KV4_BUSY', 'the history of this key cannot be moved out of its head');
    lane.spillHead = head;
    this.#queues.enter(lane, 'spill-queued');
  }
}
