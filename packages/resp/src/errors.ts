import { AccountsError } from '@xir/accounts';
import type { Kv4Error, Kv4ErrorCode } from '@xir/kv4-core';

/** The stable codes of {@link RespError}. */
export const RESP_ERROR_CODES = [
  'RESP_BAD_ARGUMENT',
  'RESP_BAD_NAME',
  'RESP_BUSY',
  'RESP_EXECUTION_ABORTED',
  'RESP_FORBIDDEN',
  'RESP_INTERNAL',
  'RESP_NOT_A_NUMBER',
  'RESP_NOT_LOGGED_IN',
  'RESP_NOT_SERVING',
  'RESP_NO_PROTOCOL',
  'RESP_UNKNOWN_COMMAND',
  'RESP_UNSUPPORTED',
  'RESP_WRONG_CREDENTIALS',
] as const;

/** A code of {@link RespError}. */
export type RespErrorCode = (typeof RESP_ERROR_CODES)[number];

/** The first word that a Redis client sees, for each code. */
export const RESP_ERROR_WORDS: Readonly<Record<RespErrorCode, string>> = {
  RESP_BAD_ARGUMENT: 'ERR',
  RESP_BAD_NAME: 'ERR',
  RESP_BUSY: 'BUSY',
  RESP_EXECUTION_ABORTED: 'EXECABORT',
  RESP_FORBIDDEN: 'NOPERM',
  RESP_INTERNAL: 'ERR',
  RESP_NOT_A_NUMBER: 'ERR',
  RESP_NOT_LOGGED_IN: 'NOAUTH',
  RESP_NOT_SERVING: 'TRYAGAIN',
  RESP_UNKNOWN_COMMAND: 'ERR',
  RESP_NO_PROTOCOL: 'NOPROTO',
  RESP_UNSUPPORTED: 'ERR',
  RESP_WRONG_CREDENTIALS: 'WRONGPASS',
};

/** A failure of this face itself. The client sees the word of its code and the message. */
export class RespError extends Error {
  override readonly name = 'RespError';
  readonly code: RespErrorCode;

  constructor(code: RespErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What is said of failures whose message may speak of the database behind the neuron; the others speak of the request alone. */
const KV4_TEXTS: Readonly<Partial<Record<Kv4ErrorCode, string>>> = {
  KV4_BUSY: 'too much is waiting; try again',
  KV4_CLOSED: 'the neuron is closing',
  KV4_FRESHNESS_UNPROVED: 'the cache could not be proved current in time',
  KV4_NOT_FOUND: 'no such key',
  KV4_OUTCOME_UNKNOWN: 'it could not be found out whether the write happened',
  KV4_REJECTED: 'the database refused it',
  KV4_UNAVAILABLE: 'the database cannot be reached, or does not answer',
};

/** How an error is told to a client. */
export interface ErrorLine {
  /** Without the leading `-`. */
  readonly line: string;
  /** True for a failure that nobody planned for: it is worth a log line. */
  readonly unexpected: boolean;
}

/** The line with which any error is told: `ERR …` in Redis' words, or the code of the store and its message. */
export function errorLine(error: unknown): ErrorLine {
  if (error instanceof RespError) return { line: `${RESP_ERROR_WORDS[error.code]} ${error.message}`, unexpected: false };
  if (error instanceof AccountsError) {
    if (error.code === 'ACCOUNTS_UNAUTHORIZED') return { line: 'WRONGPASS invalid username-password pair or user is disabled.', unexpected: false };
    return { line: `${error.code} ${error.message}`, unexpected: false };
  }
  if (isKv4Error(error)) {
    const { code, currentVersion } = error;
    // At the end, where a program finds it whatever the text says.
    const version = currentVersion === undefined ? '' : ` (current version ${currentVersion})`;
    return { line: `${code} ${KV4_TEXTS[code] ?? error.message}${version}`, unexpected: false };
  }
  return { line: 'ERR internal error', unexpected: true };
}

/** Whether an error is one of the store's. */
export function isKv4Error(error: unknown): error is Kv4Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('KV4_');
}
