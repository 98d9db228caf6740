import { foldWrite, versionFloor, type FoldResult } from './fold.ts';
import { uniteLeaves } from './fold-leaves.ts';
import { tailReaches } from './fold-tail.ts';
import { Kv4Error } from './errors.ts';
import type { FoldedOperation, Lane, LaneWrite, PendingOperation } from './group-commit-lane.ts';
import type { CommitBase, GroupCommitLimits, OperationOutcome } from './group-commit-types.ts';
import type { HeadDocument } from './head.ts';
import { nextVersion, type HybridClock } from './hybrid-clock.ts';

/** What a document's waiting operations come to. */
export type LanePlan =
  /** The document is to be stored; `rest` waits for the next round. */
  | { readonly type: 'write'; readonly write: LaneWrite; readonly rest: PendingOperation[] }
  /** Nothing is to be stored, and these outcomes are final. `rest` needs a head that is read anew. */
  | { readonly type: 'settle'; readonly folded: readonly FoldedOperation[]; readonly rest: PendingOperation[] }
  /** The tail is full. */
  | { readonly type: 'spill'; readonly head: HeadDocument };

/** What folding may use besides the document. */
export interface FoldContext {
  readonly neuron: string;
  readonly nowMs: number;
  readonly ticket: number;
  readonly limits: GroupCommitLimits;
}

/** The head that a write starts from: conflicting leaves united, versions that are in segments left out. */
export function startingHead(base: CommitBase, stored: ReadonlySet<string>): HeadDocument | undefined {
  const others = (base.leaves ?? []).flatMap((leaf) => (leaf.head === undefined ? [] : [leaf.head]));
  const united = base.head && (others.length > 0 ? uniteLeaves(base.head, others) : base.head);
  if (united?.tail === undefined || stored.size === 0) return united;
  const kept = united.tail.filter(([version]) => !stored.has(version));
  const { tail: _, ...rest } = united;
  return kept.length > 0 ? { ...rest, tail: kept } : rest;
}

/**
 * Folds the waiting operations of a document, in order, onto its base. Stops before an operation that would grow a full tail.
 * Answers with the plan and the clock after the versions it made.
 */
export function foldLane(lane: Lane, clock: HybridClock, context: FoldContext): { readonly plan: LanePlan; readonly clock: HybridClock } {
  const base = lane.base ?? {};
  let head = startingHead(base, lane.stored);
  let removed = false;
  let changed = (base.leaves ?? []).length > 0;
  let state = clock;
  const folded: FoldedOperation[] = [];
  let index = 0;
  for (; index < lane.waiting.length; index += 1) {
    const pending = lane.waiting[index] as PendingOperation;
    const step = foldOne({ lane, head, floor: base.floor, pending, clock: state, context });
    if (step.result !== undefined) {
      if (step.result.version !== undefined && tailReaches(head?.tail, context.limits.hardTail)) break;
      state = step.clock;
      head = step.result.head;
      removed = step.result.removed;
      changed = true;
      const { version } = step.result;
      folded.push({ pending, written: { ...(version === undefined ? {} : { version }), head, removed } });
      if (lane.single) {
        index += 1;
        break;
      }
    } else {
      folded.push({ pending, outcome: step.outcome });
    }
  }
  const rest = lane.waiting.slice(index);
  if (folded.length === 0 && head !== undefined && rest.length > 0) return { plan: { type: 'spill', head }, clock: state };
  if (!changed || head === undefined) return { plan: settlePlan(lane, folded, rest), clock: state };
  const write: LaneWrite = {
    folded,
    head,
    removed,
    text: documentText(head, base, removed),
    leaves: (base.leaves ?? []).map((leaf) => leaf.rev),
    over: base.head?._rev ?? base.rev,
    unguarded: base.head === undefined && base.rev === undefined && (base.floor === undefined || lane.retention !== 'none'),
    sentTicket: context.ticket,
  };
  return { plan: { type: 'write', write, rest }, clock: state };
}

/** Outcomes that rest on a base which was read before the operation came are not final: those operations wait for a new one. */
function settlePlan(lane: Lane, folded: readonly FoldedOperation[], rest: PendingOperation[]): LanePlan {
  const isFinal = (entry: FoldedOperation) => entry.pending.ticket <= lane.confirmedTicket || entry.outcome?.type === 'failed';
  const firstOpen = folded.findIndex((entry) => !isFinal(entry));
  if (firstOpen < 0) return { type: 'settle', folded, rest };
  return { type: 'settle', folded: folded.slice(0, firstOpen), rest: [...folded.slice(firstOpen).map((entry) => entry.pending), ...rest] };
}

interface Step {
  readonly lane: Lane;
  readonly head: HeadDocument | undefined;
  readonly floor: string | undefined;
  readonly pending: PendingOperation;
  readonly clock: HybridClock;
  readonly context: FoldContext;
}

type StepResult =
  | { readonly result: FoldResult & { readonly type: 'write' }; readonly clock: HybridClock; readonly outcome?: undefined }
  | { readonly result?: undefined; readonly clock: HybridClock; readonly outcome: OperationOutcome };

function foldOne(step: Step): StepResult {
  const { head, floor, context, lane } = step;
  const headFloor = versionFloor(head, context.nowMs);
  const above = floor !== undefined && (headFloor === undefined || floor > headFloor) ? floor : headFloor;
  try {
    const { state, version } = nextVersion(step.clock, context.nowMs, context.neuron, above);
    const stamp = { id: lane.id, version, nowMs: context.nowMs, retention: lane.retention, maxValueCharacters: context.limits.maxValueCharacters };
    const result = foldWrite(head, step.pending.operation, stamp);
    if (result.type === 'write') return { result, clock: state };
    return { clock: step.clock, outcome: result };
  } catch (cause) {
    // The only way here is a key whose version is the last there can be; one such key must not stop the others.
    const code = cause instanceof Kv4Error ? cause.code : 'KV4_REJECTED';
    return { clock: step.clock, outcome: { type: 'failed', code, message: 'no version can be made for the key', cause } };
  }
}

/** The JSON of a document: a removed one keeps its last version, so that a successor can stay above it. */
function documentText(head: HeadDocument, base: CommitBase, removed: boolean): string {
  const revision = base.head?._rev ?? base.rev;
  const { _rev: _, same: _same, tail, ...rest } = head;
  // What the database held already under this version is not news, whatever else changed.
  const mark = base.head?.ver === head.ver ? { same: true } : {};
  const identity = { ...rest, ...mark, ...(revision === undefined ? {} : { _rev: revision }) };
  if (removed) return JSON.stringify({ ...identity, _deleted: true });
  return JSON.stringify(tail === undefined ? identity : { ...identity, tail });
}
