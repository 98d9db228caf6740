export { ChangeRow, type RowProblem } from './change-row.ts';
export { ChangesParser, DEFAULT_MAX_LINE_BYTES, type ChangesEnd, type ChangesParserOptions, type ParsedChanges, type RawRow } from './changes-parser.ts';
export {
  DEFAULT_CHECKPOINT_INTERVAL_MS,
  DEFAULT_MAX_CHECKPOINT_AGE_MS,
  isCheckpointExpired,
  memoryCheckpointStore,
  readCheckpoint,
  type Checkpoint,
  type CheckpointStore,
} from './checkpoint.ts';
export {
  BARRIER_DOCUMENT_PREFIX,
  compareEpoch,
  DEFAULT_BARRIER_INTERVAL_MS,
  EPOCH_DOCUMENT_ID,
  epochIdentity,
  type EpochIdentity,
  type EpochIdentityOptions,
  type ObservedEpoch,
  type RememberedBarrier,
} from './epoch-identity.ts';
export { FEED_ERROR_CODES, FeedError, type FeedErrorCode } from './errors.ts';
export {
  RESET_REASONS,
  type CaughtUpEvent,
  type ChangesEvent,
  type FeedCounters,
  type FeedEvent,
  type PurgedEvent,
  type ResetEvent,
  type ResetReason,
  type StatusEvent,
  type WarningEvent,
} from './events.ts';
export type { ChangeFeed, FreshnessProof, ProbeResult, ProveOptions } from './feed.ts';
export { DEFAULT_MAX_BATCH_ROWS, DEFAULT_MAX_QUEUE_BYTES, DEFAULT_MAX_QUEUE_ROWS } from './feed-queue.ts';
export { decodeCheckpointFile, encodeCheckpointFile, fileCheckpointStore, type FileCheckpointOptions } from './file-checkpoint.ts';
export { followChanges } from './follow-changes.ts';
export {
  FEED_OBSTACLES,
  FEED_WARNINGS,
  FOLLOWER_EVENTS,
  FOLLOWER_STATES,
  INITIAL_FOLLOWER_STATE,
  type FeedMode,
  type FeedObstacle,
  type FeedWarning,
  type FollowerAction,
  type FollowerEvent,
  type FollowerEventKind,
  type FollowerState,
  type FollowerStateKind,
  type FollowerStep,
} from './follower-state.ts';
export { FOLLOWER_TABLE, followerTransition, type FollowerTransition } from './follower-transition.ts';
export {
  compareDatabase,
  type DatabaseFindings,
  type IdentityCheck,
  type IdentityResult,
  type IdentityVerdict,
  type RememberedDatabase,
} from './identity.ts';
export { decideIncludeDocs, measureChanges, NO_MEASURE, type FeedMeasure, type IncludeDocsMode } from './include-docs.ts';
export { readPurgedIds } from './purged-documents.ts';
export { LineSplitter, OVERSIZED_PREFIX_BYTES, type LineSink } from './line-splitter.ts';
export { localCheckpointStore } from './local-checkpoint.ts';
export { LowWaterMark } from './low-water-mark.ts';
export {
  DEADLINE_HEARTBEATS,
  DEFAULT_HEARTBEAT_MS,
  DEFAULT_INSPECT_INTERVAL_MS,
  DEFAULT_PROVE_TIMEOUT_MS,
  DEFAULT_RETRY_CONTINUOUS_MS,
  INCLUDE_DOCS_DWELL_MS,
  type FollowOptions,
} from './options.ts';
