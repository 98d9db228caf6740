import { KV4_ERROR_CODES, Kv4Error, type Kv4ErrorCode } from '@xir/kv4-core';

/** The stable codes of {@link SdkError}. */
export const SDK_ERROR_CODES = [
  'SDK_BAD_OPTION',
  'SDK_BAD_RESPONSE',
  'SDK_BAD_URL',
  'SDK_BUSY',
  'SDK_CLOSED',
  'SDK_KICKED',
  'SDK_NO_TCP',
  'SDK_NO_WEBSOCKET',
  'SDK_OUTCOME_UNKNOWN',
  'SDK_REFUSED',
  'SDK_REPLACED',
  'SDK_TOO_SLOW',
  'SDK_UNAUTHORIZED',
  'SDK_UNAVAILABLE',
] as const;

/** A code of {@link SdkError}. */
export type SdkErrorCode = (typeof SDK_ERROR_CODES)[number];

/**
 * What a neuron's face may answer that KV4 has no code for. `SDK_BAD_URL` is thrown by `connect`; others are the `cause` of a
 * `Kv4Error` (`KV4_REJECTED`, or `KV4_UNAVAILABLE` for an answer that cannot be read). Channels throw all of theirs as they are.
 */
export class SdkError extends Error {
  override readonly name = 'SdkError';
  readonly code: SdkErrorCode;
  /** The error string of the REST API, or the router's code with which a message was refused, when there was one. */
  readonly errorString: string | undefined;

  constructor(code: SdkErrorCode, message: string, errorString?: string) {
    super(message);
    this.code = code;
    this.errorString = errorString;
  }
}

/** What the REST API's error strings mean to KV4. Strings that are not here become `KV4_REJECTED`. */
const KV4_CODES: Readonly<Record<string, Kv4ErrorCode>> = {
  not_found: 'KV4_NOT_FOUND',
  path_exists: 'KV4_ALREADY_EXISTS',
  _ver_missing: 'KV4_VERSION_MISSING',
  version_conflict: 'KV4_VERSION_CONFLICT',
  locked: 'KV4_BUSY',
  bad_name: 'KV4_BAD_ADDRESS',
  bad_segment: 'KV4_BAD_ADDRESS',
  bad_layer_prefix: 'KV4_BAD_ADDRESS',
  bad_request: 'KV4_BAD_ADDRESS',
  url_too_long: 'KV4_BAD_ADDRESS',
  bad_body: 'KV4_BAD_VALUE',
  bad_value: 'KV4_BAD_VALUE',
  value_missing: 'KV4_BAD_VALUE',
  bad_option: 'KV4_BAD_OPTION',
  too_large: 'KV4_VALUE_TOO_LARGE',
  unsupported: 'KV4_UNSUPPORTED',
  busy: 'KV4_BUSY',
  timeout: 'KV4_UNAVAILABLE',
  not_fresh: 'KV4_FRESHNESS_UNPROVED',
  unavailable: 'KV4_UNAVAILABLE',
  internal: 'KV4_UNAVAILABLE',
  outcome_unknown: 'KV4_OUTCOME_UNKNOWN',
};

/** A failed answer: the envelope's error string, and the headers that say it precisely. */
export interface FailedAnswer {
  readonly errorString: string;
  /** The stable code behind it (`X-KV4-Error`), where the neuron sends one. */
  readonly code?: string | undefined;
  /** `X-KV4-Current-Version`. */
  readonly currentVersion?: string;
}

/** The error for a failed answer of the REST API. `doing` names the operation and the address, without secrets. */
export function errorOfAnswer(answer: FailedAnswer, doing: string): Kv4Error {
  const { errorString, currentVersion } = answer;
  const code = KV4_ERROR_CODES.find((known) => known === answer.code) ?? KV4_CODES[errorString];
  const details = currentVersion === undefined ? {} : { currentVersion };
  if (code !== undefined) return new Kv4Error(code, `${doing}: the neuron answered ${errorString}`, details);
  const cause =
    errorString === 'unauthorized'
      ? new SdkError('SDK_UNAUTHORIZED', 'the login was refused, or may not do this', errorString)
      : new SdkError('SDK_REFUSED', `the neuron answered ${errorString}`, errorString);
  return new Kv4Error('KV4_REJECTED', `${doing}: ${cause.message}`, { cause });
}
