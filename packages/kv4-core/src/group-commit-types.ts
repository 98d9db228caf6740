import type { Kv4ErrorCode } from './errors.ts';
import type { WriteOperation } from './fold.ts';
import type { HeadDocument } from './head.ts';
import type { Retention } from './retention.ts';
import type { TailLimits } from './fold-tail.ts';

/** A leaf of a head's revision tree that lost against the one CouchDB shows. */
export interface LosingLeaf {
  readonly rev: string;
  /** Absent: the leaf is not a head that can be read; it is deleted all the same. */
  readonly head?: HeadDocument;
}

/** What is known of a head document before it is written. All fields absent: there is no document. */
export interface CommitBase {
  readonly head?: HeadDocument;
  /** The revision to write over where `head` is absent: a document that is not a head. */
  readonly rev?: string;
  /** The last version of a document that was deleted for good: new versions stay above it. */
  readonly floor?: string;
  /** Leaves in conflict with `head`; the next write unites them. */
  readonly leaves?: readonly LosingLeaf[];
}

/** How the database answered for one document of a batch. */
export type DocumentAnswer =
  | { readonly type: 'stored'; readonly rev: string }
  /** Another revision stands. */
  | { readonly type: 'conflict' }
  /** The database refuses this document (validation, size, permission): it is not stored. */
  | { readonly type: 'rejected'; readonly code: Kv4ErrorCode; readonly message: string; readonly cause?: unknown }
  /** The batch was refused as a whole; each of its documents is to be tried alone. */
  | { readonly type: 'alone' }
  /** The database could not be reached or asks to wait, and certainly did not store the document. */
  | { readonly type: 'unavailable'; readonly retryAfterMs?: number; readonly cause?: unknown }
  /** It may or may not be stored. */
  | { readonly type: 'unknown'; readonly cause?: unknown };

/** What happens to a group commit. Tickets are numbers that grow with each submission. */
export type GroupCommitEvent =
  | {
      readonly type: 'submit';
      readonly ticket: number;
      readonly id: string;
      readonly operation: WriteOperation;
      readonly retention: Retention;
      /** Size of the operation for the queue's limit, in characters. */
      readonly characters: number;
      /** What a cache knows of the document; used when nothing is under way for the id. Absent: it is read first, or presumed not to be there. */
      readonly base?: CommitBase;
    }
  | { readonly type: 'cancel'; readonly ticket: number; readonly id: string }
  /** Answers `load`. */
  | { readonly type: 'loaded'; readonly id: string; readonly base: CommitBase }
  /** Answers `resolve`; `found`: those of the versions asked for that are in segments. */
  | { readonly type: 'resolved'; readonly id: string; readonly base: CommitBase; readonly found: readonly string[] }
  /** Answers `spill`: these versions are in segments now. */
  | { readonly type: 'spilled'; readonly id: string; readonly stored: readonly string[] }
  /** Answers `floor`: the newest version in the key's segments. */
  | { readonly type: 'floored'; readonly id: string; readonly floor?: string }
  /** Answers `load`, `resolve`, `spill` or `floor` when it failed. */
  | { readonly type: 'failed'; readonly id: string; readonly cause: unknown }
  /** Answers `write`. `durable` is false when the database accepted the batch below its quorum. */
  | { readonly type: 'answered'; readonly batch: number; readonly answers: ReadonlyMap<string, DocumentAnswer>; readonly durable: boolean }
  /** Answers `wait`. */
  | { readonly type: 'due'; readonly id: string };

/** What the outside world tells a group commit along with an event. */
export interface GroupCommitMoment {
  /** Wall-clock time in milliseconds since 1970 UTC. */
  readonly nowMs: number;
  /** A number in `[0, 1)`, for jitter. */
  readonly random: number;
  /** Batches that may be on their way at this moment, if fewer than {@link GroupCommitLimits.maxConcurrentBatches}; what waits is granted a slot with a later event. */
  readonly room?: number;
}

/** What became of a submitted operation. */
export type OperationOutcome =
  | {
      readonly type: 'written';
      /** The operation's version; absent for upkeep without one. */
      readonly version?: string;
      /** The head as this operation left it; `_rev` is absent when later operations stored over it and it was found by reading. */
      readonly head: HeadDocument;
      /** The document was deleted for good. */
      readonly removed: boolean;
      readonly durable: boolean;
    }
  | { readonly type: 'nothing' }
  | { readonly type: 'refused'; readonly code: Kv4ErrorCode; readonly currentVersion?: string }
  | { readonly type: 'failed'; readonly code: Kv4ErrorCode; readonly message: string; readonly cause?: unknown };

/** One document of a batch. */
export interface BatchDocument {
  readonly id: string;
  /** The document as JSON. */
  readonly text: string;
}

/** What the driver of a group commit has to do. */
export type GroupCommitAction =
  | { readonly type: 'load'; readonly ids: readonly string[] }
  /** Read the head, and which of the versions are in segments; with `floor` the base has to name the newest version in segments when there is a head of a later generation than the first. */
  | { readonly type: 'resolve'; readonly id: string; readonly versions: readonly string[]; readonly floor: boolean }
  /** The head was created over a deleted document: read the newest version in the key's segments. */
  | { readonly type: 'floor'; readonly id: string }
  /** Move the older part of the head's tail into a segment; the head itself is not touched. */
  | { readonly type: 'spill'; readonly id: string; readonly head: HeadDocument }
  | { readonly type: 'write'; readonly batch: number; readonly documents: readonly BatchDocument[] }
  | { readonly type: 'wait'; readonly id: string; readonly delayMs: number }
  | { readonly type: 'settle'; readonly ticket: number; readonly outcome: OperationOutcome }
  /** A document was stored; a cache may take it over. */
  | { readonly type: 'committed'; readonly id: string; readonly head: HeadDocument; readonly rev: string; readonly removed: boolean; readonly durable: boolean }
  /** Conflicting leaves are united in the stored head: delete these. */
  | { readonly type: 'drop-leaves'; readonly id: string; readonly revs: readonly string[] };

/** Bounds of a group commit. */
export interface GroupCommitLimits {
  /** Batches on their way at once. */
  readonly maxConcurrentBatches: number;
  /** Loads on their way at once (each for many documents), and as many single reads and spills. */
  readonly maxConcurrentLoads: number;
  /** Documents in a batch. */
  readonly maxBatchDocuments: number;
  /** Characters of JSON in a batch; a single larger document travels alone. */
  readonly maxBatchCharacters: number;
  /** Operations that wait or are on their way; more are refused with `KV4_BUSY`. */
  readonly maxPendingOperations: number;
  /** Characters of values that wait or are on their way; more are refused with `KV4_BUSY`. */
  readonly maxPendingCharacters: number;
  /** Conflicts in a row, on one document, until its operations fail with `KV4_BUSY`. */
  readonly maxConflicts: number;
  /** Failed attempts in a row to learn an unknown outcome, or to get through to a busy database. */
  readonly maxRetries: number;
  /** Shortest back-off, in milliseconds; doubles with each attempt. */
  readonly backoffBaseMs: number;
  /** Longest back-off, in milliseconds. */
  readonly backoffMaxMs: number;
  /** A tail that has reached this is spilled before it is written to again. */
  readonly hardTail: TailLimits;
  /** Longest value a merge may make, in characters of JSON. */
  readonly maxValueCharacters: number;
}

/** Default bounds of a group commit. Two batches let short ones pass a slow one (see `CommitPace`); with more, writers share fewer batches. */
export const DEFAULT_GROUP_COMMIT_LIMITS: GroupCommitLimits = Object.freeze({
  maxConcurrentBatches: 2,
  maxConcurrentLoads: 2,
  maxBatchDocuments: 500,
  maxBatchCharacters: 4_194_304,
  maxPendingOperations: 10_000,
  maxPendingCharacters: 67_108_864,
  maxConflicts: 32,
  maxRetries: 6,
  backoffBaseMs: 5,
  backoffMaxMs: 2_000,
  hardTail: { versions: 64, characters: 262_144 },
  maxValueCharacters: 1_048_576,
});

/** Counters of a group commit since it was made, and what it holds now. */
export interface GroupCommitStats {
  readonly pendingOperations: number;
  readonly pendingCharacters: number;
  readonly openDocuments: number;
  readonly batches: number;
  readonly documents: number;
  readonly operations: number;
  readonly conflicts: number;
  readonly refolds: number;
  readonly unknownOutcomes: number;
  /** Documents that were written at once, presumed not to be there. */
  readonly presumptions: number;
  /** Creations that stood below the history of their key, and were made again above it. */
  readonly raises: number;
}
