/** Every code a {@link CouchError} can carry. Codes never change between releases; messages may. */
export const COUCH_ERROR_CODES = [
  'COUCH_UNREACHABLE',
  'COUCH_TIMEOUT',
  'COUCH_ABORTED',
  'COUCH_UNAUTHORIZED',
  'COUCH_FORBIDDEN',
  'COUCH_NOT_FOUND',
  'COUCH_CONFLICT',
  'COUCH_PRECONDITION',
  'COUCH_BUSY',
  'COUCH_SERVER',
  'COUCH_BAD_REQUEST',
  'COUCH_BAD_RESPONSE',
  'COUCH_TOO_LARGE',
  'COUCH_CLOSED',
] as const;

/** One of {@link COUCH_ERROR_CODES}. */
export type CouchErrorCode = (typeof COUCH_ERROR_CODES)[number];

/** What a {@link CouchError} knows besides its code and message. */
export interface CouchErrorDetails {
  /** The HTTP status, when a response arrived. */
  readonly status?: number | undefined;
  /** The `error` field of CouchDB's error body. */
  readonly error?: string | undefined;
  /** The `reason` field of CouchDB's error body. */
  readonly reason?: string | undefined;
  /** How long the server asks to wait, in milliseconds (`Retry-After`). */
  readonly retryAfterMs?: number | undefined;
  /** True when a request with effects may have been carried out although no answer tells so. */
  readonly outcomeUnknown?: boolean | undefined;
  readonly cause?: unknown;
}

/**
 * A request that failed. Match on `code`. Messages name the method and path, never the query, the headers or a credential.
 * `outcomeUnknown` is true when a request with effects may have been carried out: read again before you repeat it.
 */
export class CouchError extends Error {
  readonly code: CouchErrorCode;
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly outcomeUnknown: boolean;

  constructor(code: CouchErrorCode, message: string, details: CouchErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'CouchError';
    this.code = code;
    this.status = details.status;
    this.error = details.error;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
    this.outcomeUnknown = details.outcomeUnknown ?? false;
  }
}

/** Whether `value` is a {@link CouchError}, of the given code where one is given. */
export function isCouchError(value: unknown, code?: CouchErrorCode): value is CouchError {
  return value instanceof CouchError && (code === undefined || value.code === code);
}

/** Whether a request of this method may change something on the server. `POST` is taken to. */
export function hasEffects(method: string): boolean {
  return method === 'PUT' || method === 'POST' || method === 'DELETE';
}
