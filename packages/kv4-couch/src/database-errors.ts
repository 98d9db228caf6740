import { isCouchError, type CouchError } from '@xir/couch-client';
import { Kv4Error, type DocumentAnswer, type Kv4ErrorCode } from '@xir/kv4-core';

/** The error a caller of the store sees for a read that failed. What is no `CouchError` passes through. */
export function readError(cause: unknown): unknown {
  if (!isCouchError(cause)) return cause;
  const [code, message] = describe(cause);
  return new Kv4Error(code, message, { cause });
}

function describe(error: CouchError): readonly [Kv4ErrorCode, string] {
  switch (error.code) {
    case 'COUCH_CLOSED':
      return ['KV4_CLOSED', 'the connection to the database is closed'];
    case 'COUCH_FORBIDDEN':
      return ['KV4_REJECTED', 'the database refuses the request'];
    case 'COUCH_BUSY':
      return ['KV4_UNAVAILABLE', 'the database asks to wait'];
    case 'COUCH_UNAUTHORIZED':
      return ['KV4_UNAVAILABLE', 'the database refuses the credentials'];
    case 'COUCH_NOT_FOUND':
      return ['KV4_UNAVAILABLE', 'the database does not exist'];
    default:
      return ['KV4_UNAVAILABLE', 'the database cannot be read'];
  }
}

/** What a batch that failed as a whole means for each of its documents. */
export function answerOfFailure(cause: unknown, documents: number): DocumentAnswer {
  if (!isCouchError(cause) || cause.outcomeUnknown) return { type: 'unknown', cause };
  switch (cause.code) {
    case 'COUCH_BUSY':
      return { type: 'unavailable', retryAfterMs: cause.retryAfterMs ?? 0, cause };
    case 'COUCH_TOO_LARGE':
      return documents > 1 ? { type: 'alone' } : { type: 'rejected', code: 'KV4_VALUE_TOO_LARGE', message: 'the database takes no document that large', cause };
    case 'COUCH_BAD_REQUEST':
      return documents > 1 ? { type: 'alone' } : { type: 'rejected', code: 'KV4_REJECTED', message: 'the database refuses the document', cause };
    case 'COUCH_FORBIDDEN':
      return { type: 'rejected', code: 'KV4_REJECTED', message: 'the database refuses the write', cause };
    case 'COUCH_CLOSED':
      return { type: 'rejected', code: 'KV4_CLOSED', message: 'the connection to the database is closed', cause };
    default:
      return { type: 'unavailable', cause };
  }
}

/** Errors of single documents that say for certain that the document was not stored. */
const DEFINITE_ERRORS: Readonly<Record<string, Kv4ErrorCode>> = {
  forbidden: 'KV4_REJECTED',
  unauthorized: 'KV4_REJECTED',
  bad_request: 'KV4_REJECTED',
  doc_validation: 'KV4_REJECTED',
  illegal_docid: 'KV4_REJECTED',
  document_too_large: 'KV4_VALUE_TOO_LARGE',
  too_large: 'KV4_VALUE_TOO_LARGE',
};

/** What one row of a `_bulk_docs` answer means (CouchDB API, "api/database/bulk-api"). */
export function answerOfRow(row: unknown): DocumentAnswer {
  const { rev, error, reason } = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>;
  if (typeof error !== 'string') return typeof rev === 'string' ? { type: 'stored', rev } : { type: 'unknown', cause: row };
  if (error === 'conflict') return { type: 'conflict' };
  const code = Object.hasOwn(DEFINITE_ERRORS, error) ? DEFINITE_ERRORS[error] : undefined;
  const message = `the database refuses the document: ${typeof reason === 'string' ? reason.slice(0, 500) : error}`;
  return code === undefined ? { type: 'unknown', cause: row } : { type: 'rejected', code, message };
}
