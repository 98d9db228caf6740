import { randomUUID } from 'node:crypto';

import { systemClock, type Clock } from '@xir/couch-client';

import { AccountDirectory } from './account-directory.ts';
import { AdministratorDirectory } from './administrator-directory.ts';
import { AttemptLimiter, DEFAULT_ATTEMPT_LIMITS, type AttemptLimits } from './attempt-limiter.ts';
import { BanList } from './ban-list.ts';
import type { CachedStore } from './cached-store.ts';
import { LoginService } from './login-service.ts';
import { SecretHasher, type SecretHasherOptions } from './secret-hash.ts';

/** Default of {@link AccountsOptions.maxCachedLogins}. */
export const DEFAULT_MAX_CACHED_LOGINS = 10_000;
/** Default of {@link AccountsOptions.maxBanWatches}. */
export const DEFAULT_MAX_BAN_WATCHES = 10_000;

/** How accounts are kept. */
export interface AccountsOptions {
  /** Where they are kept. Not closed by `close`. */
  readonly store: CachedStore;
  /** The secret of the system login `$sys`. */
  readonly systemSecret: string;
  readonly clock?: Clock;
  /** Makes the secrets of accounts that are created without one; default: random UUIDs. */
  readonly randomUuid?: () => string;
  readonly hashing?: SecretHasherOptions;
  readonly attemptLimits?: Partial<AttemptLimits>;
  /** Verified logins kept. */
  readonly maxCachedLogins?: number;
  /** Buckets whose bans are followed with a watch. */
  readonly maxBanWatches?: number;
}

/** Everything about who may do what. */
export interface Accounts extends AsyncDisposable {
  readonly logins: LoginService;
  readonly accounts: AccountDirectory;
  readonly administrators: AdministratorDirectory;
  readonly bans: BanList;
  /** Ends the watches. Idempotent. */
  close(): Promise<void>;
}

/** Accounts on a store. Throws `TypeError` for an empty system secret. */
export function createAccounts(options: AccountsOptions): Accounts {
  if (options.systemSecret === '') throw new TypeError('systemSecret must not be empty');
  const { store } = options;
  const clock = options.clock ?? systemClock;
  const hasher = new SecretHasher(options.hashing);
  const attempts = new AttemptLimiter({ ...DEFAULT_ATTEMPT_LIMITS, ...options.attemptLimits });
  const bans = new BanList(store, options.maxBanWatches ?? DEFAULT_MAX_BAN_WATCHES);
  const close = async () => bans.close();
  return {
    logins: new LoginService({
      store,
      systemSecret: options.systemSecret,
      hasher,
      attempts,
      clock,
      maxCachedLogins: options.maxCachedLogins ?? DEFAULT_MAX_CACHED_LOGINS,
    }),
    accounts: new AccountDirectory({ store, hasher, clock, randomUuid: options.randomUuid ?? randomUUID }),
    administrators: new AdministratorDirectory({ store, hasher, clock }),
    bans,
    close,
    [Symbol.asyncDispose]: close,
  };
}
