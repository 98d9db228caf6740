import { decodeHead, uniteLeaves, winningRevision, type CommitBase, type HeadDocument, type LosingLeaf } from '@xir/kv4-core';
import type { LeafDocument } from './leaf-documents.ts';

/** What the database holds under the id of a head. */
export interface HeadRead {
  readonly id: string;
  /**
   * - `present`: `head` is there (it may be `gone`, or expired).
   * - `deleted`: the document is deleted; `rev` is the deletion's.
   * - `missing`: there never was a document, or it was purged.
   * - `malformed`: there is a document, but no head; `rev` is its revision.
   */
  readonly state: 'present' | 'deleted' | 'missing' | 'malformed';
  /** The head; with conflicting leaves, all of them united. Its `_rev` is that of the leaf CouchDB shows. */
  readonly head?: HeadDocument;
  /** Revision of the leaf CouchDB shows; absent when `missing`. */
  readonly rev?: string;
  /** The highest version that a deleted leaf carries. */
  readonly floor?: string;
  /** Leaves that a repair has to delete. */
  readonly conflicts: readonly LosingLeaf[];
}

/** Makes sense of the leaves of one document. Pure. */
export function headReadOf(id: string, leaves: readonly LeafDocument[]): HeadRead {
  const winner = winningRevision(leaves);
  if (winner === undefined) return { id, state: 'missing', conflicts: [] };
  const floor = floorOf(leaves);
  const known = { id, rev: winner.rev, ...(floor === undefined ? {} : { floor }) };
  if (winner.deleted) return { ...known, state: 'deleted', conflicts: [] };
  const conflicts = leaves.filter((leaf) => leaf !== winner && !leaf.deleted).map(losingLeaf);
  const shown = decodeHead(winner.document);
  const heads = [shown, ...conflicts.map((leaf) => leaf.head)].filter((head) => head !== undefined);
  const [first, ...others] = heads;
  if (first === undefined) return { ...known, state: 'malformed', conflicts };
  const united = uniteLeaves({ ...first, _rev: winner.rev }, others);
  const deletion = laterDeletion(leaves, united);
  if (deletion === undefined) return { ...known, state: 'present', head: united, conflicts };
  return { ...known, state: 'present', head: uniteLeaves(united, [deletion.head]), conflicts: [...conflicts, deletion] };
}

/** What a write of the document starts from. */
export function commitBaseOf(read: HeadRead): CommitBase {
  const { head, rev, floor, conflicts } = read;
  return {
    ...(head === undefined ? {} : { head }),
    // A deleted document is written over without a revision: CouchDB takes none for it.
    ...(read.state === 'malformed' && rev !== undefined ? { rev } : {}),
    ...(floor === undefined ? {} : { floor }),
    ...(conflicts.length > 0 ? { leaves: conflicts } : {}),
  };
}

function losingLeaf(leaf: LeafDocument): LosingLeaf {
  const head = decodeHead(leaf.document);
  return head === undefined ? { rev: leaf.rev } : { rev: leaf.rev, head };
}

function floorOf(leaves: readonly LeafDocument[]): string | undefined {
  let floor: string | undefined;
  for (const leaf of leaves) {
    const version = leaf.deleted ? decodeHead(leaf.document)?.ver : undefined;
    if (version !== undefined && (floor === undefined || version > floor)) floor = version;
  }
  return floor;
}

/** One side deleted the key for good after the other last wrote it: the deletion is the newest version, though CouchDB shows the other leaf. */
function laterDeletion(leaves: readonly LeafDocument[], united: HeadDocument): { rev: string; head: HeadDocument } | undefined {
  for (const leaf of leaves) {
    const head = leaf.deleted ? decodeHead(leaf.document) : undefined;
    if (head !== undefined && head.ver > united.ver) return { rev: leaf.rev, head };
  }
  return undefined;
}
