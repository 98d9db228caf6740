import { AccountsError } from '@xir/accounts';
import type { Kv4Error, Kv4ErrorCode } from '@xir/kv4-core';
import { ERROR_STRINGS, KV4_ERROR_STRINGS, type ErrorString } from '@xir/protocol';

/** The stable codes of {@link RestError}. */
export const REST_ERROR_CODES = [
  'REST_BAD_BODY',
  'REST_BAD_NAME',
  'REST_BAD_OPTION',
  'REST_BAD_REQUEST',
  'REST_BAD_SEGMENT',
  'REST_BAD_TYPE',
  'REST_BAD_VALUE',
  'REST_BODY_TOO_LARGE',
  'REST_BUSY',
  'REST_FORBIDDEN',
  'REST_HEADERS_TOO_LARGE',
  'REST_INTERNAL',
  'REST_LAYER_NOT_ALLOWED',
  'REST_METHOD_NOT_ALLOWED',
  'REST_NAMESPACE_EXISTS',
  'REST_NAMESPACE_MISSING',
  'REST_NOT_CONFIGURED',
  'REST_NOT_FOUND',
  'REST_TIMEOUT',
  'REST_TYPE_REQUIRED',
  'REST_UNKNOWN_SERVICE',
  'REST_URL_TOO_LONG',
  'REST_VALUE_MISSING',
] as const;

/** A code of {@link RestError}. */
export type RestErrorCode = (typeof REST_ERROR_CODES)[number];

/** The v3 error string of each code. */
export const REST_ERROR_STRINGS: Readonly<Record<RestErrorCode, ErrorString>> = {
  REST_BAD_BODY: 'bad_body',
  REST_BAD_NAME: 'bad_name',
  REST_BAD_OPTION: 'bad_option',
  REST_BAD_REQUEST: 'bad_request',
  REST_BAD_SEGMENT: 'bad_segment',
  REST_BAD_TYPE: 'unrecognized_type_param',
  REST_BAD_VALUE: 'bad_value',
  REST_BODY_TOO_LARGE: 'too_large',
  REST_BUSY: 'busy',
  REST_FORBIDDEN: 'unauthorized',
  REST_HEADERS_TOO_LARGE: 'headers_too_large',
  REST_INTERNAL: 'internal',
  REST_LAYER_NOT_ALLOWED: 'bad_layer_prefix',
  REST_METHOD_NOT_ALLOWED: 'method_not_allowed',
  REST_NAMESPACE_EXISTS: 'path_exists',
  REST_NAMESPACE_MISSING: 'no_namespace',
  REST_NOT_CONFIGURED: 'not_found',
  REST_NOT_FOUND: 'not_found',
  REST_TIMEOUT: 'timeout',
  REST_TYPE_REQUIRED: 'require_type_param',
  REST_UNKNOWN_SERVICE: 'unknown_service',
  REST_URL_TOO_LONG: 'url_too_long',
  REST_VALUE_MISSING: 'value_missing',
};

/** One for every code: a store's code without a string does not compile. */
const STORE_ERROR_STRINGS: Readonly<Record<Kv4ErrorCode, ErrorString>> = KV4_ERROR_STRINGS;

/** Failures of the store whose message speaks of the request alone, never of the database behind it. */
const OWN_FAULTS: ReadonlySet<Kv4ErrorCode> = new Set([
  'KV4_ALREADY_EXISTS',
  'KV4_BAD_ADDRESS',
  'KV4_BAD_OPTION',
  'KV4_BAD_VALUE',
  'KV4_UNSUPPORTED',
  'KV4_VALUE_TOO_LARGE',
  'KV4_VERSION_CONFLICT',
  'KV4_VERSION_MISSING',
]);
const MAX_DETAIL_CHARACTERS = 200;

/** A failure of this face itself. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly code: RestErrorCode;
  /** What v3 clients are told. */
  readonly errorString: ErrorString;
  /** Headers that belong to the answer, as name and value in turn. */
  readonly headers: readonly string[];

  constructor(code: RestErrorCode, message: string, headers: readonly string[] = []) {
    super(message);
    this.code = code;
    this.errorString = REST_ERROR_STRINGS[code];
    this.headers = headers;
  }
}

/** A failure of a service that was added; its code is that service's. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  readonly errorString: ErrorString;
  /** Headers that belong to the answer, as name and value in turn. */
  readonly headers: readonly string[];

  constructor(code: string, errorString: ErrorString, { message, headers = [] }: { readonly message: string; readonly headers?: readonly string[] }) {
    super(message);
    this.code = code;
    this.errorString = errorString;
    this.headers = headers;
  }
}

/** How an error is told to a client. */
export interface ErrorAnswer {
  readonly errorString: ErrorString;
  /** The precise HTTP status, for clients that ask for it. */
  readonly status: number;
  /** The stable code, sent as `X-KV4-Error`. */
  readonly code: string;
  readonly headers: readonly string[];
  /** What exactly is wrong, sent as `X-KV4-Error-Detail`; only where the client's own request is the cause. */
  readonly detail?: string;
  /** True for a failure that nobody planned for: it is worth a log line. */
  readonly unexpected: boolean;
}

/** How any error that reached the face is told to a client. */
export function describeError(error: unknown): ErrorAnswer {
  if (error instanceof RestError || error instanceof ServiceError) return detailed(answer(error.errorString, error.code, error.headers), error);
  if (error instanceof AccountsError) {
    if (error.code === 'ACCOUNTS_TOO_MANY_ATTEMPTS') {
      return { ...answer(error.errorString, error.code, ['Retry-After', String(Math.ceil((error.retryAfterMs ?? 1000) / 1000))]), status: 429 };
    }
    const told = answer(error.errorString, error.code, []);
    // Why a login failed is nobody's business.
    return error.errorString === 'unauthorized' ? told : detailed(told, error);
  }
  if (isKv4Error(error)) {
    const { currentVersion } = error;
    const told = answer(STORE_ERROR_STRINGS[error.code], error.code, currentVersion === undefined ? [] : ['X-KV4-Current-Version', currentVersion]);
    return OWN_FAULTS.has(error.code) ? detailed(told, error) : told;
  }
  return { ...answer('internal', 'REST_INTERNAL', []), unexpected: true };
}

function isKv4Error(error: unknown): error is Kv4Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && Object.hasOwn(STORE_ERROR_STRINGS, error.code);
}

function answer(errorString: ErrorString, code: string, headers: readonly string[]): ErrorAnswer {
  return { errorString, status: ERROR_STRINGS[errorString].status, code, headers, unexpected: false };
}

/** Adds the message of an error, as far as a header can carry it. That something is not there needs no explanation. */
function detailed(told: ErrorAnswer, { message }: Error): ErrorAnswer {
  if (told.errorString === 'not_found' || message === '') return told;
  return { ...told, detail: message.slice(0, MAX_DETAIL_CHARACTERS).replace(/[^\x20-\x7e]/g, '?') };
}
