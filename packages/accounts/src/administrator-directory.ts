import type { Clock } from '@xir/couch-client';
import { Kv4Error, type JsonObject, type Kv4Record, type WriteResult } from '@xir/kv4-core';
import { isAccountName, normaliseEmail } from '@xir/protocol';

import { administratorAddress } from './account-addresses.ts';
import type { CheckedDetails } from './account-details.ts';
import { publicAdministrator } from './account-record.ts';
import type { CachedStore } from './cached-store.ts';
import { AccountsError } from './errors.ts';
import type { SecretHasher } from './secret-hash.ts';
import type { AccountScope, WrittenAccount } from './account-directory.ts';

/** What an {@link AdministratorDirectory} works with. */
export interface AdministratorDirectoryOptions {
  readonly store: CachedStore;
  readonly hasher: SecretHasher;
  readonly clock: Clock;
}

/** The administrators of a bucket. */
export class AdministratorDirectory {
  readonly #options: AdministratorDirectoryOptions;

  constructor(options: AdministratorDirectoryOptions) {
    this.#options = options;
  }

  /**
   * Creates an administrator, or lays fields over one that is there. Throws `ACCOUNTS_BAD_USERNAME`, for a new one
   * `ACCOUNTS_PASSWORD_REQUIRED` and `ACCOUNTS_EMAIL_REQUIRED`, and what the store throws.
   */
  async write(scope: AccountScope, name: string, details: CheckedDetails): Promise<WrittenAccount> {
    if (!isAccountName(name)) throw new AccountsError('ACCOUNTS_BAD_USERNAME', 'the name of an administrator is not well formed');
    const { store } = this.#options;
    const address = administratorAddress(scope.bucket, name);
    const write = (await store.get(address)) === undefined ? await this.#create(scope, name, details) : await this.#change(scope, name, details);
    return { value: publicAdministrator(write.record?.value ?? {}), write };
  }

  /** An administrator by name; `undefined` where there is none. */
  async get(bucket: string, name: string): Promise<Kv4Record | undefined> {
    return this.#options.store.get(administratorAddress(bucket, name));
  }

  /** Deletes an administrator; resolves to how many there were (0 or 1). */
  async remove(scope: AccountScope, name: string): Promise<number> {
    const deleted = await this.#options.store.delete(administratorAddress(scope.bucket, name), { author: scope.author });
    return deleted === undefined ? 0 : 1;
  }

  async #create(scope: AccountScope, name: string, details: CheckedDetails): Promise<WriteResult> {
    const { store, hasher, clock } = this.#options;
    const { password, email } = details;
    if (password === undefined) throw new AccountsError('ACCOUNTS_PASSWORD_REQUIRED', 'an administrator needs a password');
    if (email === undefined) throw new AccountsError('ACCOUNTS_EMAIL_REQUIRED', 'an administrator needs an email address');
    const record: JsonObject = {
      email,
      password: await hasher.hash(password),
      first_name: details.first_name ?? '',
      last_name: details.last_name ?? '',
      role: details.role ?? 'admin',
      created: Math.floor(clock.now() / 1000),
    };
    try {
      return await store.put(administratorAddress(scope.bucket, name), record, {
        condition: { type: 'absent' },
        author: scope.author,
        secondary: { k2: normaliseEmail(email) },
      });
    } catch (error) {
      if (error instanceof Kv4Error && error.code === 'KV4_ALREADY_EXISTS') return this.#change(scope, name, details);
      throw error;
    }
  }

  async #change(scope: AccountScope, name: string, details: CheckedDetails): Promise<WriteResult> {
    const { store, hasher } = this.#options;
    const { email, password, first_name, last_name, role } = details;
    const changed: JsonObject = {
      ...(email === undefined ? {} : { email }),
      ...(first_name === undefined ? {} : { first_name }),
      ...(last_name === undefined ? {} : { last_name }),
      ...(role === undefined ? {} : { role }),
      ...(password === undefined ? {} : { password: await hasher.hash(password) }),
    };
    return store.put(administratorAddress(scope.bucket, name), changed, {
      merge: true,
      author: scope.author,
      ...(email === undefined ? {} : { secondary: { k2: normaliseEmail(email) } }),
    });
  }
}
