import type { CouchDatabase } from '@xir/couch-client';
import { decodeSegment, parseDocumentId, segmentId, segmentRange, winningRevision, type IdRange, type KeyAddress, type SegmentDocument, type StoredVersion } from '@xir/kv4-core';
import { readLeafDocuments } from './leaf-documents.ts';
import { readRange, type RangeRow } from './range-read.ts';

/** A segment as read: conflicting leaves united. */
export interface SegmentRead extends SegmentDocument {
  /** Revisions of leaves that lost; a repair deletes them. */
  readonly losers: readonly string[];
}

/** Which segments of a range are read. */
export interface SegmentPage {
  readonly descending?: boolean;
  /** Begin behind this id; ascending. */
  readonly after?: string | undefined;
  /** Begin before this id; descending. */
  readonly before?: string | undefined;
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/** Default number of segments that are read at once. */
export const DEFAULT_SEGMENT_PAGE = 8;

/** Reads segments in a range of ids, oldest first or, descending, newest first. */
export async function readSegments(database: CouchDatabase, range: IdRange, page: SegmentPage): Promise<{ segments: SegmentRead[]; more: boolean; lastId?: string }> {
  const { rows, more } = await readRange(database, range, { ...page, documents: true });
  const segments = await segmentsOfRows(database, rows, page.signal);
  const lastId = rows.at(-1)?.id;
  return { segments, more, ...(lastId === undefined ? {} : { lastId }) };
}

/** Reads segments by their ids; those that are not there, or no segments, are left out. */
export async function readSegmentsById(database: CouchDatabase, ids: readonly string[], signal?: AbortSignal): Promise<Map<string, SegmentRead>> {
  const leaves = await readLeafDocuments(database, ids, { signal });
  const found = new Map<string, SegmentRead>();
  for (const [id, documents] of leaves) {
    const live = documents.filter((leaf) => !leaf.deleted);
    const winner = winningRevision(live);
    const versions = new Map<string, StoredVersion>();
    for (const leaf of live) {
      for (const version of decodeSegment(leaf.document)?.versions ?? []) versions.set(version[0], version);
    }
    const sorted = [...versions.values()].sort(oldestFirst);
    const last = sorted.at(-1);
    if (winner === undefined || last === undefined) continue;
    const losers = live.filter((leaf) => leaf !== winner).map((leaf) => leaf.rev);
    found.set(id, { _id: id, _rev: winner.rev, to: last[0], versions: sorted, losers });
  }
  return found;
}

/** The newest segment whose first version is at or below `version`; without one, the newest of all. */
export async function segmentBelow(database: CouchDatabase, address: KeyAddress, version?: string, signal?: AbortSignal): Promise<SegmentRead | undefined> {
  const range = segmentRange(address);
  const until = version === undefined ? range : { startKey: range.startKey, endKey: `${segmentId(address, version)}!` };
  let before: string | undefined;
  let limit = 1;
  for (;;) {
    const { segments, more, lastId } = await readSegments(database, until, { descending: true, limit, before, signal });
    if (segments[0] !== undefined || !more || lastId === undefined) return segments[0];
    // What stands there is no segment; what it hides is beneath.
    before = lastId;
    limit = DEFAULT_SEGMENT_PAGE;
  }
}

/** Those of the versions that are in segments of the key. */
export async function findInSegments(database: CouchDatabase, address: KeyAddress, versions: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  for (const version of versions) {
    const segment = await segmentBelow(database, address, version, signal);
    if (segment?.versions.some(([stored]) => stored === version) === true) found.push(version);
  }
  return found;
}

async function segmentsOfRows(database: CouchDatabase, rows: readonly RangeRow[], signal: AbortSignal | undefined): Promise<SegmentRead[]> {
  const conflicted = rows.filter((row) => row.conflicted).map((row) => row.id);
  const united = conflicted.length > 0 ? await readSegmentsById(database, conflicted, signal) : undefined;
  const segments: SegmentRead[] = [];
  for (const row of rows) {
    const whole = united?.get(row.id);
    const segment = whole ?? decodeSegment(row.document);
    if (segment !== undefined) segments.push(whole ?? { ...segment, losers: [] });
  }
  return segments;
}

/** The address a segment's id carries; `undefined` for the id of anything else, which may stand in a range of segments too. */
export function addressOfSegment(id: string): { readonly address: KeyAddress; readonly version: string } | undefined {
  const parsed = parseDocumentId(id);
  return parsed?.kind === 'segment' ? parsed : undefined;
}

function oldestFirst(a: StoredVersion, b: StoredVersion): number {
  if (a[0] === b[0]) return 0;
  return a[0] < b[0] ? -1 : 1;
}
