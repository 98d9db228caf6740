import type { ErrorString } from './error-strings.ts';

/** The error string with which each code of a KV4 store is told, by every face that speaks JSON. */
export const KV4_ERROR_STRINGS = {
  KV4_ALREADY_EXISTS: 'version_conflict',
  KV4_BAD_ADDRESS: 'bad_name',
  KV4_BAD_OPTION: 'bad_option',
  KV4_BAD_VALUE: 'bad_value',
  KV4_BUSY: 'busy',
  KV4_CLOSED: 'unavailable',
  KV4_FRESHNESS_UNPROVED: 'not_fresh',
  KV4_NOT_FOUND: 'not_found',
  KV4_OUTCOME_UNKNOWN: 'outcome_unknown',
  KV4_REJECTED: 'bad_value',
  KV4_UNAVAILABLE: 'unavailable',
  KV4_UNSUPPORTED: 'unsupported',
  KV4_VALUE_TOO_LARGE: 'too_large',
  KV4_VERSION_CONFLICT: 'version_conflict',
  KV4_VERSION_MISSING: '_ver_missing',
} as const satisfies Record<string, ErrorString>;
