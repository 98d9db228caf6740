import type { Clock } from '@xir/couch-client';
import { Kv4Error, type JsonObject, type KeyAddress, type Kv4Record, type PutOptions, type WriteCondition, type WriteResult } from '@xir/kv4-core';
import { isAccountName, normaliseEmail, SYSTEM_ACCOUNT } from '@xir/protocol';

import { accountAddress, accountsAddress, dataBucket, emailAddress } from './account-addresses.ts';
import type { CheckedDetails } from './account-details.ts';
import { detailedAccount, fieldOf, type AccountRecord } from './account-record.ts';
import type { CachedStore } from './cached-store.ts';
import { dropBucket } from './drop-bucket.ts';
import { AccountsError } from './errors.ts';
import type { SecretHasher } from './secret-hash.ts';

/** How long a claim on an email address without an account behind it counts as a creation under way, in milliseconds. */
export const EMAIL_CLAIM_GRACE_MS = 60_000;

const MAX_CLAIM_ATTEMPTS = 5;

/** What an {@link AccountDirectory} works with. */
export interface AccountDirectoryOptions {
  readonly store: CachedStore;
  readonly hasher: SecretHasher;
  readonly clock: Clock;
  readonly randomUuid: () => string;
}

/** Whose accounts are meant, and who acts. */
export interface AccountScope {
  /** `$sys` for top-level accounts, `elena` for elena's sub-accounts. */
  readonly bucket: string;
  readonly author: string;
}

/** An account that was written, with what may be shown of it. */
export interface WrittenAccount {
  readonly value: JsonObject;
  readonly write: WriteResult;
}

/** Accounts beneath `$sys` and sub-accounts beneath an account. */
export class AccountDirectory {
  readonly #options: AccountDirectoryOptions;

  constructor(options: AccountDirectoryOptions) {
    this.#options = options;
  }

  /**
   * Creates an account; what is returned shows its secret and password for the only time.
   *
   * Throws `ACCOUNTS_BAD_USERNAME`, `ACCOUNTS_BAD_EMAIL` (also where there is none), `ACCOUNTS_USERNAME_EXISTS`, `ACCOUNTS_EMAIL_EXISTS`, and what the store throws.
   */
  async create(scope: AccountScope, name: string, details: CheckedDetails): Promise<WrittenAccount> {
    if (!isAccountName(name)) throw new AccountsError('ACCOUNTS_BAD_USERNAME', 'the name of an account is not well formed');
    const { email } = details;
    if (email === undefined) throw new AccountsError('ACCOUNTS_BAD_EMAIL', 'an account needs an email address');
    const { store, hasher, randomUuid } = this.#options;
    const address = accountAddress(scope.bucket, name);
    if ((await store.get(address)) !== undefined) throw usernameExists();
    const secret = details.secret ?? randomUuid();
    const record = this.#newRecord(name, { ...details, email }, {
      secret: await hasher.hash(secret),
      password: details.password === undefined ? '' : await hasher.hash(details.password),
    });
    await this.#claimEmail(scope, email, name);
    try {
      const write = await store.put(address, { ...record }, { condition: { type: 'absent' }, author: scope.author, secondary: { k2: normaliseEmail(email) } });
      return { value: { ...detailedAccount({ ...record }), secret, password: details.password ?? '' }, write };
    } catch (error) {
      if (!(error instanceof Kv4Error && error.code === 'KV4_ALREADY_EXISTS')) throw error;
      await this.#releaseEmail(scope, email, name);
      throw usernameExists();
    }
  }

  /**
   * Lays fields over an account. Throws `ACCOUNTS_NOT_FOUND`, `ACCOUNTS_EMAIL_EXISTS`, and what the store throws.
   *
   * @param version - The version the account must have; absent: whatever it has.
   */
  async update(scope: AccountScope, name: string, change: { readonly details: CheckedDetails; readonly version?: string }): Promise<WrittenAccount> {
    const { store } = this.#options;
    const address = accountAddress(scope.bucket, name);
    const before = await store.get(address);
    if (before === undefined) throw notFound();
    const oldEmail = fieldOf(before.value, 'email');
    const { email } = change.details;
    const moved = email !== undefined && (typeof oldEmail !== 'string' || normaliseEmail(email) !== normaliseEmail(oldEmail));
    if (moved) await this.#claimEmail(scope, email, name);
    const condition: WriteCondition = change.version === undefined ? { type: 'present' } : { type: 'version', version: change.version };
    const options: PutOptions = { merge: true, condition, author: scope.author, ...(moved ? { secondary: { k2: normaliseEmail(email) } } : {}) };
    const write = await this.#putExisting(address, await this.#changedFields(change.details), options);
    if (moved && typeof oldEmail === 'string') await this.#releaseEmail(scope, oldEmail, name);
    return { value: detailedAccount(write.record?.value ?? {}), write };
  }

  /** An account by name; `undefined` where there is none. */
  async get(bucket: string, name: string): Promise<Kv4Record | undefined> {
    return this.#options.store.get(accountAddress(bucket, name));
  }

  /** An account by email address. */
  async findByEmail(bucket: string, email: string): Promise<Kv4Record | undefined> {
    return this.#options.store.find(accountsAddress(bucket), 'k2', normaliseEmail(email));
  }

  /**
   * Deletes an account with all its data, and its sub-accounts with theirs; returns how many accounts of this name there were (0 or 1).
   * The account is switched off first and its record goes last, so a deletion that was interrupted can be repeated.
   */
  async remove(scope: AccountScope, name: string): Promise<number> {
    const { store } = this.#options;
    if (!isAccountName(name)) return 0;
    const address = accountAddress(scope.bucket, name);
    const record = await store.get(address);
    if (record === undefined) return 0;
    if (fieldOf(record.value, 'active') !== false) await store.put(address, { active: false }, { merge: true, author: scope.author });
    const bucket = dataBucket(scope.bucket, name);
    if (scope.bucket === SYSTEM_ACCOUNT) await this.#dropSubAccounts(bucket);
    await dropBucket(store, bucket);
    const deleted = await store.delete(address, { author: scope.author });
    const email = fieldOf(record.value, 'email');
    if (typeof email === 'string') await this.#releaseEmail(scope, email, name);
    return deleted === undefined ? 0 : 1;
  }

  async #dropSubAccounts(bucket: string): Promise<void> {
    const { store } = this.#options;
    let after: string | undefined;
    do {
      const page: { items: readonly string[]; next?: string } = await store.keys(accountsAddress(bucket), after === undefined ? {} : { after });
      for (const name of page.items) await dropBucket(store, dataBucket(bucket, name));
      after = page.next;
    } while (after !== undefined);
  }

  #newRecord(name: string, details: CheckedDetails & { email: string }, hashes: { secret: string; password: string }): AccountRecord {
    const nowMs = this.#options.clock.now();
    return {
      username: name,
      email: details.email,
      secret: hashes.secret,
      password: hashes.password,
      first_name: details.first_name ?? '',
      last_name: details.last_name ?? '',
      company: details.company ?? '',
      customer_id: details.customer_id ?? null,
      plan: details.plan ?? 'free',
      term: details.term ?? 'monthly',
      active: details.active ?? true,
      created: Math.floor(nowMs / 1000),
      // One later, so that what an earlier account of the name did in this very millisecond stays out of sight.
      created_ms: nowMs + 1,
    };
  }

  async #changedFields(details: CheckedDetails): Promise<JsonObject> {
    const { secret, password, role: _role, ...fields } = details;
    const { hasher } = this.#options;
    const changed: JsonObject = { ...fields };
    if (secret !== undefined) changed['secret'] = await hasher.hash(secret);
    if (password !== undefined) changed['password'] = await hasher.hash(password);
    return changed;
  }

  async #putExisting(address: KeyAddress, fields: JsonObject, options: PutOptions): Promise<WriteResult> {
    try {
      return await this.#options.store.put(address, fields, options);
    } catch (error) {
      if (error instanceof Kv4Error && error.code === 'KV4_NOT_FOUND') throw notFound();
      throw error;
    }
  }

  /** Claims an email address for an account by creating its key: of two who try, on whatever neuron, one succeeds. */
  async #claimEmail(scope: AccountScope, email: string, name: string): Promise<void> {
    const { store, clock } = this.#options;
    const address = emailAddress(scope.bucket, normaliseEmail(email));
    let condition: WriteCondition = { type: 'absent' };
    for (let attempt = 0; attempt < MAX_CLAIM_ATTEMPTS; attempt += 1) {
      try {
        await store.put(address, { username: name }, { condition, author: scope.author });
        return;
      } catch (error) {
        if (!isLostRace(error)) throw error;
      }
      const claim = await store.get(address, { fresh: true });
      if (claim === undefined) {
        condition = { type: 'absent' };
      } else {
        const holder = await this.#holder(scope.bucket, claim, email);
        const young = clock.now() - claim.timeMs < EMAIL_CLAIM_GRACE_MS;
        if (holder !== name && (holder !== undefined || young)) throw new AccountsError('ACCOUNTS_EMAIL_EXISTS', 'the email address belongs to another account');
        condition = { type: 'version', version: claim.version };
      }
    }
    throw new AccountsError('ACCOUNTS_CONFLICT', 'the email address is being claimed by others');
  }

  /** The account that really has the email address of a claim. */
  async #holder(bucket: string, claim: Kv4Record, email: string): Promise<string | undefined> {
    const name = fieldOf(claim.value, 'username');
    if (typeof name !== 'string') return undefined;
    const account = await this.#options.store.get(accountAddress(bucket, name), { fresh: true });
    const theirs = fieldOf(account?.value, 'email');
    return typeof theirs === 'string' && normaliseEmail(theirs) === normaliseEmail(email) ? name : undefined;
  }

  async #releaseEmail(scope: AccountScope, email: string, name: string): Promise<void> {
    const { store } = this.#options;
    const address = emailAddress(scope.bucket, normaliseEmail(email));
    const claim = await store.get(address);
    if (claim === undefined || fieldOf(claim.value, 'username') !== name) return;
    try {
      await store.delete(address, { condition: { type: 'version', version: claim.version }, author: scope.author });
    } catch (error) {
      // Somebody has taken the claim over meanwhile: it is theirs now.
      if (!isLostRace(error)) throw error;
    }
  }
}

function isLostRace(error: unknown): boolean {
  return error instanceof Kv4Error && (error.code === 'KV4_ALREADY_EXISTS' || error.code === 'KV4_VERSION_CONFLICT' || error.code === 'KV4_NOT_FOUND');
}

function usernameExists(): AccountsError {
  return new AccountsError('ACCOUNTS_USERNAME_EXISTS', 'the name belongs to another account');
}

function notFound(): AccountsError {
  return new AccountsError('ACCOUNTS_NOT_FOUND', 'there is no such account');
}
