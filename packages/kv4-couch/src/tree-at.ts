import {
  compareIds,
  depthBelow,
  encodeCursor,
  headId,
  highestVersionAt,
  subtreeRange,
  subtreeSegmentRange,
  type CheckedPage,
  type HeadDocument,
  type Kv4Version,
  type Page,
  type PathAddress,
  type StoredVersion,
} from '@xir/kv4-core';
import type { HeadStore } from './head-store.ts';
import { readRange } from './range-read.ts';
import { addressOfSegment, readSegmentsById, segmentBelow, type SegmentRead } from './segments.ts';
import { toVersion, versionsIn } from './series.ts';
import { addressOfHead } from './spill.ts';

/** Documents read at once. */
const PIECE = 500;
/** Keys decided at once, at most. */
const LARGEST_PIECE = 2_000;

/** A question about the past of a subtree. */
export interface TreeAtQuery {
  readonly base: PathAddress;
  readonly timeMs: number;
  readonly depth: number;
  readonly page: CheckedPage;
  readonly signal?: AbortSignal | undefined;
}

/** What is known of one key: its head, and the segment that may hold the version sought. */
interface Candidate {
  head?: HeadDocument;
  segmentId?: string;
}

/**
 * One page of a subtree as it was. A piece of heads is read first and the ids of the segments beside them second, so that a version which moves meanwhile is
 * met in at least one of them; keys without a head are found by their segments.
 */
export async function readTreeAt(store: HeadStore, query: TreeAtQuery): Promise<Page<Kv4Version>> {
  const { page, base } = query;
  const items: Kv4Version[] = [];
  let after = page.afterId;
  let lastId = '';
  for (;;) {
    const piece = await readPiece(store, query, after);
    for (const version of await versionsAt(store, query, piece.candidates)) {
      if (depthBelow(base.path, version.address.path) > query.depth) continue;
      if (items.length === page.limit) return { items, next: encodeCursor(lastId) };
      items.push(version);
      lastId = headId(version.address);
    }
    if (piece.until === undefined) return { items };
    after = piece.until;
  }
}

interface Piece {
  readonly candidates: Map<string, Candidate>;
  /** The candidates are complete up to this head id; absent: to the end. */
  readonly until?: string;
}

async function readPiece(store: HeadStore, query: TreeAtQuery, after: string | undefined): Promise<Piece> {
  const { base, signal, timeMs } = query;
  const scan = await store.scanHeads(subtreeRange(base), { after, limit: PIECE, signal });
  const candidates = new Map<string, Candidate>();
  for (const head of scan.heads) candidates.set(head._id, { head });
  const highest = highestVersionAt(timeMs);
  // Behind every segment of the key that the piece begins behind.
  let segmentAfter = after === undefined ? undefined : `s${after.slice(1)}"`;
  let until = scan.next;
  let lastKey: string | undefined;
  for (;;) {
    const read = readRange(store.database, subtreeSegmentRange(base), { after: segmentAfter, limit: PIECE, documents: false, signal });
    const { rows, more } = await store.guard(read, signal);
    for (const { id } of rows) {
      const segment = addressOfSegment(id);
      if (segment === undefined) continue;
      const { address, version } = segment;
      const key = headId(address);
      if (until !== undefined && compareIds(key, until) > 0) return pieceUntil(candidates, until);
      // A piece full of deleted keys ends with the last one all of whose segments were met.
      if (key !== lastKey && lastKey !== undefined && candidates.size >= LARGEST_PIECE) until = lastKey;
      lastKey = key;
      if (until !== undefined && compareIds(key, until) > 0) return pieceUntil(candidates, until);
      const candidate = candidates.get(key) ?? {};
      candidates.set(key, candidate);
      if (version <= highest) candidate.segmentId = id;
    }
    segmentAfter = rows.at(-1)?.id;
    if (!more || segmentAfter === undefined) return until === undefined ? { candidates } : pieceUntil(candidates, until);
  }
}

function pieceUntil(candidates: Map<string, Candidate>, until: string): Piece {
  for (const id of candidates.keys()) {
    if (compareIds(id, until) > 0) candidates.delete(id);
  }
  return { candidates, until };
}

async function versionsAt(store: HeadStore, query: TreeAtQuery, candidates: Map<string, Candidate>): Promise<Kv4Version[]> {
  const highest = highestVersionAt(query.timeMs);
  const undecided = [...candidates.values()].filter((candidate) => candidate.segmentId !== undefined && !isDecided(candidate.head, highest));
  const ids = undecided.map((candidate) => candidate.segmentId as string);
  const segments = await store.guard(readSegmentsById(store.database, ids, query.signal), query.signal);
  const versions: Kv4Version[] = [];
  for (const id of [...candidates.keys()].sort(compareIds)) {
    const { head, segmentId } = candidates.get(id) as Candidate;
    const held = versionsIn(head, store.clock.now());
    const segment = segmentId === undefined ? undefined : (segments.get(segmentId) ?? (await behind(store, query, id, head)));
    const stored = segment?.versions ?? [];
    const newest = newestWithin([...held, ...stored], highest);
    if (newest !== undefined && newest.length === 3) versions.push(toVersion(addressOfHead(id), newest));
  }
  return versions;
}

/** The segment behind a document that has the id of one and is none. */
async function behind(store: HeadStore, query: TreeAtQuery, id: string, head: HeadDocument | undefined): Promise<SegmentRead | undefined> {
  const highest = highestVersionAt(query.timeMs);
  if (isDecided(head, highest)) return undefined;
  return store.guard(segmentBelow(store.database, addressOfHead(id), highest, query.signal), query.signal);
}

/** The head's current version is old enough, so nothing older matters. */
function isDecided(head: HeadDocument | undefined, highest: string): boolean {
  return head !== undefined && head.ver <= highest;
}

function newestWithin(versions: readonly StoredVersion[], highest: string): StoredVersion | undefined {
  let newest: StoredVersion | undefined;
  for (const version of versions) {
    if (version[0] <= highest && (newest === undefined || version[0] > newest[0])) newest = version;
  }
  return newest;
}
