export {
  type Authentication,
  type AuthenticationContext,
  type BasicAuth,
  type BearerAuth,
  type BearerToken,
  type CookieAuth,
  type CouchAuth,
  type Credential,
} from './authentication.ts';
export { backoffDelayMs, DEFAULT_BACKOFF_BASE_MS, DEFAULT_BACKOFF_MAX_MS, type BackoffOptions } from './backoff.ts';
export {
  CouchClient,
  isTransient,
  type CouchClientOptions,
  type CouchJsonRequest,
  type CouchJsonResponse,
  type CouchRequest,
} from './client.ts';
export { systemClock, systemRandom, type Clock, type Random, type Timer } from './clock.ts';
export { DEFAULT_COOKIE_LIFETIME_MS, LOGIN_REFUSED_HOLD_MS } from './cookie-authentication.ts';
export { CouchDatabase, readDatabaseInfo, type CouchDocument, type DatabaseInfo } from './database.ts';
export { encodeDatabaseName, encodeDocumentId, encodeQuery, type Query, type QueryValue } from './encoding.ts';
export { COUCH_ERROR_CODES, CouchError, hasEffects, isCouchError, type CouchErrorCode, type CouchErrorDetails } from './errors.ts';
export { inProcessTransport, type InProcessResponse, type InProcessServer, type InProcessTransportOptions } from './in-process-transport.ts';
export { MAX_RETRY_AFTER_MS, parseRetryAfter } from './retry-after.ts';
export { parseServerUrl, type ServerUrl } from './server-url.ts';
export { codeOfStatus, errorOfResponse, type FailedResponse } from './status-error.ts';
export type { BorrowedPieces, CouchTransport, TransportRequest, TransportResponse } from './transport.ts';
export {
  DEFAULT_BODY_TIMEOUT_MS,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_CONNECTIONS,
  DEFAULT_HEADERS_TIMEOUT_MS,
  DEFAULT_MAX_RESPONSE_BYTES,
  undiciTransport,
  type TlsOptions,
  type UndiciTransportOptions,
} from './undici-transport.ts';
