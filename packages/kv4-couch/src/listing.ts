import {
  bucketRange,
  encodeCursor,
  isLive,
  layerRange,
  parseDocumentId,
  pathRange,
  seekPastDepth,
  subtreeRange,
  type CheckedPage,
  type HeadDocument,
  type IdRange,
  type KeyAddress,
  type Page,
  type PathAddress,
} from '@xir/kv4-core';
import type { HeadStore } from './head-store.ts';

/** A head with the address its id carries. */
export interface LocatedHead {
  readonly head: HeadDocument;
  readonly address: KeyAddress;
}

/** Documents read at once where few of them may be wanted. */
const LEAP_PIECE = 50;
/** Most documents read at once. */
const LARGEST_PIECE = 1_000;

/** Which heads of a range a walk meets. */
export interface Walk {
  readonly after?: string | undefined;
  /** Documents to read at once. */
  readonly piece: number;
  /** Heads that readers do not see (gone, expired) are met too. */
  readonly all?: boolean;
  /** Answers with the id to go on from instead, to leave everything up to it unread; asked for every head before it is met. */
  readonly leap?: (head: LocatedHead) => string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Walks the heads of a range in the order of ids, a piece at a time. `leap` asked after a head was met leaves the rest of its neighbourhood. */
export async function* walkHeads(store: HeadStore, range: IdRange, walk: Walk): AsyncGenerator<LocatedHead, void, string | undefined> {
  let after = walk.after;
  for (;;) {
    const scan = await store.scanHeads(range, { after, limit: Math.min(walk.piece, LARGEST_PIECE), signal: walk.signal });
    let seek: string | undefined;
    for (const head of scan.heads) {
      const address = addressOf(head);
      if (address === undefined) continue;
      seek = walk.leap?.({ head, address });
      if (seek === undefined && (walk.all === true || isLive(head, store.clock.now()))) seek = yield { head, address };
      if (seek !== undefined) break;
    }
    if (seek === undefined && scan.next === undefined) return;
    after = seek ?? scan.next;
  }
}

function addressOf(head: HeadDocument): KeyAddress | undefined {
  const parsed = parseDocumentId(head._id);
  return parsed?.kind === 'head' ? parsed.address : undefined;
}

/** One page of what a walk meets. The page after begins behind the last item. */
export async function pageOfWalk<Item>(walk: AsyncGenerator<LocatedHead, void, string | undefined>, page: CheckedPage, itemOf: (met: LocatedHead) => Item): Promise<Page<Item>> {
  const items: Item[] = [];
  let lastId = '';
  for await (const met of walk) {
    if (items.length === page.limit) return { items, next: encodeCursor(lastId) };
    items.push(itemOf(met));
    lastId = met.head._id;
  }
  return { items };
}

/** The walk of a path's own live heads. */
export function walkPath(store: HeadStore, address: PathAddress, page: CheckedPage, signal: AbortSignal | undefined): AsyncGenerator<LocatedHead, void, string | undefined> {
  return walkHeads(store, pathRange(address), { after: page.afterId, piece: page.limit + 1, signal });
}

/** The walk of the live heads at a path and beneath it, whole subtrees below the depth left unread. */
export function walkTree(store: HeadStore, base: PathAddress, depth: number, walk: Omit<Walk, 'leap'>): AsyncGenerator<LocatedHead, void, string | undefined> {
  if (depth === Number.POSITIVE_INFINITY) return walkHeads(store, subtreeRange(base), walk);
  return walkHeads(store, subtreeRange(base), { ...walk, piece: Math.min(walk.piece, LEAP_PIECE), leap: ({ address }) => seekPastDepth(base, address, depth) });
}

/** Which paths are wanted. */
export interface PathsQuery {
  readonly base: PathAddress;
  readonly depth: number;
  readonly page: CheckedPage;
  readonly signal?: AbortSignal | undefined;
}

/** One page of the paths that hold live keys, each found by reading as few of its keys as can be. */
export async function pageOfPaths(store: HeadStore, query: PathsQuery): Promise<Page<string>> {
  const { base, depth, page, signal } = query;
  const items: string[] = [];
  let cursor = page.afterId;
  const after = cursor === undefined ? undefined : endOfCursorPath(base, cursor);
  const walk = walkTree(store, base, depth, { after, piece: LEAP_PIECE, signal });
  let step = await walk.next();
  while (step.done !== true) {
    if (items.length === page.limit) {
      await walk.return();
      return { items, next: encodeCursor(cursor as string) };
    }
    const { path } = step.value.address;
    const range = pathRange({ ...base, path });
    items.push(path);
    cursor = range.startKey;
    step = await walk.next(range.endKey);
  }
  return { items };
}

/** A path's cursor is the beginning of its range, or the id of any of its keys. */
function endOfCursorPath(base: PathAddress, cursor: string): string {
  const parsed = parseDocumentId(cursor) ?? parseDocumentId(`${cursor}0`);
  return parsed?.kind === 'head' ? pathRange({ ...base, path: parsed.address.path }).endKey : cursor;
}

/** The layers of a bucket that hold live keys. */
export async function layersOf(store: HeadStore, bucket: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const layers: string[] = [];
  const walk = walkHeads(store, bucketRange(bucket), { piece: LEAP_PIECE, signal });
  let step = await walk.next();
  while (step.done !== true) {
    const { layer } = step.value.address;
    layers.push(layer);
    step = await walk.next(layerRange(bucket, layer).endKey);
  }
  return layers;
}
