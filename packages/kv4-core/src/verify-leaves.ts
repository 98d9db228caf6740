import type { LeavesVerdict } from './entry-state.ts';
import { generationOf, winningRevision, type RevisionLeaf } from './revision.ts';

/** A leaf of a document's revision tree with the revisions that lead to it. */
export interface VerifiedLeaf extends RevisionLeaf {
  /** Newest first, the leaf itself included; the oldest may be missing (`_revs_limit`). */
  readonly ancestry: readonly string[];
}

/** A verdict, and the leaf that CouchDB shows; without one there is no document. */
export interface LeavesDecision<Leaf> {
  readonly verdict: LeavesVerdict;
  readonly winner: Leaf | undefined;
}

/**
 * Judges all leaves of a document against the revisions that are known to have existed. An answer in which one of them is neither a leaf nor an
 * ancestor of one is `suspect`: the replica that gave it is behind (or the revision was purged). Otherwise the winner is the truth: `keep` where it is
 * `held`, `replace` where it is another, `gone` where the document is deleted or missing. An ancestor that `_revs_limit` cut off counts as present.
 */
export function decideLeaves<Leaf extends VerifiedLeaf>(held: string | undefined, known: readonly (string | undefined)[], leaves: readonly Leaf[]): LeavesDecision<Leaf> {
  const winner = winningRevision(leaves);
  const isSuspect = [held, ...known].some((revision) => revision !== undefined && !leaves.some((leaf) => descendsFrom(leaf, revision)));
  if (isSuspect) return { verdict: 'suspect', winner };
  if (winner === undefined || winner.deleted === true) return { verdict: 'gone', winner };
  return { verdict: winner.rev === held ? 'keep' : 'replace', winner };
}

/** Whether a leaf is a revision or comes from it. */
function descendsFrom(leaf: VerifiedLeaf, revision: string): boolean {
  if (leaf.rev === revision || leaf.ancestry.includes(revision)) return true;
  const oldest = leaf.ancestry.at(-1);
  // Ancestry that does not reach the first generation was cut; what lies below the cut may have been ours.
  return oldest !== undefined && generationOf(oldest) > 1 && generationOf(revision) < generationOf(oldest);
}
