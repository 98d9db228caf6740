/** A CouchDB revision taken apart. */
export interface ParsedRevision {
  /** How many edits lead to it: the number before `-`. */
  readonly generation: number;
  readonly hash: string;
}

const DIGIT_ZERO = 0x30;
const DASH = 0x2d;
const MOST_SCANNED_DIGITS = 9;

const REVISION = /^([1-9][0-9]{0,14})-(.+)$/;

/** Takes a CouchDB revision (`3-9c65296036141e575d32ba9c034dd3ee`) apart; `undefined` when it is malformed. */
export function parseRevision(revision: string): ParsedRevision | undefined {
  const match = typeof revision === 'string' ? REVISION.exec(revision) : null;
  return match ? { generation: Number(match[1]), hash: match[2] as string } : undefined;
}

/** The generation of a CouchDB revision; 0 for a malformed one. */
export function generationOf(revision: string): number {
  // The usual form is read by hand: every row of the feed is asked.
  if (typeof revision !== 'string') return 0;
  let generation = 0;
  let at = 0;
  for (; at < MOST_SCANNED_DIGITS; at += 1) {
    const digit = revision.charCodeAt(at) - DIGIT_ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
    generation = generation * 10 + digit;
  }
  if (at > 0 && revision.charCodeAt(at) === DASH && revision.length > at + 1 && revision.charCodeAt(0) !== DIGIT_ZERO) return generation;
  return parseRevision(revision)?.generation ?? 0;
}

/**
 * CouchDB's order among the leaves of one document: the higher generation wins, then the greater hash. Positive when `a`
 * wins. A deleted leaf loses to any other whatever its revision: see {@link winningRevision}. A malformed revision loses to any other.
 */
export function compareRevisions(a: string, b: string): number {
  const left = parseRevision(a);
  const right = parseRevision(b);
  if (left === undefined || right === undefined) return (left === undefined ? 0 : 1) - (right === undefined ? 0 : 1);
  if (left.generation !== right.generation) return left.generation - right.generation;
  if (left.hash === right.hash) return 0;
  return left.hash < right.hash ? -1 : 1;
}

/** A leaf of a document's revision tree. */
export interface RevisionLeaf {
  readonly rev: string;
  readonly deleted?: boolean;
}

/** The leaf that CouchDB shows: not deleted before deleted, then {@link compareRevisions}. `undefined` without leaves. */
export function winningRevision<Leaf extends RevisionLeaf>(leaves: readonly Leaf[]): Leaf | undefined {
  let winner: Leaf | undefined;
  for (const leaf of leaves) {
    if (winner === undefined || compareLeaves(leaf, winner) > 0) winner = leaf;
  }
  return winner;
}

function compareLeaves(a: RevisionLeaf, b: RevisionLeaf): number {
  const byDeletion = Number(b.deleted === true) - Number(a.deleted === true);
  return byDeletion || compareRevisions(a.rev, b.rev);
}
