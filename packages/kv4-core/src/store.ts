import type { KeyAddress, PathAddress, SecondaryKeyName, SecondaryKeys } from './address.ts';
import type { AggregateOptions, AggregateResult } from './aggregate.ts';
import type { JsonValue } from './json.ts';
import type { OperationOptions } from './operation.ts';
import type { Kv4Record, Kv4Version, Page, WriteResult } from './record.ts';
import type { WatchEvent, WatchOptions, WatchScope } from './watch.ts';

/**
 * How current an answer has to be.
 *
 * With neither field, a cached answer of any age will do. A store without a cache always reads its database.
 */
export interface ReadOptions extends OperationOptions {
  /** Wait until the cache is proved to hold everything the database had committed when the call was made. */
  readonly fresh?: boolean;
  /** Accept a cached answer whose age is at most this many milliseconds; otherwise as `fresh`. */
  readonly maxAgeMs?: number;
}

/** One page of a listing: at most `limit` items, after the cursor of an earlier page. */
export interface PageOptions extends ReadOptions {
  /** Items on the page; default {@link DEFAULT_PAGE_LIMIT}, at most {@link MAX_PAGE_LIMIT}. */
  readonly limit?: number;
  /** {@link Page.next} of the page before. */
  readonly after?: string;
}

/** Default of {@link PageOptions.limit}, in items. */
export const DEFAULT_PAGE_LIMIT = 1000;
/** Largest {@link PageOptions.limit}, in items. */
export const MAX_PAGE_LIMIT = 10_000;

/** A subtree listing: a page, down to a depth. */
export interface TreeOptions extends PageOptions {
  /** Segments below the base that are included: 0 is the base's own keys only. Default: no limit. */
  readonly depth?: number;
}

/**
 * What must be true of the key for a write to happen. It is decided against the database, not against a cache.
 *
 * - `any`: nothing; the write is forced (v3's `_splat_`).
 * - `absent`: create only, else `KV4_ALREADY_EXISTS`.
 * - `present`: replace only, else `KV4_NOT_FOUND`.
 * - `version`: compare-and-set; another version or none is `KV4_VERSION_CONFLICT`.
 * - `locked`: v3's rule: an absent key is created whatever the version; a present key needs its current
 *   version, else `KV4_VERSION_MISSING` (none given) or `KV4_VERSION_CONFLICT`.
 */
export type WriteCondition =
  | { readonly type: 'any' }
  | { readonly type: 'absent' }
  | { readonly type: 'present' }
  | { readonly type: 'version'; readonly version: string }
  | { readonly type: 'locked'; readonly version?: string };

/** How a value is written. */
export interface PutOptions extends OperationOptions {
  /** Default `{ type: 'any' }`. */
  readonly condition?: WriteCondition;
  /** Lay the fields of an object value over the stored object instead of replacing it. `null` sets a field to null. */
  readonly merge?: boolean;
  /** Who writes; default: the store's own author. */
  readonly author?: string;
  /** Additional keys. Absent: those of the version before stay; `{}` removes them. */
  readonly secondary?: SecondaryKeys;
  /** The key expires this many milliseconds from now, at most {@link MAX_EXPIRY_MS}; absent: it does not (an earlier expiry is lifted). */
  readonly expiresInMs?: number;
}

/** How a key is deleted. */
export interface DeleteOptions extends OperationOptions {
  /** Default `{ type: 'any' }`; `absent` is not allowed. */
  readonly condition?: WriteCondition;
  /** Who deletes; default: the store's own author. */
  readonly author?: string;
}

/** What part of a time series is wanted. Times are milliseconds since 1970 UTC, both ends inclusive. */
export interface SeriesOptions extends OperationOptions {
  /** Versions made at this time or later; default: from the first on. */
  readonly fromMs?: number;
  /** Versions made at this time or earlier; default: up to the last. */
  readonly toMs?: number;
  /** Stop after this many versions; default: no limit. */
  readonly limit?: number;
  /** Oldest first instead of newest first. */
  readonly ascending?: boolean;
}

/** What an implementation can do beyond the basics; the acceptance suite runs exactly these parts. */
export interface Kv4StoreSupports {
  /** `watch` works. */
  readonly watch: boolean;
  /** Old versions can be read (`series`, `at`, `treeAt`, `aggregate`). */
  readonly history: boolean;
  /** `expiresInMs` is honoured. */
  readonly expiry: boolean;
  /** `author` of a write is kept as given (a remote store stamps the login instead). */
  readonly author: boolean;
  /** Values other than objects keep their shape. */
  readonly scalars: boolean;
}

/**
 * KV4: values at path / layer / key / time, in buckets.
 *
 * Implemented by the store on CouchDB, by the neuron's memory, by the SDK over the wire, and by a reference in
 * plain memory; all of them run the acceptance suite of `@xir/kv4-testing`. Every method throws {@link Kv4Error};
 * any of them throws `KV4_BAD_ADDRESS` for an address that cannot be stored and `KV4_UNAVAILABLE` when the
 * database cannot be reached and the answer is not at hand.
 */
export interface Kv4Store extends AsyncDisposable {
  readonly supports: Kv4StoreSupports;

  /** The current value of a key, or `undefined` where there is none. */
  get(address: KeyAddress, options?: ReadOptions): Promise<Kv4Record | undefined>;

  /** Writes a value. Resolves when the database has acknowledged it. */
  put(address: KeyAddress, value: JsonValue, options?: PutOptions): Promise<WriteResult>;

  /** Deletes a key, leaving its history readable. `undefined`: there was nothing to delete. */
  delete(address: KeyAddress, options?: DeleteOptions): Promise<WriteResult | undefined>;

  /** Deletes every key at a path (not beneath it); resolves to their number. */
  deletePath(address: PathAddress, options?: DeleteOptions): Promise<number>;

  /** Deletes every key at a path and beneath it; resolves to their number. */
  deleteSubtree(address: PathAddress, options?: DeleteOptions): Promise<number>;

  /** The keys at a path, in order. A path without keys is an empty page, never an error. */
  keys(address: PathAddress, options?: PageOptions): Promise<Page<string>>;

  /** The records at a path, in key order. */
  list(address: PathAddress, options?: PageOptions): Promise<Page<Kv4Record>>;

  /** The records at a path and beneath it, parents before children, in path and key order. */
  tree(address: PathAddress, options?: TreeOptions): Promise<Page<Kv4Record>>;

  /** The paths at or beneath a path that hold keys, in order. */
  paths(address: PathAddress, options?: TreeOptions): Promise<Page<string>>;

  /** The layers of a bucket that hold keys, in order. */
  layers(bucket: string, options?: ReadOptions): Promise<readonly string[]>;

  /** The record at a path whose secondary key has this value; the first in key order if several do. */
  find(address: PathAddress, name: SecondaryKeyName, value: string, options?: ReadOptions): Promise<Kv4Record | undefined>;

  /** A key's versions, newest first, deletions included. Works for a deleted key. */
  series(address: KeyAddress, options?: SeriesOptions): AsyncIterable<Kv4Version>;

  /** The value a key had at a time (milliseconds since 1970 UTC), or `undefined` where it had none. */
  at(address: KeyAddress, timeMs: number, options?: OperationOptions): Promise<Kv4Version | undefined>;

  /** The subtree as it was at a time, in path and key order; deleted keys are absent. */
  treeAt(address: PathAddress, timeMs: number, options?: TreeOptions): Promise<Page<Kv4Version>>;

  /** Sum, minimum, maximum, count, average and percentiles over a key's series, optionally by time group. */
  aggregate(address: KeyAddress, options: AggregateOptions): Promise<AggregateResult>;

  /**
   * Follows a key, a path, a subtree or a layer. Ends when `signal` is aborted or the consumer leaves the loop.
   * Throws `KV4_UNSUPPORTED` where `supports.watch` is false.
   */
  watch(scope: WatchScope, options?: WatchOptions): AsyncIterable<WatchEvent>;

  /** Releases what the store holds. Idempotent; operations under way end with `KV4_CLOSED`. */
  close(): Promise<void>;
}
