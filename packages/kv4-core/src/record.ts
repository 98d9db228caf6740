import type { KeyAddress, SecondaryKeys } from './address.ts';
import type { JsonValue } from './json.ts';

/** The current value of a key, as every {@link Kv4Store} returns it. */
export interface Kv4Record {
  readonly address: KeyAddress;
  /** The value, parsed on first use. Treat it as frozen: it may be shared with other readers. */
  readonly value: JsonValue;
  /** The value as the JSON text that is stored and served. */
  readonly valueText: string;
  /** The version's own string (`_ver_`): hybrid logical clock and neuron, sortable and unique. */
  readonly version: string;
  /** When the version was made, in milliseconds since 1970 UTC (taken from {@link version}). */
  readonly timeMs: number;
  /** Who wrote it: an account, or an administrator's name. */
  readonly author: string;
  /** Additional keys, `{}` when there are none. */
  readonly secondary: SecondaryKeys;
  /** When the key expires, in milliseconds since 1970 UTC; absent: never. */
  readonly expiresAtMs?: number;
  /** CouchDB's revision of the document that holds the value; absent in stores without documents. */
  readonly revision?: string;
}

/** One entry of a key's time series: a value that was, or is, or the fact that it was deleted. */
export interface Kv4Version {
  readonly address: KeyAddress;
  readonly version: string;
  readonly timeMs: number;
  readonly author: string;
  /** True when this version is the deletion of the key; `value` is then `null`. */
  readonly deleted: boolean;
  readonly value: JsonValue;
}

/** What a successful write or delete reports. */
export interface WriteResult {
  readonly address: KeyAddress;
  /** The version that this write made. */
  readonly version: string;
  readonly timeMs: number;
  /** False when the database answered 202: accepted by fewer nodes than its quorum. */
  readonly durable: boolean;
  /** The record as stored; absent when the write was a deletion. */
  readonly record?: Kv4Record;
}

/** One page of a listing. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Pass as `after` to read on; absent on the last page. Opaque. */
  readonly next?: string;
}
