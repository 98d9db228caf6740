import type { JsonObject, JsonValue } from '@xir/kv4-core';
import { isEmail, isPassword, isSecret } from '@xir/protocol';

import { AccountsError } from './errors.ts';

const MAX_TEXT_CHARACTERS = 1024;
const TEXT_FIELDS = ['first_name', 'last_name', 'company', 'plan', 'term', 'role'] as const;

/** The fields of an account or administrator that a client may set, checked. */
export interface CheckedDetails {
  email?: string;
  secret?: string;
  password?: string;
  first_name?: string;
  last_name?: string;
  company?: string;
  plan?: string;
  term?: string;
  role?: string;
  customer_id?: string | null;
  active?: boolean;
}

/**
 * Checks what a client sent as an account's or administrator's value. Fields that are not known are passed over, so that clients can send back what
 * they read. Throws `ACCOUNTS_DETAILS_REQUIRED` when it is no object, `ACCOUNTS_USERNAME_IMMUTABLE` for a `username` other than
 * the account's own, and the code of the first bad field.
 */
export function checkDetails(value: JsonValue | undefined, name: string, renaming: 'refused' | 'same-name'): CheckedDetails {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new AccountsError('ACCOUNTS_DETAILS_REQUIRED', 'the value of an account must be an object');
  }
  if (Object.hasOwn(value, 'username') && (renaming === 'refused' || value['username'] !== name)) {
    throw new AccountsError('ACCOUNTS_USERNAME_IMMUTABLE', 'an account cannot be renamed');
  }
  const details: CheckedDetails = {};
  checkEmailField(value, details);
  checkSecretFields(value, details);
  for (const field of TEXT_FIELDS) {
    const text = value[field];
    if (text !== undefined && text !== null) details[field] = checkText(field, text);
  }
  const customer = value['customer_id'];
  if (customer !== undefined) details.customer_id = customer === null ? null : checkText('customer_id', customer);
  const active = readBoolean(value['active']);
  if (active !== undefined) details.active = active;
  return details;
}

function checkEmailField(value: JsonObject, details: CheckedDetails): void {
  const email = value['email'];
  if (email === undefined) return;
  if (typeof email !== 'string' || !isEmail(email)) throw new AccountsError('ACCOUNTS_BAD_EMAIL', 'the email address is not well formed');
  details.email = email;
}

function checkSecretFields(value: JsonObject, details: CheckedDetails): void {
  const { secret, password } = value;
  if (secret !== undefined && secret !== null) {
    if (typeof secret !== 'string' || !isSecret(secret)) throw new AccountsError('ACCOUNTS_BAD_PASSWORD', 'a secret has 4 to 256 characters, no #, no leading ! and no control characters');
    details.secret = secret;
  }
  if (password !== undefined && password !== null && password !== '') {
    if (typeof password !== 'string' || !isPassword(password)) throw new AccountsError('ACCOUNTS_BAD_PASSWORD', 'the password is too short or too long');
    details.password = password;
  }
}

function checkText(field: string, text: JsonValue): string {
  if (typeof text !== 'string' || text.length > MAX_TEXT_CHARACTERS) {
    throw new AccountsError('ACCOUNTS_BAD_VALUE', `${field} must be a text of at most ${MAX_TEXT_CHARACTERS} characters`);
  }
  return text;
}

/** Forms carry booleans as texts. */
function readBoolean(value: JsonValue | undefined): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === true || value === 'true' || value === 1 || value === '1') return true;
  if (value === false || value === 'false' || value === 0 || value === '0') return false;
  throw new AccountsError('ACCOUNTS_BAD_VALUE', 'active must be true or false');
}
