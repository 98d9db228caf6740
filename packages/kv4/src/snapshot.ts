import type { EntrySnapshot, HeadDocument, JsonValue, PathAddress, StoredVersion } from '@xir/kv4-core';
import type { HeadRead } from '@xir/kv4-couch';
import { CachedRecord } from './cached-record.ts';

/** Longest tail that is kept beside a value, in characters of JSON. Without it a write reads the head first. */
export const MAX_KEPT_TAIL_CHARACTERS = 16_384;

/** Stands for a tail that is there but was not kept. */
export const TAIL_NOT_KEPT = '';

/** What a head says, in the form the cache keeps. `deleted`: the document itself is deleted, whatever its body holds. */
export function snapshotOfHead(place: PathAddress, key: string, head: HeadDocument, deleted = false): EntrySnapshot {
  const live = !deleted && head.gone !== true && head.v !== undefined;
  return {
    revision: head._rev,
    version: head.ver,
    ...(live ? { record: new CachedRecord(place, key, head) } : {}),
    ...(head.tail === undefined || deleted ? {} : { tail: tailText(head.tail) }),
  };
}

/** What a read of a head says. What is no head counts as not there. */
export function snapshotOfRead(place: PathAddress, key: string, read: HeadRead): EntrySnapshot {
  if (read.head !== undefined) return snapshotOfHead(place, key, read.head);
  return { revision: read.rev, version: read.floor };
}

function tailText(tail: readonly StoredVersion[]): string {
  const text = JSON.stringify(tail);
  return text.length > MAX_KEPT_TAIL_CHARACTERS ? TAIL_NOT_KEPT : text;
}

/** A head put together again from what the cache keeps; `undefined` where something is missing. `gone` heads need their author, which is not kept. */
export function headOfSnapshot(id: string, known: EntrySnapshot): HeadDocument | undefined {
  const { record, revision, tail } = known;
  if (record === undefined || revision === undefined || tail === TAIL_NOT_KEPT) return undefined;
  return {
    _id: id,
    _rev: revision,
    v: JSON.parse(record.valueText) as JsonValue,
    ver: record.version,
    by: record.author,
    ...(Object.keys(record.secondary).length === 0 ? {} : { m: record.secondary }),
    ...(record.expiresAtMs === undefined ? {} : { x: record.expiresAtMs }),
    ...(tail === undefined ? {} : { tail: JSON.parse(tail) as StoredVersion[] }),
  };
}
