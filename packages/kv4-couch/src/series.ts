import {
  expiryVersion,
  highestVersionAt,
  isExpired,
  lowestVersionAt,
  segmentId,
  segmentRange,
  storedVersionOfHead,
  versionTimeMs,
  type HeadDocument,
  type IdRange,
  type KeyAddress,
  type Kv4Version,
  type Retention,
  type SeriesOptions,
  type StoredVersion,
} from '@xir/kv4-core';
import type { CouchDatabase } from '@xir/couch-client';
import { DEFAULT_SEGMENT_PAGE, readSegments, segmentBelow, type SegmentRead } from './segments.ts';

/** What a series is read with. */
export interface SeriesSource {
  readonly database: CouchDatabase;
  /** Awaits a request to the database, turning its errors into the store's. */
  readonly guard: <Result>(request: Promise<Result>, signal?: AbortSignal) => Promise<Result>;
  /** Told of segments whose leaves are in conflict. */
  readonly onConflict: (id: string) => void;
}

/** The versions a head holds at a time, newest first: one past its expiry ends with the deletion that the expiry is. */
export function versionsIn(head: HeadDocument | undefined, nowMs: number): readonly StoredVersion[] {
  if (head === undefined) return [];
  const stored = [storedVersionOfHead(head), ...(head.tail ?? [])];
  return isExpired(head, nowMs) ? [expiryVersion(head), ...stored] : stored;
}

/** A stored version as a reader gets it. */
export function toVersion(address: KeyAddress, stored: StoredVersion): Kv4Version {
  const [version, author, value] = stored;
  return { address, version, timeMs: versionTimeMs(version), author, deleted: stored.length === 2, value: value ?? null };
}

/**
 * The versions of a key between two times, from those its head holds (`held`, read before) and its segments, merged by version, none twice.
 * Segments are read a page at a time as the consumer goes on.
 */
export async function* mergedSeries(source: SeriesSource, address: KeyAddress, held: readonly StoredVersion[], options: SeriesOptions): AsyncGenerator<StoredVersion, void, undefined> {
  const lowest = lowestVersionAt(options.fromMs ?? Number.NEGATIVE_INFINITY);
  const highest = highestVersionAt(options.toMs ?? Number.POSITIVE_INFINITY);
  const ascending = options.ascending === true;
  const wanted = (version: string): boolean => version >= lowest && version <= highest;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  const order = ascending ? 1 : -1;
  let buffer = held.filter(([version]) => wanted(version));
  const inOrder = (a: StoredVersion, b: StoredVersion): number => (a[0] < b[0] ? -order : order);
  const pages = ascending ? ascendingSegments(source, address, { lowest, highest }, options.signal) : descendingSegments(source, address, { lowest, highest }, options.signal);
  // Nothing that is still to come reaches past `edge`: what lies before it may be handed out.
  for await (const segment of pages) {
    const edge = ascending ? (segment.versions[0] as StoredVersion)[0] : segment.to;
    const ready = buffer.filter(([version]) => (ascending ? version < edge : version > edge)).sort(inOrder);
    for (const version of ready) {
      yield version;
      left -= 1;
      if (left <= 0) return;
    }
    const rest = buffer.filter(([version]) => (ascending ? version >= edge : version <= edge));
    const known = new Set(rest.map(([version]) => version));
    buffer = [...rest, ...segment.versions.filter(([version]) => wanted(version) && !known.has(version))];
  }
  for (const version of [...buffer].sort(inOrder)) {
    yield version;
    left -= 1;
    if (left <= 0) return;
  }
}

interface Bounds {
  readonly lowest: string;
  readonly highest: string;
}

async function* descendingSegments(source: SeriesSource, address: KeyAddress, bounds: Bounds, signal: AbortSignal | undefined): AsyncGenerator<SegmentRead, void, undefined> {
  const whole = segmentRange(address);
  // A segment that begins above the highest version wanted holds none of those wanted.
  const range: IdRange = { startKey: whole.startKey, endKey: `${whole.startKey}${bounds.highest}` };
  let before: string | undefined;
  // Short histories end with the head; the first page is small, later ones are full.
  let limit = 1;
  for (;;) {
    const page = await source.guard(readSegments(source.database, range, { descending: true, limit, before, signal }), signal);
    for (const segment of page.segments) {
      if (segment.losers.length > 0) source.onConflict(segment._id);
      yield segment;
      if ((segment.versions[0] as StoredVersion)[0] <= bounds.lowest) return;
    }
    if (!page.more || page.lastId === undefined) return;
    before = page.lastId;
    limit = DEFAULT_SEGMENT_PAGE;
  }
}

async function* ascendingSegments(source: SeriesSource, address: KeyAddress, bounds: Bounds, signal: AbortSignal | undefined): AsyncGenerator<SegmentRead, void, undefined> {
  const whole = segmentRange(address);
  const first = await source.guard(segmentBelow(source.database, address, bounds.lowest, signal), signal);
  let after: string | undefined;
  if (first !== undefined) {
    yield first;
    after = first._id;
  }
  const range: IdRange = { startKey: segmentId(address, bounds.lowest), endKey: whole.endKey };
  for (;;) {
    const page = await source.guard(readSegments(source.database, range, { limit: DEFAULT_SEGMENT_PAGE, after, signal }), signal);
    for (const segment of page.segments) {
      if ((segment.versions[0] as StoredVersion)[0] > bounds.highest) return;
      if (segment.losers.length > 0) source.onConflict(segment._id);
      yield segment;
    }
    if (!page.more || page.lastId === undefined) return;
    after = page.lastId;
  }
}

/**
 * The oldest version that a retention keeps of a key; `undefined`: all of them. Segments go as a whole, so what they still hold beyond the retention is
 * not shown.
 */
export async function oldestRetained(source: SeriesSource, address: KeyAddress, held: readonly StoredVersion[], { retention, nowMs }: { readonly retention: Retention; readonly nowMs: number }): Promise<string | undefined> {
  if (retention === 'unlimited') return undefined;
  if (retention === 'none') return held[0]?.[0];
  const series = mergedSeries(source, address, held, 'versions' in retention ? { limit: retention.versions } : {});
  let oldest: string | undefined;
  for await (const [version] of series) {
    oldest = version;
    // This one was current when the time that is kept began.
    if ('durationMs' in retention && versionTimeMs(version) < nowMs - retention.durationMs) break;
  }
  return oldest;
}
