import type { WriteOperation } from './fold.ts';
import type { LostAttempt } from './group-commit-lane.ts';
import type { CommitBase } from './group-commit-types.ts';
import type { HeadDocument } from './head.ts';
import type { Retention } from './retention.ts';

/** How much one outcome weighs against those before it. */
const WEIGHT = 1 / 16;
/** From here on reading first is the cheaper way: a wrong presumption costs a write and a read, a right one spares a read. */
const READ_FIRST = 0.5;

/** How often, lately, a key that nothing was known of turned out to exist: a number that forgets. */
export class PresenceEstimate {
  #share: number;

  /** `share`: the belief to begin with, from 0 (none exists) to 1. */
  constructor(share = 0) {
    this.#share = share;
  }

  /** Whether a key that nothing is known of probably exists. */
  get likely(): boolean {
    return this.#share >= READ_FIRST;
  }

  /** Learns of one key; a deleted one counts as existing, since writing over it takes a second look as well. */
  note(existed: boolean): void {
    this.#share += WEIGHT * ((existed ? 1 : 0) - this.#share);
  }
}

/** Whether what becomes of this operation's first request tells something of keys nobody knows: those that demand nothing of the key. */
export function tellsPresence(operation: WriteOperation): boolean {
  return operation.type === 'put' && operation.condition.type === 'any';
}

/**
 * Whether a write of a key that nothing is known of leaves at once, as if there were no document: the database refuses it when there is one. Never where deletions
 * leave no history: nothing would tell what the new version has to exceed once the deleted document is written over.
 */
export function presumesAbsent(operation: WriteOperation, retention: Retention, presence: PresenceEstimate): boolean {
  if (operation.type !== 'put' || retention === 'none') return false;
  const { condition } = operation;
  switch (condition.type) {
    case 'absent':
      return true;
    case 'locked':
      return condition.version === undefined;
    case 'any':
      return !presence.likely;
    case 'present':
    case 'version':
      return false;
  }
}

/** Whether a head that was created stands below the history of its key. `floor`: the newest version in segments; one of the head's own is there because somebody has begun to move them. */
export function isSunken(head: HeadDocument, floor: string | undefined): boolean {
  if (floor === undefined) return false;
  const versions = [head.ver, ...(head.tail ?? []).map(([version]) => version)];
  return floor >= (versions.at(-1) as string) && !versions.includes(floor);
}

/**
 * What to write over when a creation of unknown outcome has been stored below the history of its key: it is made again, above. `undefined`: the head
 * is nobody's creation, stands where it should, or has been written again as it is, by somebody who moves its versions into segments.
 */
export function sunkenBase(base: CommitBase, attempts: readonly LostAttempt[]): CommitBase | undefined {
  const { head, floor, leaves } = base;
  if (head?._rev === undefined || head.same === true || floor === undefined || (leaves ?? []).length > 0 || !isSunken(head, floor)) return undefined;
  return attempts.some((attempt) => attempt.unguarded && attempt.version === head.ver) ? { rev: head._rev, floor } : undefined;
}
