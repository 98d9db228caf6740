import type { ErrorString } from '@xir/protocol';

/** The stable codes of {@link AccountsError}. */
export const ACCOUNTS_ERROR_CODES = [
  'ACCOUNTS_BAD_ADDRESS',
  'ACCOUNTS_BAD_CONTEXT',
  'ACCOUNTS_BAD_EMAIL',
  'ACCOUNTS_BAD_PASSWORD',
  'ACCOUNTS_BAD_USERNAME',
  'ACCOUNTS_BAD_VALUE',
  'ACCOUNTS_BUSY',
  'ACCOUNTS_CONFLICT',
  'ACCOUNTS_DETAILS_REQUIRED',
  'ACCOUNTS_EMAIL_EXISTS',
  'ACCOUNTS_EMAIL_REQUIRED',
  'ACCOUNTS_NOT_ADMINISTRATOR',
  'ACCOUNTS_NOT_FOUND',
  'ACCOUNTS_PASSWORD_REQUIRED',
  'ACCOUNTS_TOO_MANY_ATTEMPTS',
  'ACCOUNTS_UNAUTHORIZED',
  'ACCOUNTS_USERNAME_EXISTS',
  'ACCOUNTS_USERNAME_IMMUTABLE',
] as const;

/** A code of {@link AccountsError}. */
export type AccountsErrorCode = (typeof ACCOUNTS_ERROR_CODES)[number];

/** The v3 error string that stands for each code on the wire. */
export const ACCOUNTS_ERROR_STRINGS: Readonly<Record<AccountsErrorCode, ErrorString>> = {
  ACCOUNTS_BAD_ADDRESS: 'bad_name',
  ACCOUNTS_BAD_CONTEXT: 'bad_me_context',
  ACCOUNTS_BAD_EMAIL: 'bad_email',
  ACCOUNTS_BAD_PASSWORD: 'bad_password_format',
  ACCOUNTS_BAD_USERNAME: 'bad_username',
  ACCOUNTS_BAD_VALUE: 'bad_value',
  ACCOUNTS_BUSY: 'busy',
  ACCOUNTS_CONFLICT: 'version_conflict',
  ACCOUNTS_DETAILS_REQUIRED: 'require_account_details',
  ACCOUNTS_EMAIL_EXISTS: 'email_exists',
  ACCOUNTS_EMAIL_REQUIRED: 'require_email',
  ACCOUNTS_NOT_ADMINISTRATOR: 'user_not_admin',
  ACCOUNTS_NOT_FOUND: 'not_found',
  ACCOUNTS_PASSWORD_REQUIRED: 'require_password',
  ACCOUNTS_TOO_MANY_ATTEMPTS: 'unauthorized',
  ACCOUNTS_UNAUTHORIZED: 'unauthorized',
  ACCOUNTS_USERNAME_EXISTS: 'username_exists',
  ACCOUNTS_USERNAME_IMMUTABLE: 'username_is_immutable',
};

/** What an {@link AccountsError} may carry besides its message. */
export interface AccountsErrorDetails {
  readonly cause?: unknown;
  /** For `ACCOUNTS_TOO_MANY_ATTEMPTS`: milliseconds until the next attempt is heard. */
  readonly retryAfterMs?: number;
}

/** Every failure of this package that is not a failure of the store. Messages never hold a secret. */
export class AccountsError extends Error {
  override readonly name = 'AccountsError';
  readonly code: AccountsErrorCode;
  /** What v3 clients are told. */
  readonly errorString: ErrorString;
  readonly retryAfterMs: number | undefined;

  constructor(code: AccountsErrorCode, message: string, details: AccountsErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.errorString = ACCOUNTS_ERROR_STRINGS[code];
    this.retryAfterMs = details.retryAfterMs;
  }
}
