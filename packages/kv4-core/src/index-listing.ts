import { pathSegments } from './address-check.ts';
import type { KeyAddress, PathAddress } from './address.ts';
import { parseDocumentId } from './document-id.ts';
import { bucketRange, layerRange, pathRange, subtreeRange } from './id-range.ts';
import type { OrderedIdIndex } from './ordered-id-index.ts';

/** How far down, and from where, a subtree is listed. */
export interface IndexTreeOptions {
  /** Segments below the base that are included; default no limit. */
  readonly depth?: number;
  /** Go on behind this head's id. */
  readonly afterId?: string;
}

function addressOf(id: string): KeyAddress | undefined {
  const parsed = parseDocumentId(id);
  return parsed?.kind === 'head' ? parsed.address : undefined;
}

/** How many segments a path lies below a base that it is at or beneath. */
export function depthBelow(basePath: string, path: string): number {
  return pathSegments(path).length - pathSegments(basePath).length;
}

/**
 * Where a walk in the order of ids has to go on to leave everything that is deeper than `depth` below a base: `undefined` while the key itself is
 * within the depth, else the end of the subtree that is too deep. For skipping whole subtrees with one seek, in memory or in `_all_docs`.
 */
export function seekPastDepth(base: PathAddress, address: KeyAddress, depth: number): string | undefined {
  if (depthBelow(base.path, address.path) <= depth) return undefined;
  const segments = pathSegments(address.path).slice(0, pathSegments(base.path).length + depth + 1);
  return subtreeRange({ bucket: base.bucket, layer: base.layer, path: `/${segments.join('/')}` }).endKey;
}

/** The ids of heads at a path and beneath it down to a depth, in order; whole subtrees below the depth are leapt over. */
export function* idsInTree<Value>(index: OrderedIdIndex<Value>, base: PathAddress, options: IndexTreeOptions = {}): Generator<string, void, undefined> {
  const range = subtreeRange(base);
  const { depth = Number.POSITIVE_INFINITY } = options;
  let afterId = options.afterId;
  for (;;) {
    let seek: string | undefined;
    for (const [id] of index.range(range, afterId)) {
      const address = addressOf(id);
      if (address === undefined) continue;
      seek = seekPastDepth(base, address, depth);
      if (seek !== undefined) break;
      yield id;
    }
    if (seek === undefined) return;
    // No id equals the end of a prefix range, so going on behind it loses nothing.
    afterId = seek;
  }
}

/**
 * The paths at or beneath a path that hold keys, in order, down to a depth. Costs O(log n) for each path, however many keys it holds. To go on behind a
 * path, pass the id of any of its keys as `afterId`.
 */
export function* pathsInTree<Value>(index: OrderedIdIndex<Value>, base: PathAddress, options: IndexTreeOptions = {}): Generator<string, void, undefined> {
  const { depth = Number.POSITIVE_INFINITY, afterId } = options;
  const endOfPath = (path: string): string => pathRange({ ...base, path }).endKey;
  const seek = (id: string): string | undefined => {
    const address = addressOf(id);
    return address && (seekPastDepth(base, address, depth) ?? endOfPath(address.path));
  };
  const start = afterId === undefined ? undefined : seek(afterId);
  for (const id of index.leap(subtreeRange(base), seek, start)) {
    const address = addressOf(id);
    if (address !== undefined && seekPastDepth(base, address, depth) === undefined) yield address.path;
  }
}

/** The layers of a bucket that hold keys, in order. Costs O(log n) for each layer. */
export function* layersInBucket<Value>(index: OrderedIdIndex<Value>, bucket: string): Generator<string, void, undefined> {
  const seek = (id: string): string | undefined => {
    const address = addressOf(id);
    return address && layerRange(bucket, address.layer).endKey;
  };
  for (const id of index.leap(bucketRange(bucket), seek)) {
    const address = addressOf(id);
    if (address !== undefined) yield address.layer;
  }
}
