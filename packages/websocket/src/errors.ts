import { AccountsError } from '@xir/accounts';
import type { Kv4Error, Kv4ErrorCode } from '@xir/kv4-core';
import { KV4_ERROR_STRINGS, type ErrorString, type WebSocketErrorBody } from '@xir/protocol';

/** The stable codes of {@link WebSocketError}. */
export const WEBSOCKET_ERROR_CODES = [
  'WEBSOCKET_ANSWER_TOO_LARGE',
  'WEBSOCKET_BAD_FIELD',
  'WEBSOCKET_BAD_MESSAGE',
  'WEBSOCKET_BUSY',
  'WEBSOCKET_FORBIDDEN',
  'WEBSOCKET_GOING_AWAY',
  'WEBSOCKET_ID_IN_USE',
  'WEBSOCKET_INTERNAL',
  'WEBSOCKET_LAYER_NOT_ALLOWED',
  'WEBSOCKET_NOT_LOGGED_IN',
  'WEBSOCKET_UNKNOWN_OPERATION',
  'WEBSOCKET_VALUE_MISSING',
] as const;

/** A code of {@link WebSocketError}. */
export type WebSocketErrorCode = (typeof WEBSOCKET_ERROR_CODES)[number];

/** The error string that REST has for the same, for each code. */
export const WEBSOCKET_ERROR_STRINGS: Readonly<Record<WebSocketErrorCode, ErrorString>> = {
  WEBSOCKET_ANSWER_TOO_LARGE: 'too_large',
  WEBSOCKET_BAD_FIELD: 'bad_option',
  WEBSOCKET_BAD_MESSAGE: 'bad_body',
  WEBSOCKET_BUSY: 'busy',
  WEBSOCKET_FORBIDDEN: 'unauthorized',
  WEBSOCKET_GOING_AWAY: 'unavailable',
  WEBSOCKET_ID_IN_USE: 'bad_option',
  WEBSOCKET_INTERNAL: 'internal',
  WEBSOCKET_LAYER_NOT_ALLOWED: 'bad_layer_prefix',
  WEBSOCKET_NOT_LOGGED_IN: 'unauthorized',
  WEBSOCKET_UNKNOWN_OPERATION: 'method_not_allowed',
  WEBSOCKET_VALUE_MISSING: 'value_missing',
};

/** A failure of this face itself. */
export class WebSocketError extends Error {
  override readonly name = 'WebSocketError';
  readonly code: WebSocketErrorCode;

  constructor(code: WebSocketErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What new requests are told while the face closes. */
export function goingAway(): WebSocketError {
  return new WebSocketError('WEBSOCKET_GOING_AWAY', 'the neuron is closing: connect to another, or again');
}

/** One for every code: a store's code without a string does not compile. */
const STORE_ERROR_STRINGS: Readonly<Record<Kv4ErrorCode, ErrorString>> = KV4_ERROR_STRINGS;

/** What is said of failures whose message may speak of the database behind the neuron; the others speak of the request alone. */
const STORE_TEXTS: Readonly<Partial<Record<Kv4ErrorCode, string>>> = {
  KV4_BUSY: 'too much is waiting; try again',
  KV4_CLOSED: 'the neuron is closing',
  KV4_FRESHNESS_UNPROVED: 'the cache could not be proved current in time',
  KV4_NOT_FOUND: 'no such key',
  KV4_OUTCOME_UNKNOWN: 'it could not be found out whether the write happened',
  KV4_REJECTED: 'the database refused it',
  KV4_UNAVAILABLE: 'the database cannot be reached, or does not answer',
};

/** How an error is told to a client. */
export interface ToldError {
  readonly body: WebSocketErrorBody;
  /** True for a failure that nobody planned for: it is worth a log line. */
  readonly unexpected: boolean;
}

/** How any error that reached the face is told. */
export function tellError(error: unknown): ToldError {
  if (error instanceof WebSocketError) return told(WEBSOCKET_ERROR_STRINGS[error.code], error.code, error.message);
  if (error instanceof AccountsError) {
    const { errorString, code, retryAfterMs } = error;
    // Why a login failed is nobody's business.
    const message = errorString === 'unauthorized' ? 'the login is wrong, or not active' : error.message;
    return told(errorString, code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  if (isKv4Error(error)) {
    const { code, currentVersion } = error;
    return told(STORE_ERROR_STRINGS[code], code, STORE_TEXTS[code] ?? error.message, currentVersion === undefined ? {} : { version: currentVersion });
  }
  return { ...told('internal', 'WEBSOCKET_INTERNAL', 'internal error'), unexpected: true };
}

function told(error: ErrorString, code: string, message: string, more: Pick<WebSocketErrorBody, 'version' | 'retryAfterMs'> = {}): ToldError {
  return { body: { error, code, message, ...more }, unexpected: false };
}

function isKv4Error(error: unknown): error is Kv4Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && Object.hasOwn(STORE_ERROR_STRINGS, error.code);
}
