import type { RunRecord } from '../history.ts';

/**
 * Whether a version is one of a split, for which docs/guarantees.md promises less: on a cluster, it was acknowledged as below the quorum, and the document of its key
 * has had revisions in conflict. One of the two alone is none.
 */
export function isOfSplit({ databaseNodes, writes, database }: Pick<RunRecord, 'databaseNodes' | 'writes' | 'database'>, key: string, version: string): boolean {
  if (databaseNodes === 1 || (database.get(key)?.leaves ?? 0) < 2) return false;
  return writes.some((write) => write.key === key && write.version === version && write.durable === false);
}

/** Whether a version lost to another of its key in a split, it or the one above it being of that: it is in the series, and a watch does not tell it. */
export function lostInSplit(record: Pick<RunRecord, 'databaseNodes' | 'writes' | 'database'>, key: string, version: string): boolean {
  const versions = record.database.get(key)?.series.map((stored) => stored.version) ?? [];
  const above = versions.filter((each) => each > version).toSorted()[0];
  return above !== undefined && (isOfSplit(record, key, version) || isOfSplit(record, key, above));
}
