export { createAccounts, DEFAULT_MAX_BAN_WATCHES, DEFAULT_MAX_CACHED_LOGINS, type Accounts, type AccountsOptions } from './accounts.ts';
export type { CachedStore } from './cached-store.ts';
export { ACCOUNTS_ERROR_CODES, ACCOUNTS_ERROR_STRINGS, AccountsError, type AccountsErrorCode, type AccountsErrorDetails } from './errors.ts';
export { loginUser, type Login, type LoginDependency, type LoginKind } from './login.ts';
export { bearerToken, DataTokens, type TokenLogin } from './data-tokens.ts';
export { LoginService, type LoginServiceOptions } from './login-service.ts';
export { AccountDirectory, EMAIL_CLAIM_GRACE_MS, type AccountDirectoryOptions, type AccountScope, type WrittenAccount } from './account-directory.ts';
export { AdministratorDirectory, type AdministratorDirectoryOptions } from './administrator-directory.ts';
export { checkDetails, type CheckedDetails } from './account-details.ts';
export { detailedAccount, publicAccount, publicAdministrator, type AccountRecord } from './account-record.ts';
export {
  ACCOUNT_LAYER,
  accountAddress,
  accountsAddress,
  administratorAddress,
  administratorsAddress,
  BAN_LAYER,
  dataBucket,
  EMAIL_LAYER,
  emailAddress,
} from './account-addresses.ts';
export { BanList, type BanReach } from './ban-list.ts';
export { normaliseIpAddress } from './ip-address.ts';
export { AttemptLimiter, DEFAULT_ATTEMPT_LIMITS, type AttemptLimits } from './attempt-limiter.ts';
export {
  DEFAULT_MAX_RUNNING_HASHES,
  DEFAULT_MAX_WAITING_HASHES,
  DEFAULT_SCRYPT_COST_LOG2,
  equalSecrets,
  SecretHasher,
  type SecretHasherOptions,
} from './secret-hash.ts';
export { bucketScope, type BucketScope } from './bucket-scope.ts';
export { shownEvent, shownEvents, type ShownEvents } from './shown-events.ts';
