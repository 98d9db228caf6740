import type { WriteOperation } from './fold.ts';
import type { HeadDocument } from './head.ts';
import type { Retention } from './retention.ts';
import type { CommitBase, OperationOutcome } from './group-commit-types.ts';

/** Where a document stands. A document nobody writes is `idle` and takes no memory. */
export type LaneState =
  | 'idle'
  /** Its head has to be read, and waits for a slot. */
  | 'load-queued'
  | 'loading'
  /** Its tail is full: the older part has to become a segment first. */
  | 'spill-queued'
  | 'spilling'
  /** Its head is known; it waits for room in a batch. */
  | 'write-queued'
  | 'writing'
  /** A write was lost sight of: it has to be read whether it happened. */
  | 'resolve-queued'
  | 'resolving'
  /** It was created over a deleted document: what its versions have to exceed has to be read. */
  | 'floor-queued'
  | 'flooring'
  | 'backing-off';

/** The states in which a document waits for a slot. */
export type QueuedState = LaneState & `${string}-queued`;

/** What can happen to a document. */
export type LaneEvent =
  | 'submitted'
  | 'cancelled'
  | 'granted'
  | 'loaded'
  | 'resolved'
  | 'spilled'
  | 'floored'
  | 'failed'
  | 'stored'
  | 'conflict'
  | 'rejected'
  | 'alone'
  | 'unavailable'
  | 'unknown'
  | 'due';

/** What is done about it. `impossible`: the driver answered what nobody asked. */
export type LaneMove =
  | 'open'
  | 'enqueue'
  | 'withdraw'
  | 'ignore'
  | 'start'
  | 'fold'
  | 'rebase'
  | 'judge'
  | 'trim'
  | 'fail'
  | 'inquire-again'
  | 'settle'
  | 'refold'
  | 'reject'
  | 'requeue-alone'
  | 'hold'
  | 'inquire'
  | 'weigh'
  | 'resume'
  | 'impossible';

const NOTHING_ASKED: Record<LaneEvent, LaneMove> = {
  submitted: 'enqueue',
  cancelled: 'withdraw',
  granted: 'impossible',
  loaded: 'impossible',
  resolved: 'impossible',
  spilled: 'impossible',
  floored: 'impossible',
  failed: 'impossible',
  stored: 'impossible',
  conflict: 'impossible',
  rejected: 'impossible',
  alone: 'impossible',
  unavailable: 'impossible',
  unknown: 'impossible',
  due: 'impossible',
};

/** What every event leads to in every state: each cell is a fact of SPEC.md, and has a test. */
export const LANE_MOVES: Record<LaneState, Record<LaneEvent, LaneMove>> = {
  idle: { ...NOTHING_ASKED, submitted: 'open', cancelled: 'ignore' },
  'load-queued': { ...NOTHING_ASKED, granted: 'start' },
  loading: { ...NOTHING_ASKED, loaded: 'rebase', failed: 'fail' },
  'spill-queued': { ...NOTHING_ASKED, granted: 'start' },
  spilling: { ...NOTHING_ASKED, spilled: 'trim', failed: 'fail' },
  'write-queued': { ...NOTHING_ASKED, granted: 'fold' },
  writing: {
    ...NOTHING_ASKED,
    stored: 'settle',
    conflict: 'refold',
    rejected: 'reject',
    alone: 'requeue-alone',
    unavailable: 'hold',
    unknown: 'inquire',
  },
  'resolve-queued': { ...NOTHING_ASKED, granted: 'start' },
  resolving: { ...NOTHING_ASKED, resolved: 'judge', failed: 'inquire-again' },
  'floor-queued': { ...NOTHING_ASKED, granted: 'start' },
  flooring: { ...NOTHING_ASKED, floored: 'weigh', failed: 'inquire-again' },
  'backing-off': { ...NOTHING_ASKED, due: 'resume' },
};

/** A write that was sent with an operation folded into it, and of which no answer came. */
export interface LostAttempt {
  /** A version that the write made: where it is found, the write was stored. */
  readonly version: string;
  /** The revision it was written over; `undefined`: none. */
  readonly over: string | undefined;
  /** As {@link LaneWrite.unguarded}. */
  readonly unguarded: boolean;
  /** What the operation came to if the write was stored. */
  readonly outcome: OperationOutcome;
}

/** An operation that waits or is on its way. */
export interface PendingOperation {
  readonly ticket: number;
  readonly operation: WriteOperation;
  readonly characters: number;
  /** Its writes of unknown outcome. */
  readonly lost: LostAttempt[];
}

/** An operation as it was folded into a document that is on its way. */
export interface FoldedOperation {
  readonly pending: PendingOperation;
  /** Present when the operation changed the head. */
  readonly written?: { readonly version?: string; readonly head: HeadDocument; readonly removed: boolean };
  /** Present when it did not: final once the document is stored. */
  readonly outcome?: OperationOutcome;
}

/** What one document's write consists of. */
export interface LaneWrite {
  readonly folded: readonly FoldedOperation[];
  readonly head: HeadDocument;
  readonly removed: boolean;
  readonly text: string;
  /** Losing leaves that the head unites. */
  readonly leaves: readonly string[];
  readonly over: string | undefined;
  /** Written as the first of its document, nothing known of one before: it may have come to stand on a deleted one. */
  readonly unguarded: boolean;
  /** Every operation submitted up to this ticket was there before the write left. */
  readonly sentTicket: number;
}

/** Everything a group commit knows of one document. */
export interface Lane {
  readonly id: string;
  retention: Retention;
  state: LaneState;
  waiting: PendingOperation[];
  base: CommitBase | undefined;
  /** The base was read, or confirmed by a write, after every operation up to this ticket was submitted. */
  confirmedTicket: number;
  /** Newest ticket when the read under way began. */
  readTicket: number;
  /** Versions that were moved into segments; the next fold drops them from the tail. */
  stored: Set<string>;
  write: LaneWrite | undefined;
  /** How `write` was stored, while it is not known yet whether its versions are above those of the document's earlier life. */
  created: { readonly rev: string; readonly durable: boolean } | undefined;
  /** The next answer tells whether a key that nothing was known of existed. */
  tellsPresence: boolean;
  conflicts: number;
  retries: number;
  /** Spills since the last write: a spill that does not shorten the tail must not repeat for ever. */
  spills: number;
  /** The head whose tail is to be spilled. */
  spillHead: HeadDocument | undefined;
  /** Travels in a batch of its own, because a batch with it was refused as a whole. */
  alone: boolean;
  /** One operation to a write, because a write of several was refused. */
  single: boolean;
  lastCause: unknown;
}

/** A document nobody knows anything of yet. */
export function openLane(id: string, retention: Retention, base: CommitBase | undefined): Lane {
  return {
    id,
    retention,
    state: base === undefined ? 'load-queued' : 'write-queued',
    waiting: [],
    base,
    confirmedTicket: -1,
    readTicket: -1,
    stored: new Set(),
    write: undefined,
    created: undefined,
    tellsPresence: false,
    conflicts: 0,
    retries: 0,
    spills: 0,
    spillHead: undefined,
    alone: false,
    single: false,
    lastCause: undefined,
  };
}
