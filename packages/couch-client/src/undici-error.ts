import { CouchError, hasEffects, type CouchErrorCode } from './errors.ts';
import { shownPath } from './status-error.ts';
import type { TransportRequest } from './transport.ts';

const CODE_OF_UNDICI: Readonly<Record<string, CouchErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'COUCH_TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'COUCH_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'COUCH_TIMEOUT',
  UND_ERR_ABORTED: 'COUCH_ABORTED',
  ABORT_ERR: 'COUCH_ABORTED',
  UND_ERR_DESTROYED: 'COUCH_CLOSED',
  UND_ERR_CLOSED: 'COUCH_CLOSED',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'COUCH_TOO_LARGE',
  UND_ERR_HEADERS_OVERFLOW: 'COUCH_BAD_RESPONSE',
  UND_ERR_INVALID_ARG: 'COUCH_BAD_REQUEST',
};

/** Failures before a request can have left the machine. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function undiciCodeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  if (name === 'HTTPParserError') return 'HPE_INVALID';
  return name === 'AbortError' || name === 'TimeoutError' ? 'ABORT_ERR' : '';
}

/** The {@link CouchError} for what undici threw. Pure. `sent` says whether the request may have left. */
export function errorOfUndici(error: unknown, request: TransportRequest, { sent }: { sent: boolean }): CouchError {
  if (error instanceof CouchError) return error;
  const aborted = request.signal?.aborted === true;
  const undiciCode = aborted ? 'ABORT_ERR' : undiciCodeOf(error);
  const code = CODE_OF_UNDICI[undiciCode] ?? (undiciCode.startsWith('HPE_') ? 'COUCH_BAD_RESPONSE' : 'COUCH_UNREACHABLE');
  return new CouchError(code, `${request.method} ${shownPath(request.path)}: ${undiciCode || 'connection failed'}`, {
    outcomeUnknown: sent && hasEffects(request.method) && !NEVER_SENT.has(undiciCode),
    cause: error,
  });
}
