export { DEFAULT_REVISIONS_LIMIT } from './create-database.ts';
export { CouchStore, DEFAULT_AUTHOR, openCouchStore, type CouchStoreOptions } from './couch-store.ts';
export {
  DEFAULT_MAX_EXPIRIES,
  DEFAULT_UPKEEP_LIMITS,
  HeadStore,
  openHeadStore,
  type CommitOptions,
  type CommitOutcome,
  type HeadStoreOptions,
  type HeadStoreStats,
} from './head-store.ts';
export { commitBaseOf, headReadOf, type HeadRead } from './head-read.ts';
export type { HeadScan, HeadScanOptions, IdScan } from './head-scan.ts';
export type { CommitHooks, CommittedHead } from './commit-driver.ts';
export type { HistoryUpkeepStats } from './history-upkeep.ts';
export type { UpkeepQueueLimits, UpkeepQueueStats } from './upkeep-queue.ts';
export type { LeafDocument } from './leaf-documents.ts';
