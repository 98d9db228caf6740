import type { ErrorString } from '@xir/protocol';
import { ServiceError } from '@xir/rest';
import { RouterError, type RouterErrorCode } from '@xir/router';

/** The stable codes of this face's own failures. */
export const MESSAGING_ERROR_CODES = [
  'MESSAGING_BAD_MESSAGE',
  'MESSAGING_BAD_OPTION',
  'MESSAGING_BAD_WEBHOOK',
  'MESSAGING_NO_HISTORY',
  'MESSAGING_NO_SESSION',
  'MESSAGING_NO_WEBHOOK',
  'MESSAGING_NOT_SERVING',
  'MESSAGING_TOO_MANY_MESSAGES',
  'MESSAGING_TOO_MANY_REVOKED',
  'MESSAGING_TOO_MANY_SESSIONS',
  'MESSAGING_TOO_MANY_WEBHOOKS',
  'MESSAGING_UNAUTHORIZED',
] as const;

/** A code of {@link MESSAGING_ERROR_CODES}. */
export type MessagingErrorCode = (typeof MESSAGING_ERROR_CODES)[number];

/** The v3 error string of each code, those of the router included. */
export const MESSAGING_ERROR_STRINGS: Readonly<Record<MessagingErrorCode | RouterErrorCode, ErrorString>> = {
  MESSAGING_BAD_MESSAGE: 'bad_value',
  MESSAGING_BAD_OPTION: 'bad_option',
  MESSAGING_BAD_WEBHOOK: 'bad_value',
  MESSAGING_NO_HISTORY: 'no_history',
  MESSAGING_NO_SESSION: 'not_found',
  MESSAGING_NO_WEBHOOK: 'not_found',
  MESSAGING_NOT_SERVING: 'unavailable',
  MESSAGING_TOO_MANY_MESSAGES: 'too_large',
  MESSAGING_TOO_MANY_REVOKED: 'busy',
  MESSAGING_TOO_MANY_SESSIONS: 'busy',
  MESSAGING_TOO_MANY_WEBHOOKS: 'busy',
  MESSAGING_UNAUTHORIZED: 'unauthorized',
  ROUTER_BAD_MESSAGE: 'bad_value',
  ROUTER_BAD_PEER: 'bad_name',
  ROUTER_CLOSED: 'unavailable',
  ROUTER_LEFT: 'not_found',
  ROUTER_MESSAGE_TOO_LARGE: 'too_large',
  ROUTER_RATE_LIMITED: 'rate_limited',
  ROUTER_TOO_MANY_LISTENERS: 'busy',
};

/** A failure of this face. */
export function messagingError(code: MessagingErrorCode, message: string): ServiceError {
  return new ServiceError(code, MESSAGING_ERROR_STRINGS[code], { message });
}

/** What the router refuses, as clients are told; anything else as it is. */
export function toServiceError(error: unknown): unknown {
  if (!(error instanceof RouterError)) return error;
  const headers = error.code === 'ROUTER_RATE_LIMITED' || error.code === 'ROUTER_TOO_MANY_LISTENERS' ? ['Retry-After', '1'] : [];
  return new ServiceError(error.code, MESSAGING_ERROR_STRINGS[error.code], { message: error.message, headers });
}
