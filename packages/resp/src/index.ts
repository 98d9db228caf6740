export { createRespFace, type RespFace } from './resp-face.ts';
export { createRespServer, DEFAULT_DRAIN_MS, DEFAULT_KEEP_ALIVE_PROBE_MS, type RespServer, type RespServerOptions } from './resp-server.ts';
export {
  DEFAULT_LOGIN_TIMEOUT_MS,
  DEFAULT_MAX_BUFFERED_INPUT_BYTES,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_LISTED_NAMES,
  DEFAULT_MAX_OUTPUT_BYTES,
  DEFAULT_MAX_QUEUED_COMMANDS,
  DEFAULT_MAX_SCAN_CURSORS,
  DEFAULT_MAX_SUBSCRIPTIONS,
  DEFAULT_MAX_TRACKED_NAMES,
  DEFAULT_OUTPUT_TIMEOUT_MS,
  type RespLimits,
  type RespOptions,
  type RespStanding,
} from './options.ts';
export type { FollowedKeyListener, FollowedKeys, FollowedStore } from './changes/followed-store.ts';
export { RESP_ERROR_CODES, RESP_ERROR_WORDS, RespError, type RespErrorCode } from './errors.ts';
export type { RespMetricsSnapshot } from './metrics.ts';
