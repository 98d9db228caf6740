export { openMemory } from './open-memory.ts';
export { Memory, type MemoryParts } from './memory.ts';
export {
  DEFAULT_FEED_MAX_BACKOFF_MS,
  DEFAULT_FRESH_TIMEOUT_MS,
  DEFAULT_CLOSE_TIMEOUT_MS,
  DEFAULT_HEALTHY_AGE_MS,
  DEFAULT_MAX_CACHE_BYTES,
  DEFAULT_OPEN_TIMEOUT_MS,
  type MemoryOptions,
} from './options.ts';
export { DEFAULT_AUDIT_INTERVAL_MS, DEFAULT_AUDIT_PATIENCE_MS, DEFAULT_AUDIT_SAMPLE, type AuditResult } from './audit.ts';
export { DEFAULT_MAX_CONCURRENT_LOADS, DEFAULT_MAX_LOAD_BATCH } from './entry-reader.ts';
export type { KeyFollower, KeyFollowListener, ScopeListener } from './key-followers.ts';
export type { MemoryHealth } from './health.ts';
export type { MemoryStats, ReadCounters } from './stats.ts';
