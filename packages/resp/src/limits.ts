import { DEFAULT_RESP_REQUEST_LIMITS, type RespRequestLimits } from '@xir/protocol';

import {
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
} from './options.ts';

/** What a client may send before it has logged in: enough for that. */
export const LIMITS_BEFORE_LOGIN: RespRequestLimits = { maxBulkBytes: 16_384, maxArguments: 10, maxRequestBytes: 65_536, maxInlineBytes: 16_384 };

/** The limits with defaults for what was not given. */
export function completeLimits(limits: RespOptions['limits'] = {}): RespLimits {
  return {
    maxConnections: limits.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    request: { ...DEFAULT_RESP_REQUEST_LIMITS, ...limits.request },
    maxBufferedInputBytes: limits.maxBufferedInputBytes ?? DEFAULT_MAX_BUFFERED_INPUT_BYTES,
    maxOutputBytes: limits.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES,
    outputTimeoutMs: limits.outputTimeoutMs ?? DEFAULT_OUTPUT_TIMEOUT_MS,
    loginTimeoutMs: limits.loginTimeoutMs ?? DEFAULT_LOGIN_TIMEOUT_MS,
    maxQueuedCommands: limits.maxQueuedCommands ?? DEFAULT_MAX_QUEUED_COMMANDS,
    maxTrackedNames: limits.maxTrackedNames ?? DEFAULT_MAX_TRACKED_NAMES,
    maxSubscriptions: limits.maxSubscriptions ?? DEFAULT_MAX_SUBSCRIPTIONS,
    maxScanCursors: limits.maxScanCursors ?? DEFAULT_MAX_SCAN_CURSORS,
    maxListedNames: limits.maxListedNames ?? DEFAULT_MAX_LISTED_NAMES,
  };
}
