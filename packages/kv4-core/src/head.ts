import type { SecondaryKeys } from './address.ts';
import type { JsonValue } from './json.ts';

/**
 * One earlier version, as it stands in a head's tail or in a segment: version, author and value.
 * Two elements only: the version is a deletion.
 */
export type StoredVersion = readonly [version: string, author: string, value: JsonValue] | readonly [version: string, author: string];

/**
 * The document that holds a key's current value. Its `_id` carries the coordinate (see `headId`), its `_rev` is the
 * guard of compare-and-set, its tail the versions that are not in a segment yet.
 */
export interface HeadDocument {
  readonly _id: string;
  /** Absent on a document that was never written. */
  readonly _rev?: string;
  /** The current value; absent when `gone`. */
  readonly v?: JsonValue;
  /** The current version. */
  readonly ver: string;
  /** The author of the current version. */
  readonly by: string;
  /** The current version is a deletion; the document stays until its history is in segments. */
  readonly gone?: true;
  /** Additional keys. */
  readonly m?: SecondaryKeys;
  /** Expiry, in milliseconds since 1970 UTC. */
  readonly x?: number;
  /** Upkeep wrote this revision: its version had come with an earlier one. Who resumes a watch need not tell it again. */
  readonly same?: true;
  /** Earlier versions, newest first. */
  readonly tail?: readonly StoredVersion[];
}

/** Append-only history of a key: versions moved out of the head's tail, oldest first. */
export interface SegmentDocument {
  readonly _id: string;
  readonly _rev?: string;
  /** The newest version in the segment (the oldest is in its id). */
  readonly to: string;
  readonly versions: readonly StoredVersion[];
}
