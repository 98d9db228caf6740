export {
  startEmbeddedCouch,
  DEFAULT_HOST,
  DEFAULT_MAX_BODY_BYTES,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_DATABASES,
  DEFAULT_MAX_DOCUMENT_BYTES,
  type EmbeddedCouch,
  type EmbeddedCouchOptions,
} from './server.ts';
export type { LocalRequest } from './local/local-request.ts';
export type { LocalResponse } from './local/local-response.ts';
export { EMBEDDED_ERROR_CODES, EmbeddedError, type EmbeddedErrorCode } from './errors.ts';
export { hashPassword, DEFAULT_PASSWORD_ITERATIONS } from './access/password.ts';
