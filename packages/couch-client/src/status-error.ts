import { CouchError, hasEffects, type CouchErrorCode } from './errors.ts';
import { parseRetryAfter } from './retry-after.ts';

const CODE_OF_STATUS: Readonly<Record<number, CouchErrorCode>> = {
  401: 'COUCH_UNAUTHORIZED',
  403: 'COUCH_FORBIDDEN',
  404: 'COUCH_NOT_FOUND',
  408: 'COUCH_TIMEOUT',
  409: 'COUCH_CONFLICT',
  412: 'COUCH_PRECONDITION',
  413: 'COUCH_TOO_LARGE',
  429: 'COUCH_BUSY',
  503: 'COUCH_BUSY',
};

/** The code for an HTTP status that is not a success. Pure. */
export function codeOfStatus(status: number): CouchErrorCode {
  const known = CODE_OF_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500) return 'COUCH_SERVER';
  if (status >= 400) return 'COUCH_BAD_REQUEST';
  return 'COUCH_BAD_RESPONSE';
}

/** A response as far as an error needs it. */
export interface FailedResponse {
  readonly method: string;
  /** Path with or without query; the query is left out of the message. */
  readonly path: string;
  readonly status: number;
  /** The `retry-after` header. */
  readonly retryAfter?: string | undefined;
  /** The body's text, JSON or not. */
  readonly text: string;
  /** Wall-clock milliseconds, for a `Retry-After` that is a date. */
  readonly now: number;
}

function errorBody(text: string): { error?: string; reason?: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // A proxy's page instead of CouchDB's JSON: the status alone says what happened.
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const { error, reason } = parsed as Record<string, unknown>;
  return {
    ...(typeof error === 'string' ? { error: error.slice(0, 200) } : {}),
    ...(typeof reason === 'string' ? { reason: reason.slice(0, 1000) } : {}),
  };
}

/** The path without its query, shortened: what a message may show. */
export function shownPath(path: string): string {
  const end = path.indexOf('?');
  const bare = end < 0 ? path : path.slice(0, end);
  return bare.length > 200 ? `${bare.slice(0, 200)}…` : bare;
}

/** The error for a response whose status is not a success. Pure. */
export function errorOfResponse(failed: FailedResponse): CouchError {
  const { status, method } = failed;
  const { error, reason } = errorBody(failed.text);
  const said = [error, reason].filter((part) => part !== undefined).join(': ');
  return new CouchError(codeOfStatus(status), `${method} ${shownPath(failed.path)}: ${status}${said ? ` ${said}` : ''}`, {
    status,
    error,
    reason,
    retryAfterMs: parseRetryAfter(failed.retryAfter, failed.now),
    outcomeUnknown: hasEffects(method) && (status >= 500 || status === 408),
  });
}
