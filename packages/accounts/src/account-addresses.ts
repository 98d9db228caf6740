import { type KeyAddress, type PathAddress } from '@xir/kv4-core';
import { SYSTEM_ACCOUNT } from '@xir/protocol';

/** The layer of accounts and administrators. */
export const ACCOUNT_LAYER = '*acc';
/** The layer in which email addresses are claimed, so that two accounts never share one. */
export const EMAIL_LAYER = '*acc:email';
/** The layer of IP bans. */
export const BAN_LAYER = '*auth';

/** Where the accounts beneath a bucket are: top-level accounts in `$sys`, sub-accounts in their owner's bucket. */
export function accountsAddress(bucket: string): PathAddress {
  return { bucket, layer: ACCOUNT_LAYER, path: '/accounts' };
}

/** Where one account beneath a bucket is. */
export function accountAddress(bucket: string, name: string): KeyAddress {
  return { bucket, layer: ACCOUNT_LAYER, path: '/accounts', key: name };
}

/** Where the administrators of a bucket are. */
export function administratorsAddress(bucket: string): PathAddress {
  return { bucket, layer: ACCOUNT_LAYER, path: '/users/admins' };
}

/** Where one administrator of a bucket is. */
export function administratorAddress(bucket: string, name: string): KeyAddress {
  return { bucket, layer: ACCOUNT_LAYER, path: '/users/admins', key: name };
}

/** Where an email address is claimed among the accounts beneath a bucket. */
export function emailAddress(bucket: string, email: string): KeyAddress {
  return { bucket, layer: EMAIL_LAYER, path: '/', key: email };
}

/** The bucket that holds an account's data: `elena` beneath `$sys`, `elena)lily` beneath `elena`. */
export function dataBucket(parentBucket: string, name: string): string {
  return parentBucket === SYSTEM_ACCOUNT ? name : `${parentBucket})${name}`;
}
