import type { KeyAddress, PathAddress } from './address.ts';
import { escapedPath, headId } from './document-id.ts';
import { escapeField } from './field-escape.ts';
import { compareIds } from './id-order.ts';

/** A contiguous range of document ids, as `_all_docs` takes it with `inclusive_end=false`. */
export interface IdRange {
  /** Inclusive. */
  readonly startKey: string;
  /** Exclusive. */
  readonly endKey: string;
}

/** All ids that begin with `prefix` (which ends with the separator): `"` is the character after `!`. */
function prefixRange(prefix: string): IdRange {
  return { startKey: prefix, endKey: `${prefix.slice(0, -1)}"` };
}

function layerPrefix(mark: 'd' | 's', address: { readonly bucket: string; readonly layer: string }): string {
  return `${mark}!${escapeField(address.bucket)}!${escapeField(address.layer)}`;
}

/** The heads of a path's own keys. */
export function pathRange(address: PathAddress): IdRange {
  return prefixRange(`${layerPrefix('d', address)}${escapedPath(address.path)}!!`);
}

/** The heads of the keys at a path and beneath it. */
export function subtreeRange(address: PathAddress): IdRange {
  return prefixRange(`${layerPrefix('d', address)}${escapedPath(address.path)}!`);
}

/** The heads of a layer. */
export function layerRange(bucket: string, layer: string): IdRange {
  return prefixRange(`${layerPrefix('d', { bucket, layer })}!`);
}

/** The heads of a bucket. */
export function bucketRange(bucket: string): IdRange {
  return prefixRange(`d!${escapeField(bucket)}!`);
}

/** The segments of a key's history, oldest first. */
export function segmentRange(address: KeyAddress): IdRange {
  return prefixRange(`s${headId(address).slice(1)}!`);
}

/** The segments of all keys at a path and beneath it. */
export function subtreeSegmentRange(address: PathAddress): IdRange {
  return prefixRange(`${layerPrefix('s', address)}${escapedPath(address.path)}!`);
}

/** Whether an id lies in a range. */
export function inRange(id: string, range: IdRange): boolean {
  return compareIds(id, range.startKey) >= 0 && compareIds(id, range.endKey) < 0;
}
