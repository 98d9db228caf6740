import { storedVersionOfHead } from './document-record.ts';
import type { HeadDocument, StoredVersion } from './head.ts';

/**
 * Unites the conflicting leaves of a head into one: the highest version becomes the value, every other version of every leaf goes into the tail,
 * newest first, none twice. Identity and `_rev` are those of `winner`, the leaf that CouchDB shows. The order of `others` does not matter.
 */
export function uniteLeaves(winner: HeadDocument, others: readonly HeadDocument[]): HeadDocument {
  const leaves = [winner, ...others];
  const highest = leaves.reduce((best, leaf) => (leaf.ver > best.ver ? leaf : best));
  const versions = new Map<string, StoredVersion>();
  for (const leaf of leaves) {
    for (const version of [storedVersionOfHead(leaf), ...(leaf.tail ?? [])]) versions.set(version[0], version);
  }
  versions.delete(highest.ver);
  const tail = [...versions.values()].sort(newestFirst);
  const { _id, _rev, tail: _, ...current } = highest;
  const revision = winner._rev;
  return { _id: winner._id, ...(revision === undefined ? {} : { _rev: revision }), ...current, ...(tail.length > 0 ? { tail } : {}) };
}

function newestFirst(a: StoredVersion, b: StoredVersion): number {
  if (a[0] === b[0]) return 0;
  return a[0] < b[0] ? 1 : -1;
}
