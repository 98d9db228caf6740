import { isCouchError, type CouchDatabase } from '@xir/couch-client';
import { parseDocumentId, segmentId, segmentRange, versionsToSpill, type HeadDocument, type KeyAddress, type StoredVersion, type TailLimits } from '@xir/kv4-core';
import { readSegments, readSegmentsById, segmentBelow, type SegmentRead } from './segments.ts';

/** What moves out of a tail, and how much fits a segment. */
export interface SpillLimits {
  readonly keep: TailLimits;
  readonly segment: TailLimits;
}

/**
 * Writes the next segment of a head's history and answers with the versions that are in segments now; the head itself is not touched. Empty: there was nothing to move.
 *
 * It may be repeated and raced freely: a segment's id holds its first version, so whoever comes second finds what is there and reports only that. Segments of a key
 * never overlap: versions that come late (from a conflict, or from a creation below the history of its key) are put into the segment that spans them. Before anything
 * late is moved, the head is written again as it is: whoever made it can then no longer make it anew above that history. Rejects with a `CouchError`.
 */
export async function writeNextSegment(database: CouchDatabase, head: HeadDocument, limits: SpillLimits): Promise<readonly string[]> {
  const versions = versionsToSpill(head, limits.keep, limits.segment);
  const first = versions[0];
  if (first === undefined) return [];
  const address = addressOfHead(head._id);
  const below = await segmentBelow(database, address, first[0]);
  if (below !== undefined && below.to >= first[0]) {
    const late = lateVersions(below, versions);
    if (late.length === 0) return storedIn(below.versions, versions);
    return (await keepAsItIs(database, head)) ? storedIn(await extend(database, below, late), versions) : [];
  }
  const next = await firstAbove(database, address, first[0]);
  if (next !== undefined && !(await keepAsItIs(database, head))) return [];
  // A late run must not reach into the next segment.
  const run = next === undefined ? versions : versions.filter(([version]) => version < next);
  return storedIn(await create(database, address, run), versions);
}

/** Writes a head again as it is, unless it has been already; answers whether it stands. */
async function keepAsItIs(database: CouchDatabase, head: HeadDocument): Promise<boolean> {
  try {
    const document = await database.get<HeadDocument>(head._id);
    if (document?._rev !== head._rev) return false;
    if (document?.same !== true) await database.put(head._id, { ...document, same: true });
    return true;
  } catch (error) {
    if (!isCouchError(error, 'COUCH_CONFLICT')) throw error;
    return false;
  }
}

/** The first version of the next segment above a version; `undefined`: there is none, or it begins with that version. */
async function firstAbove(database: CouchDatabase, address: KeyAddress, version: string): Promise<string | undefined> {
  const range = { startKey: segmentId(address, version), endKey: segmentRange(address).endKey };
  const { segments } = await readSegments(database, range, { limit: 1 });
  const next = segments[0]?.versions[0]?.[0];
  return next === version ? undefined : next;
}

async function create(database: CouchDatabase, address: KeyAddress, versions: readonly StoredVersion[]): Promise<readonly StoredVersion[]> {
  const id = segmentId(address, (versions[0] as StoredVersion)[0]);
  try {
    await putSegment(database, { _id: id, versions });
    return versions;
  } catch (error) {
    if (!isCouchError(error, 'COUCH_CONFLICT')) throw error;
  }
  const there = (await readSegmentsById(database, [id])).get(id);
  return there?.versions ?? [];
}

/** Those of the versions that a segment spans and does not hold; most often none, left by a spill that did not get to trim. */
function lateVersions(segment: SegmentRead, versions: readonly StoredVersion[]): readonly StoredVersion[] {
  const known = new Set(segment.versions.map(([version]) => version));
  return versions.filter(([version]) => version < segment.to && !known.has(version));
}

/** Puts late versions into the segment that spans them. */
async function extend(database: CouchDatabase, segment: SegmentRead, late: readonly StoredVersion[]): Promise<readonly StoredVersion[]> {
  const united = [...segment.versions, ...late].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  await putSegment(database, { _id: segment._id, ...(segment._rev === undefined ? {} : { _rev: segment._rev }), versions: united });
  return united;
}

async function putSegment(database: CouchDatabase, segment: { readonly _id: string; readonly _rev?: string; readonly versions: readonly StoredVersion[] }): Promise<void> {
  const { _id, _rev, versions } = segment;
  const to = (versions.at(-1) as StoredVersion)[0];
  await database.put(_id, { _id, ...(_rev === undefined ? {} : { _rev }), to, versions });
}

function storedIn(stored: readonly StoredVersion[], wanted: readonly StoredVersion[]): readonly string[] {
  const known = new Set(stored.map(([version]) => version));
  return wanted.flatMap(([version]) => (known.has(version) ? [version] : []));
}

/** The address a head's id carries. Throws `TypeError` for the id of anything else. */
export function addressOfHead(id: string): KeyAddress {
  const parsed = parseDocumentId(id);
  if (parsed?.kind !== 'head') throw new TypeError('not the id of a head');
  return parsed.address;
}
