import type { KeyAddress } from '@xir/kv4-core';

/** A record that a login was verified against; when its version changes, the login is verified anew. */
export interface LoginDependency {
  readonly address: KeyAddress;
  readonly version: string;
}

/** How somebody logged in. */
export type LoginKind = 'system' | 'account' | 'administrator' | 'sub-account' | 'acting';

/** Somebody who has proved who he is. */
export interface Login {
  readonly kind: LoginKind;
  /** Whose data this login reads and writes: `$sys`, `elena`, `elena)lily`. */
  readonly bucket: string;
  /** The top-level account. */
  readonly account: string;
  /** The sub-account, where there is one. */
  readonly subAccount?: string;
  /** The name that writes are stamped with: the account, the sub-account, the administrator, or who acts for a sub-account. */
  readonly author: string;
  /** The administrator's role; `admin` for everybody else. */
  readonly role: string;
  /** When the account was created, in milliseconds since 1970 UTC: older history in its bucket belongs to an earlier account of that name. */
  readonly sinceMs: number;
  readonly dependsOn: readonly LoginDependency[];
}

/** The name under which a login's requests are counted: the account, or the sub-account. */
export function loginUser(login: Login): string {
  return login.subAccount ?? login.account;
}
