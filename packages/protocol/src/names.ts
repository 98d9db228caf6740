/** Most characters in an account name; two of them and `)` fit into the 128 characters of a bucket. */
export const MAX_ACCOUNT_NAME_CHARACTERS = 63;
/** Most characters in an email address (RFC 5321, 4.5.3.1.3). */
export const MAX_EMAIL_CHARACTERS = 254;
/** Fewest characters in an administrator's password. */
export const MIN_PASSWORD_CHARACTERS = 4;
/** Most characters in a password or secret. */
export const MAX_PASSWORD_CHARACTERS = 256;

/** What names are made of. */
export const ACCOUNT_NAME = /^[A-Za-z][A-Za-z0-9_.-]*$/;
/** What an email address looks like. */
export const EMAIL = /^[^\s@"<>(),:;\\[\]\p{Cc}]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/u;
/** Any text without control characters. */
export const PASSWORD = /^\P{Cc}*$/u;
/** The same, not beginning with `!` and without `#`. */
export const SECRET = /^(?!!)[^\p{Cc}#]*$/u;

/** Whether a segment of a channel path is well formed: a letter, then letters, digits, `_`, `-`, `.`; at most 256 characters. */
export function isChannelSegment(segment: string): boolean {
  return segment.length <= 256 && ACCOUNT_NAME.test(segment);
}

/** Whether a text may name an account, a sub-account or an administrator. */
export function isAccountName(name: string): boolean {
  return name.length <= MAX_ACCOUNT_NAME_CHARACTERS && ACCOUNT_NAME.test(name);
}

/** Whether a text looks like an email address that mail could be sent to. */
export function isEmail(email: string): boolean {
  return email.length <= MAX_EMAIL_CHARACTERS && EMAIL.test(email);
}

/** The form in which email addresses are compared: lower case. */
export function normaliseEmail(email: string): string {
  return email.toLowerCase();
}

/**
 * Whether a text may be a secret of an account: 4–256 characters without control characters, not beginning with `!`
 * and without `#`, both of which have a meaning in the password part of a login.
 */
export function isSecret(secret: string): boolean {
  return isPassword(secret) && SECRET.test(secret);
}

/** Whether a text may be a password: 4–256 characters without control characters. */
export function isPassword(password: string): boolean {
  return password.length >= MIN_PASSWORD_CHARACTERS && password.length <= MAX_PASSWORD_CHARACTERS && PASSWORD.test(password);
}
