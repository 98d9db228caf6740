import type { WriteBatch } from '../storage/write-batch.ts';
import { formatRevision, type Revision } from '../tree/revision.ts';
import { purgeLeaves, type Leaf } from '../tree/revision-tree.ts';

/** Removes those of the revisions that are leaves, with ancestors nothing else needs. What remains gets a new place in the feed. */
export function applyPurge(batch: WriteBatch, id: string, revisions: readonly Revision[]): readonly Leaf[] {
  const record = batch.record(id);
  if (record === undefined) return [];
  const { tree, purged } = purgeLeaves(record.tree, revisions);
  if (purged.length === 0) return [];
  if (tree === undefined) batch.removeDocument(id);
  else batch.putDocument(id, batch.nextSequence(), tree);
  batch.addPurge(batch.state.purgeSeq + 1, Buffer.from(JSON.stringify({ id, revs: purged.map(formatRevision) })));
  return purged;
}
