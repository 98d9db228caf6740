import type { LostAttempt, PendingOperation } from './group-commit-lane.ts';
import type { CommitBase, OperationOutcome } from './group-commit-types.ts';
import type { Kv4ErrorCode } from './errors.ts';
import type { HeadDocument } from './head.ts';
import type { Retention } from './retention.ts';

/** What a look at the database showed after writes were lost sight of. */
export interface Evidence {
  readonly base: CommitBase;
  /** Versions that are in segments. */
  readonly found: ReadonlySet<string>;
  readonly retention: Retention;
}

/**
 * Decides whether an operation whose writes were lost sight of has been stored. It has when one of its versions is the head's, in a tail or in a segment.
 * It has not when the document is what it was, when no version above it exists, or when a history that would hold it does not.
 * Otherwise a short retention has swallowed the evidence, and the outcome stays unknown.
 */
function judgeLost(lost: readonly LostAttempt[], evidence: Evidence): 'not-stored' | OperationOutcome {
  if (lost.length === 0) return 'not-stored';
  const heads = headsOf(evidence.base);
  for (const attempt of lost) {
    if (isStored(attempt.version, heads, evidence)) return storedOutcome(attempt, evidence.base.head);
  }
  if (lost.every((attempt) => isExcluded(attempt, heads, evidence))) return 'not-stored';
  return failure('KV4_OUTCOME_UNKNOWN', 'the write may or may not have happened, and its layer keeps no history to tell');
}

/** Those of the operations that have been stored, or of which it cannot be told, and those that are still to be carried out. */
export function judgeWaiting(
  waiting: readonly PendingOperation[],
  evidence: Evidence,
): { readonly settled: readonly { readonly pending: PendingOperation; readonly outcome: OperationOutcome }[]; readonly open: PendingOperation[] } {
  const settled: { pending: PendingOperation; outcome: OperationOutcome }[] = [];
  // A write that has not happened may still do so: its attempts are remembered until the operation is settled.
  const open = waiting.filter((pending) => {
    const judgement = judgeLost(pending.lost, evidence);
    if (judgement !== 'not-stored') settled.push({ pending, outcome: judgement });
    return judgement === 'not-stored';
  });
  return { settled, open };
}

function headsOf(base: CommitBase): readonly HeadDocument[] {
  const others = (base.leaves ?? []).flatMap((leaf) => (leaf.head === undefined ? [] : [leaf.head]));
  return base.head === undefined ? others : [base.head, ...others];
}

function isStored(version: string, heads: readonly HeadDocument[], evidence: Evidence): boolean {
  if (evidence.found.has(version) || evidence.base.floor === version) return true;
  return heads.some((head) => head.ver === version || (head.tail ?? []).some(([earlier]) => earlier === version));
}

/** The revision is known only while the version is the current one. */
function storedOutcome({ outcome, version }: LostAttempt, head: HeadDocument | undefined): OperationOutcome {
  if (outcome.type !== 'written' || outcome.version !== version || head?.ver !== version || head._rev === undefined) return outcome;
  return { ...outcome, head: { ...outcome.head, _rev: head._rev } };
}

function isExcluded(attempt: LostAttempt, heads: readonly HeadDocument[], evidence: Evidence): boolean {
  if (evidence.retention === 'unlimited') return true;
  const revision = evidence.base.head?._rev ?? evidence.base.rev;
  if (revision === attempt.over && (revision !== undefined || evidence.base.floor === undefined)) return true;
  const floor = evidence.base.floor;
  if (heads.length === 0) return floor === undefined || floor < attempt.version;
  // Versions grow along revisions, and a tail has no gaps: one that reaches below the version would hold it.
  return heads.every((head) => head.ver < attempt.version || (head.tail ?? []).some(([earlier]) => earlier < attempt.version));
}

/** Full jitter: between nothing and the doubled base, capped. Pure. */
export function jitteredDelayMs(attempt: number, random: number, limits: { readonly backoffBaseMs: number; readonly backoffMaxMs: number }): number {
  const ceiling = Math.min(limits.backoffMaxMs, limits.backoffBaseMs * 2 ** Math.min(attempt + 1, 30));
  return Math.ceil(random * ceiling);
}

/** The outcome of an operation that did not succeed. */
export function failure(code: Kv4ErrorCode, message: string, cause?: unknown): OperationOutcome {
  return { type: 'failed', code, message, ...(cause === undefined ? {} : { cause }) };
}
