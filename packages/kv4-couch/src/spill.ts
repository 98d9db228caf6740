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
 * never overlap: versions that come late (from a conflict) are put into the segment that spans them. Rejects with a `CouchError`.
 */
export async function writeNextSegment(database: CouchDatabase, head: HeadDocument, limits: SpillLimits): Promise<readonly string[]> {
  const versions = versionsToSpill(head, limits.keep, limits.segment);
  const first = versions[0];
  if (first === undefined) return [];
  const address = addressOfHead(head._id);
  const below = await segmentBelow(database, address, first[0]);
  if (below !== undefined && below.to >= first[0]) return storedIn(await extend(database, below, versions), versions);
  const run = await runBeforeNext(database, address, versions);
  return storedIn(await create(database, address, run), versions);
}

/** The versions up to the next segment there is: a late run must not reach into it. */
async function runBeforeNext(database: CouchDatabase, address: KeyAddress, versions: readonly StoredVersion[]): Promise<readonly StoredVersion[]> {
  const first = (versions[0] as StoredVersion)[0];
  const range = { startKey: segmentId(address, first), endKey: segmentRange(address).endKey };
  const { segments } = await readSegments(database, range, { limit: 1 });
  const next = segments[0]?.versions[0]?.[0];
  return next === undefined || next === first ? versions : versions.filter(([version]) => version < next);
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

/** Puts late versions into the segment that spans them; most often they are there already, left by a spill that did not get to trim. */
async function extend(database: CouchDatabase, segment: SegmentRead, versions: readonly StoredVersion[]): Promise<readonly StoredVersion[]> {
  const known = new Set(segment.versions.map(([version]) => version));
  const late = versions.filter(([version]) => version < segment.to && !known.has(version));
  if (late.length === 0) return segment.versions;
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
