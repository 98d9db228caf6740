import { createHmac, randomBytes } from 'node:crypto';

import type { Clock } from '@xir/couch-client';
import type { Kv4Record } from '@xir/kv4-core';
import { parseBasicCredentials, SYSTEM_ACCOUNT, type Credentials } from '@xir/protocol';

import { accountAddress, administratorAddress, dataBucket } from './account-addresses.ts';
import { fieldOf } from './account-record.ts';
import type { AttemptLimiter } from './attempt-limiter.ts';
import type { CachedStore } from './cached-store.ts';
import { AccountsError } from './errors.ts';
import { LoginCache } from './login-cache.ts';
import type { Login, LoginDependency } from './login.ts';
import { equalSecrets, type SecretHasher } from './secret-hash.ts';

/** What a {@link LoginService} works with. */
export interface LoginServiceOptions {
  readonly store: CachedStore;
  /** The secret of the system login `$sys`. */
  readonly systemSecret: string;
  readonly hasher: SecretHasher;
  readonly attempts: AttemptLimiter;
  readonly clock: Clock;
  /** Verified logins kept. */
  readonly maxCachedLogins: number;
}

type SubCredentials = Extract<Credentials, { form: 'sub-account' | 'acting' }>;
type AdministratorLogin = Extract<Credentials, { form: 'administrator' }>;

/**
 * Verifies logins. A header that was verified once is remembered by a keyed digest and stays good for as long as the records it was verified
 * against keep their versions, so that a request costs a look into the cache and no hash.
 */
export class LoginService {
  readonly #options: LoginServiceOptions;
  readonly #cache: LoginCache;
  readonly #digestKey = randomBytes(32);
  readonly #pending = new Map<string, Promise<Login>>();

  constructor(options: LoginServiceOptions) {
    this.#options = options;
    this.#cache = new LoginCache(options.maxCachedLogins);
  }

  /** A login verified earlier and provably still good, without a promise; `undefined`: ask {@link login}. */
  recall(header: string): Login | undefined {
    const login = this.#cache.get(this.#digest(header));
    return login !== undefined && this.confirm(login) === true ? login : undefined;
  }

  /** Whether the records behind a login are unchanged, as far as the cache can tell without waiting; `undefined`: it cannot. */
  confirm(login: Login): boolean | undefined {
    const { store } = this.#options;
    for (const dependency of login.dependsOn) {
      const record = store.peek === undefined ? undefined : store.peek(dependency.address);
      if (record === undefined) return undefined;
      if (record === null || record.version !== dependency.version) return false;
    }
    return true;
  }

  /** Whether a login still holds, which {@link confirm} mostly knows at once. Throws what the store throws. */
  stillHolds(login: Login): boolean | Promise<boolean> {
    return this.confirm(login) ?? this.isCurrent(login);
  }

  /** Whether the records behind a login are unchanged, waiting where {@link confirm} cannot tell. Throws what the store throws. */
  async isCurrent(login: Login): Promise<boolean> {
    for (const dependency of login.dependsOn) {
      const record = await this.#options.store.get(dependency.address);
      if (record?.version !== dependency.version) return false;
    }
    return true;
  }

  /**
   * Verifies a Basic header. Throws `ACCOUNTS_UNAUTHORIZED` for a login that is malformed, wrong or inactive, `ACCOUNTS_TOO_MANY_ATTEMPTS` past the limits of
   * failed attempts, `ACCOUNTS_BUSY` when too many wait to be verified, and what the store throws.
   *
   * @param remoteAddress - Where the request comes from, for counting failures.
   */
  async login(header: string | undefined, remoteAddress: string): Promise<Login> {
    const credentials = parseBasicCredentials(header);
    if (header === undefined || credentials === undefined) throw unauthorized('no login, or a malformed one');
    const digest = this.#digest(header);
    const cached = this.#cache.get(digest);
    if (cached !== undefined) {
      if (await this.isCurrent(cached)) return cached;
      this.#cache.delete(digest);
    }
    const pending = this.#pending.get(digest);
    if (pending !== undefined) return pending;
    const attempt = this.#attempt(credentials, remoteAddress).finally(() => this.#pending.delete(digest));
    this.#pending.set(digest, attempt);
    const login = await attempt;
    this.#cache.set(digest, login);
    return login;
  }

  async #attempt(credentials: Credentials, remoteAddress: string): Promise<Login> {
    const { attempts, clock } = this.#options;
    const who = credentials.account + ('subAccount' in credentials ? `#${credentials.subAccount}` : '');
    const retryAfterMs = attempts.attempt(remoteAddress, who, clock.monotonic());
    if (retryAfterMs > 0) throw new AccountsError('ACCOUNTS_TOO_MANY_ATTEMPTS', 'too many failed logins', { retryAfterMs });
    try {
      const login = await this.#verify(credentials);
      attempts.forgive(remoteAddress, who);
      return login;
    } catch (error) {
      if (!(error instanceof AccountsError && error.code === 'ACCOUNTS_UNAUTHORIZED')) attempts.forgive(remoteAddress, who);
      throw error;
    }
  }

  async #verify(credentials: Credentials): Promise<Login> {
    if (credentials.account === SYSTEM_ACCOUNT) return this.#verifySystem(credentials);
    switch (credentials.form) {
      case 'account':
        return this.#verifyAccount(credentials.account, credentials.secret);
      case 'administrator':
        return this.#verifyAdministrator(credentials);
      case 'sub-account':
      case 'acting':
        return this.#verifySubAccount(credentials);
    }
  }

  async #verifySystem(credentials: Credentials): Promise<Login> {
    const single = credentials.form === 'account' || (credentials.form === 'administrator' && credentials.subAccount === undefined);
    if (single && equalSecrets(credentials.secret, this.#options.systemSecret)) {
      return { kind: 'system', bucket: SYSTEM_ACCOUNT, account: SYSTEM_ACCOUNT, author: SYSTEM_ACCOUNT, role: 'admin', sinceMs: 0, dependsOn: [] };
    }
    if (single && credentials.form === 'administrator') return this.#verifyAdministrator(credentials);
    throw unauthorized('wrong system secret');
  }

  async #verifyAccount(account: string, secret: string): Promise<Login> {
    const record = await this.#account(SYSTEM_ACCOUNT, account);
    await this.#checkSecret(secret, record, 'secret');
    return { kind: 'account', bucket: account, account, author: account, role: 'admin', sinceMs: createdMs(record), dependsOn: dependencies(record) };
  }

  async #verifySubAccount(credentials: SubCredentials): Promise<Login> {
    const { account, subAccount, secret, form } = credentials;
    const owner = await this.#account(SYSTEM_ACCOUNT, account);
    const record = await this.#account(account, subAccount);
    const acting = form === 'acting';
    await this.#checkSecret(secret, acting ? owner : record, 'secret');
    if (owner === undefined || record === undefined) throw unauthorized('no such account');
    return {
      kind: form,
      bucket: dataBucket(account, subAccount),
      account,
      subAccount,
      author: acting ? account : subAccount,
      role: 'admin',
      sinceMs: createdMs(record),
      dependsOn: dependencies(owner, record),
    };
  }

  async #verifyAdministrator(credentials: AdministratorLogin): Promise<Login> {
    const { account, subAccount, administrator } = credentials;
    const system = account === SYSTEM_ACCOUNT;
    const owner = system ? undefined : await this.#account(SYSTEM_ACCOUNT, account);
    const sub = subAccount === undefined ? undefined : await this.#account(account, subAccount);
    const bucket = subAccount === undefined ? account : dataBucket(account, subAccount);
    const record = await this.#read(() => this.#options.store.get(administratorAddress(bucket, administrator.name)));
    await this.#checkSecret(administrator.password, record, 'password');
    if ((!system && owner === undefined) || (subAccount !== undefined && sub === undefined)) throw unauthorized('no such account');
    const role = fieldOf(record?.value, 'role');
    return {
      kind: 'administrator',
      bucket,
      account,
      ...(subAccount === undefined ? {} : { subAccount }),
      author: administrator.name,
      role: typeof role === 'string' ? role : 'admin',
      sinceMs: createdMs(sub ?? owner),
      dependsOn: dependencies(owner, sub, record),
    };
  }

  async #checkSecret(secret: string, record: Kv4Record | undefined, field: 'secret' | 'password'): Promise<void> {
    const correct = await this.#options.hasher.verify(secret, fieldOf(record?.value, field));
    if (!correct) throw unauthorized('wrong secret, or no such account');
  }

  /** An account that may log in: there and active. */
  async #account(parentBucket: string, name: string): Promise<Kv4Record | undefined> {
    const record = await this.#read(() => this.#options.store.get(accountAddress(parentBucket, name)));
    return record !== undefined && fieldOf(record.value, 'active') !== false ? record : undefined;
  }

  /** A name that cannot be stored is nobody's name. */
  async #read(read: () => Promise<Kv4Record | undefined>): Promise<Kv4Record | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'KV4_BAD_ADDRESS') return undefined;
      throw error;
    }
  }

  /** Keyed, so that what is kept of a header is useless to whoever reads the memory. */
  #digest(header: string): string {
    return createHmac('sha256', this.#digestKey).update(header).digest('base64');
  }
}

function dependencies(...records: ReadonlyArray<Kv4Record | undefined>): LoginDependency[] {
  return records.flatMap((record) => (record === undefined ? [] : [{ address: record.address, version: record.version }]));
}

function createdMs(record: Kv4Record | undefined): number {
  const created = fieldOf(record?.value, 'created_ms');
  return typeof created === 'number' ? created : 0;
}

function unauthorized(message: string): AccountsError {
  return new AccountsError('ACCOUNTS_UNAUTHORIZED', message);
}
