export { KV4_ERROR_CODES, Kv4Error, type Kv4ErrorCode, type Kv4ErrorDetails } from './errors.ts';
export type { JsonObject, JsonValue } from './json.ts';
export type { KeyAddress, PathAddress, SecondaryKeyName, SecondaryKeys } from './address.ts';
export type { Kv4Record, Kv4Version, Page, WriteResult } from './record.ts';
export type { HeadDocument, SegmentDocument, StoredVersion } from './head.ts';
export type { Aggregate, AggregateOptions, AggregateResult, TimeUnit } from './aggregate.ts';
export {
  DEFAULT_PAGE_LIMIT,
  MAX_PAGE_LIMIT,
  type DeleteOptions,
  type Kv4Store,
  type Kv4StoreSupports,
  type OperationOptions,
  type PageOptions,
  type PutOptions,
  type ReadOptions,
  type SeriesOptions,
  type TreeOptions,
  type WriteCondition,
} from './store.ts';
export { DEFAULT_WATCH_QUEUE_EVENTS, type WatchEvent, type WatchOptions, type WatchResetReason, type WatchScope } from './watch.ts';
