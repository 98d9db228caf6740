import { storedVersionOfHead } from './document-record.ts';
import type { HeadDocument, StoredVersion } from './head.ts';
import { EXPIRY_NEURON, INITIAL_HYBRID_CLOCK, nextVersion } from './hybrid-clock.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { SecondaryKeys } from './address.ts';
import type { Retention } from './retention.ts';
import type { WriteCondition } from './store.ts';
import { MAX_VERSION_TIME_MS } from './version.ts';
import { checkCondition, type ConditionRefusal } from './fold-condition.ts';
import { retainTail } from './fold-tail.ts';

/** Writes a value. */
export interface PutOperation {
  readonly type: 'put';
  readonly value: JsonValue;
  readonly author: string;
  readonly condition: WriteCondition;
  /** Lay the fields of an object over the stored object. Where either is no object, the new value replaces the old. */
  readonly merge?: boolean;
  /** Absent: the keys of the version before stay. */
  readonly secondary?: SecondaryKeys;
  /** Milliseconds since 1970 UTC; absent: never (an earlier expiry is lifted). */
  readonly expiresAtMs?: number;
}

/** Deletes a key. */
export interface DeleteOperation {
  readonly type: 'delete';
  readonly author: string;
  readonly condition: WriteCondition;
}

/**
 * Upkeep of a head. None of them changes what a reader sees.
 *
 * - `expire`: a key past its expiry becomes a deletion, dated at the expiry.
 * - `trim`: versions that are in segments leave the tail; a deleted key whose whole history is there leaves for good.
 * - `repair`: nothing by itself; it makes the writer look at the document, and so unite conflicting leaves.
 */
export type UpkeepOperation =
  | { readonly type: 'expire' }
  | { readonly type: 'trim'; readonly stored: ReadonlySet<string> }
  | { readonly type: 'repair' };

/** What is to happen to one head document. */
export type WriteOperation = PutOperation | DeleteOperation | UpkeepOperation;

/** What a fold may know of the world. */
export interface WriteStamp {
  /** Id of the head document. */
  readonly id: string;
  /** The version this write makes; above {@link versionFloor} of the head. */
  readonly version: string;
  /** Wall-clock time in milliseconds since 1970 UTC; decides what has expired. */
  readonly nowMs: number;
  /** What of the key's history is kept. */
  readonly retention: Retention;
  /** Refuse a merged value that is longer than this many characters of JSON; absent: no limit. */
  readonly maxValueCharacters?: number;
}

/** What became of an operation. */
export type FoldResult =
  /** `head` is to be stored; with `removed` as a deleted document. `version` is the operation's own version; upkeep makes none of its own. */
  | { readonly type: 'write'; readonly head: HeadDocument; readonly version?: string; readonly removed: boolean }
  /** There is nothing to do: a key that is not there was deleted, or upkeep found its work done. */
  | { readonly type: 'nothing' }
  | ConditionRefusal
  | { readonly type: 'refused'; readonly code: 'KV4_VALUE_TOO_LARGE'; readonly currentVersion?: string };

/** Author of the deletion that stands in a history where a key expired. */
export const EXPIRY_AUTHOR = '$expiry';

/** Whether a head's value has expired at a time (milliseconds since 1970 UTC). */
export function isExpired(head: HeadDocument, nowMs: number): boolean {
  return head.gone !== true && head.x !== undefined && head.x <= nowMs;
}

/** Whether a head holds a value that a reader may see at a time. */
export function isLive(head: HeadDocument | undefined, nowMs: number): head is HeadDocument {
  return head !== undefined && head.gone !== true && !isExpired(head, nowMs);
}

/**
 * The deletion that an expiry amounts to: dated at the expiry, above the head's version, and the same whoever computes it.
 * Only for heads with an expiry.
 */
export function expiryVersion(head: HeadDocument): StoredVersion {
  const expiryMs = Math.min(Math.max(0, head.x ?? 0), MAX_VERSION_TIME_MS);
  const { version } = nextVersion(INITIAL_HYBRID_CLOCK, expiryMs, EXPIRY_NEURON, head.ver);
  return [version, EXPIRY_AUTHOR];
}

/** The head as it stands at a time: one past its expiry has become a deletion. */
export function settleExpiry(head: HeadDocument, nowMs: number): HeadDocument {
  if (!isExpired(head, nowMs)) return head;
  const [version, author] = expiryVersion(head);
  return { ...identity(head), ver: version, by: author, gone: true, tail: [storedVersionOfHead(head), ...(head.tail ?? [])] };
}

/** The version that the next one of this key must exceed; `undefined` without a head. */
export function versionFloor(head: HeadDocument | undefined, nowMs: number): string | undefined {
  return head && settleExpiry(head, nowMs).ver;
}

/**
 * Applies one operation to a head (`undefined`: the database has none) and answers with the head to store. Pure: everything that is not in the
 * head comes with the stamp. A deleted or expired head counts as an absent key, and its history is carried on. Folding several operations one
 * after the other puts all their versions into one document.
 */
export function foldWrite(head: HeadDocument | undefined, operation: WriteOperation, stamp: WriteStamp): FoldResult {
  switch (operation.type) {
    case 'put':
      return foldPut(head, operation, stamp);
    case 'delete':
      return foldDelete(head, operation, stamp);
    case 'expire':
      return foldExpire(head, stamp);
    case 'trim':
      return foldTrim(head, operation.stored);
    case 'repair':
      return { type: 'nothing' };
  }
}

function foldPut(head: HeadDocument | undefined, operation: PutOperation, stamp: WriteStamp): FoldResult {
  const standing = isLive(head, stamp.nowMs) ? head : undefined;
  const refusal = checkCondition(standing, operation.condition);
  if (refusal) return refusal;
  const value = operation.merge === true ? mergeValue(standing?.v, operation.value) : operation.value;
  if (operation.merge === true && isTooLong(value, stamp.maxValueCharacters)) {
    return { type: 'refused', code: 'KV4_VALUE_TOO_LARGE', ...(standing && { currentVersion: standing.ver }) };
  }
  const secondary = operation.secondary ?? standing?.m;
  const next: HeadDocument = {
    ...identity(head, stamp.id),
    v: value,
    ver: stamp.version,
    by: operation.author,
    ...(secondary && Object.keys(secondary).length > 0 ? { m: secondary } : {}),
    ...(operation.expiresAtMs === undefined ? {} : { x: operation.expiresAtMs }),
    ...tailBehind(head, stamp),
  };
  return { type: 'write', head: next, version: stamp.version, removed: false };
}

function foldDelete(head: HeadDocument | undefined, operation: DeleteOperation, stamp: WriteStamp): FoldResult {
  const standing = isLive(head, stamp.nowMs) ? head : undefined;
  const refusal = checkCondition(standing, operation.condition);
  if (refusal) return refusal;
  if (standing === undefined) return { type: 'nothing' };
  const next: HeadDocument = { ...identity(standing), ver: stamp.version, by: operation.author, gone: true, ...tailBehind(standing, stamp) };
  return { type: 'write', head: next, version: stamp.version, removed: stamp.retention === 'none' };
}

function foldExpire(head: HeadDocument | undefined, stamp: WriteStamp): FoldResult {
  if (head === undefined || !isExpired(head, stamp.nowMs)) return { type: 'nothing' };
  const settled = settleExpiry(head, stamp.nowMs);
  const { tail, ...rest } = settled;
  const kept = retainTail({ tail: tail ?? [], current: settled.ver, retention: stamp.retention, nowMs: stamp.nowMs });
  return { type: 'write', head: kept.length > 0 ? { ...rest, tail: kept } : rest, version: settled.ver, removed: stamp.retention === 'none' };
}

function foldTrim(head: HeadDocument | undefined, stored: ReadonlySet<string>): FoldResult {
  if (head === undefined) return { type: 'nothing' };
  const kept = (head.tail ?? []).filter(([version]) => !stored.has(version));
  const removed = head.gone === true && kept.length === 0 && stored.has(head.ver);
  if (!removed && kept.length === (head.tail ?? []).length) return { type: 'nothing' };
  const { tail: _, ...rest } = head;
  return { type: 'write', head: kept.length > 0 ? { ...rest, tail: kept } : rest, removed };
}

function tailBehind(head: HeadDocument | undefined, stamp: WriteStamp): { tail?: readonly StoredVersion[] } {
  if (head === undefined) return {};
  const settled = settleExpiry(head, stamp.nowMs);
  const all = [storedVersionOfHead(settled), ...(settled.tail ?? [])];
  const tail = retainTail({ tail: all, current: stamp.version, retention: stamp.retention, nowMs: stamp.nowMs });
  return tail.length > 0 ? { tail } : {};
}

function identity(head: HeadDocument | undefined, id?: string): { _id: string; _rev?: string } {
  const revision = head?._rev;
  return { _id: head?._id ?? id ?? '', ...(revision === undefined ? {} : { _rev: revision }) };
}

function mergeValue(before: JsonValue | undefined, over: JsonValue): JsonValue {
  return isObject(before) && isObject(over) ? { ...before, ...over } : over;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTooLong(value: JsonValue, limit: number | undefined): boolean {
  return limit !== undefined && JSON.stringify(value).length > limit;
}
