import type { EntrySnapshot, HeadDocument, JsonValue, StoredVersion } from '@xir/kv4-core';
import type { HeadRead } from '@xir/kv4-couch';
import type { PathNode, TableEntry } from './cache-table.ts';
import { CachedRecord } from './cached-record.ts';
import type { PlainHead } from './plain-head.ts';

/** Longest tail that is kept beside a value, in characters of JSON. Without it a write reads the head first. */
export const MAX_KEPT_TAIL_CHARACTERS = 16_384;

/** Stands for a tail that is there but was not kept. */
export const TAIL_NOT_KEPT = '';

/** What is known of a head besides its body. */
export interface HeadCircumstances {
  /** The document itself is deleted, whatever its body holds. */
  readonly deleted?: boolean;
  /** The value's JSON, where `head.v` was not built. */
  readonly valueText?: string | undefined;
  /** The tail's JSON, where `head.tail` was not built. */
  readonly tailText?: string | undefined;
}

/** What a head says, in the form the cache keeps. */
export function snapshotOfHead(node: PathNode, key: string, head: HeadDocument, { deleted = false, valueText, tailText: knownTail }: HeadCircumstances = {}): EntrySnapshot {
  const live = !deleted && head.gone !== true && head.v !== undefined;
  const tail = deleted ? undefined : (knownTail ?? (head.tail === undefined ? undefined : tailText(head.tail)));
  if (live && head._rev !== undefined) return new CachedRecord(head, { common: node.commonOf(head), key, valueText, tail });
  return { revision: head._rev, version: head.ver, ...(tail === undefined ? {} : { tail }) };
}

/** As {@link snapshotOfHead}, of a head that was read without being parsed. */
export function snapshotOfPlainHead({ node, key }: TableEntry, revision: string, { version, author, valueText, tail }: PlainHead): EntrySnapshot {
  return new CachedRecord({ _rev: revision, ver: version }, { common: node.commonOf({ by: author }), key, valueText, tail });
}

/** What a read of a head says. What is no head counts as not there. */
export function snapshotOfRead(node: PathNode, key: string, read: HeadRead): EntrySnapshot {
  if (read.head !== undefined) return snapshotOfHead(node, key, read.head);
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
