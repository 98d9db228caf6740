export { KV4_ERROR_CODES, Kv4Error, type Kv4ErrorCode, type Kv4ErrorDetails } from './errors.ts';
export type { JsonObject, JsonValue } from './json.ts';
export type { KeyAddress, PathAddress, SecondaryKeyName, SecondaryKeys } from './address.ts';
export type { Kv4Record, Kv4Version, Page, WriteResult } from './record.ts';
export type { HeadDocument, SegmentDocument, StoredVersion } from './head.ts';
export type { Aggregate, AggregateOptions, AggregateResult, TimeUnit } from './aggregate.ts';
export type { OperationOptions } from './operation.ts';
export {
  DEFAULT_PAGE_LIMIT,
  MAX_PAGE_LIMIT,
  type DeleteOptions,
  type Kv4Store,
  type Kv4StoreSupports,
  type PageOptions,
  type PutOptions,
  type ReadOptions,
  type SeriesOptions,
  type TreeOptions,
  type WriteCondition,
} from './store.ts';
export { DEFAULT_WATCH_QUEUE_EVENTS, type WatchEvent, type WatchOptions, type WatchResetReason, type WatchScope } from './watch.ts';
export {
  MAX_BUCKET_LENGTH,
  MAX_ID_BYTES,
  MAX_KEY_LENGTH,
  MAX_LAYER_LENGTH,
  MAX_PATH_SEGMENTS,
  MAX_SECONDARY_KEY_LENGTH,
  MAX_SEGMENT_LENGTH,
} from './address-limits.ts';
export { checkBucket, checkKey, checkKeyAddress, checkLayer, checkPathAddress, checkSecondaryKeys, normalisePath, pathSegments } from './address-check.ts';
export { barrierId, EPOCH_ID, headId, parseDocumentId, segmentId, type ParsedDocumentId } from './document-id.ts';
export { bucketRange, inRange, layerRange, pathRange, segmentRange, subtreeRange, subtreeSegmentRange, type IdRange } from './id-range.ts';
export { compareIds } from './id-order.ts';
export {
  formatVersion,
  highestVersionAt,
  isNeuronName,
  isVersion,
  lowestVersionAt,
  MAX_NEURON_NAME_LENGTH,
  MAX_VERSION_COUNTER,
  MAX_VERSION_LENGTH,
  MAX_VERSION_TIME_MS,
  parseVersion,
  versionTimeMs,
  type ParsedVersion,
} from './version.ts';
export { EXPIRY_NEURON, INITIAL_HYBRID_CLOCK, MAX_CLOCK_LEAD_MS, nextVersion, type HybridClock, type HybridMoment } from './hybrid-clock.ts';
export { compareRevisions, generationOf, parseRevision, winningRevision, type ParsedRevision, type RevisionLeaf } from './revision.ts';
export { decodeHead, decodeSegment, MAX_AUTHOR_LENGTH } from './head-codec.ts';
export { recordFromHead, recordFromText, recordFromValue, storedVersionOfHead, versionsOfHead, versionsOfSegment, type RecordFields } from './document-record.ts';
export { pageText, placedRecordText, placedVersionText, recordText, versionText, watchEventText, writeText } from './record-text.ts';
export { readSeriesPage, type SeriesPageOptions } from './series-page.ts';
export { checkValue, DEFAULT_MAX_VALUE_BYTES, isStorableValue, MAX_VALUE_DEPTH, type ValueLimits } from './value-check.ts';
export {
  DEFAULT_LAYER_RETENTION,
  DEFAULT_RETENTION,
  retainVersions,
  retentionOf,
  retentionProblem,
  type LayerRetention,
  type Retention,
} from './retention.ts';
export { groupRange, parseTimeGroup, TIME_UNITS, timeGroupOf, type TimeGroup, type TimeSpan } from './time-group.ts';
export { aggregateNumbers, aggregateVersions, checkAggregateOptions, DEFAULT_AGGREGATE_FIELD, numberOf } from './aggregation.ts';
export { accumulate, emptyAccumulator, mergeAccumulators, type Accumulator } from './accumulator.ts';
export { OrderedIdIndex } from './ordered-id-index.ts';
export { depthBelow, idsInTree, layersInBucket, pathsInTree, seekPastDepth, type IndexTreeOptions } from './index-listing.ts';
export { decodeCursor, encodeCursor, MAX_CURSOR_LENGTH } from './cursor.ts';
export { checkDepth, checkPageOptions, checkReadOptions, type CheckedPage } from './page-options.ts';
export { checkWriteCondition, checkDeleteOptions, checkPutOptions, checkSeriesOptions, checkTime, MAX_EXPIRY_MS } from './operation-options.ts';
export { checkWatchOptions, coverOf, covers, type WatchCover } from './watch-options.ts';
export {
  EXPIRY_AUTHOR,
  expiryVersion,
  foldWrite,
  isExpired,
  isLive,
  settleExpiry,
  versionFloor,
  type DeleteOperation,
  type FoldResult,
  type PutOperation,
  type UpkeepOperation,
  type WriteOperation,
  type WriteStamp,
} from './fold.ts';
export { checkCondition, type ConditionRefusal } from './fold-condition.ts';
export { uniteLeaves } from './fold-leaves.ts';
export {
  DEFAULT_HARD_LIMITS,
  DEFAULT_KEEP_LIMITS,
  DEFAULT_SEGMENT_LIMITS,
  DEFAULT_SPILL_LIMITS,
  retainTail,
  tailReaches,
  versionsToSpill,
  type TailLimits,
} from './fold-tail.ts';
export { GroupCommit } from './group-commit.ts';
export { CommitPace, DEFAULT_COMMIT_PACE_LIMITS, type CommitPaceLimits } from './group-commit-pace.ts';
export { LANE_MOVES, type LaneEvent, type LaneMove, type LaneState } from './group-commit-lane.ts';
export {
  DEFAULT_GROUP_COMMIT_LIMITS,
  type BatchDocument,
  type CommitBase,
  type DocumentAnswer,
  type GroupCommitAction,
  type GroupCommitEvent,
  type GroupCommitLimits,
  type GroupCommitMoment,
  type GroupCommitStats,
  type LosingLeaf,
  type OperationOutcome,
} from './group-commit-types.ts';
export {
  CacheEntry,
  ENTRY_EFFECT,
  ENTRY_EVENTS,
  ENTRY_STATES,
  isServable,
  MAX_SUSPECT_ATTEMPTS,
  SUSPECT_BACKOFF_BASE_MS,
  type EntryEvent,
  type EntryEventType,
  type EntrySnapshot,
  type EntryState,
  type LeavesVerdict,
} from './entry-state.ts';
export { accountsFor, compareSnapshot, laterRevision, type SnapshotOrder } from './entry-order.ts';
export { ENTRY_TABLE, stepEntry } from './entry-transition.ts';
export { DEFAULT_RECENT_REVISIONS, RecentRevisions, SupersededRevisions, type RowParts } from './entry-recent.ts';
export { HashTable } from './hash-table.ts';
export { hashText, IdHash, joinHash } from './id-hash.ts';
export { RECENT_ID_TEXTS } from './recent-ids.ts';
export { decideLeaves, type LeavesDecision, type VerifiedLeaf } from './verify-leaves.ts';
