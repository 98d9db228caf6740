/** Most characters of an `Authorization` header that are looked at; longer ones are malformed. */
export const MAX_AUTHORIZATION_CHARACTERS = 2048;

/** The name of the system account. */
export const SYSTEM_ACCOUNT = '$sys';

/** The administrator that the password part names: `<name>#<password>`. */
export interface AdministratorCredentials {
  readonly name: string;
  readonly password: string;
}

/**
 * A login as it stands in a Basic header (RFC 7617, UTF-8), in one of v3's forms:
 *
 * | form | user part | password part |
 * |---|---|---|
 * | `account` | `elena`, `$sys` | the account's secret |
 * | `administrator` | `elena` or `elena#lily` | `<administrator>#<password>` |
 * | `sub-account` | `elena#lily` | lily's secret |
 * | `acting` | `elena#lily` | `!` and elena's secret |
 */
export type Credentials =
  | { readonly form: 'account'; readonly account: string; readonly secret: string }
  | {
      readonly form: 'administrator';
      readonly account: string;
      readonly subAccount?: string;
      readonly administrator: AdministratorCredentials;
      /** The whole password part, for a system secret that contains `#`. */
      readonly secret: string;
    }
  | { readonly form: 'sub-account'; readonly account: string; readonly subAccount: string; readonly secret: string }
  | { readonly form: 'acting'; readonly account: string; readonly subAccount: string; readonly secret: string };

const BASIC = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i;
const CONTROL = /\p{Cc}/u;

/**
 * Reads a Basic header. Anything malformed (no Basic scheme, no base64, not UTF-8, no colon, an empty user, control
 * characters, over-long) is `undefined`, which every service answers with `unauthorized`.
 */
export function parseBasicCredentials(header: string | undefined): Credentials | undefined {
  if (header === undefined || header.length > MAX_AUTHORIZATION_CHARACTERS) return undefined;
  const encoded = BASIC.exec(header)?.[1];
  const text = encoded === undefined ? undefined : decodeBase64Text(encoded);
  if (text === undefined || CONTROL.test(text)) return undefined;
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  const user = decodeUserPart(text.slice(0, colon));
  return user === undefined ? undefined : classify(user, text.slice(colon + 1));
}

function classify(user: string, secret: string): Credentials | undefined {
  const hash = user.indexOf('#');
  const account = hash < 0 ? user : user.slice(0, hash);
  const subAccount = hash < 0 ? undefined : user.slice(hash + 1);
  if (account === '' || subAccount === '' || secret === '') return undefined;
  if (subAccount !== undefined && secret.startsWith('!')) return { form: 'acting', account, subAccount, secret: secret.slice(1) };
  const mark = secret.indexOf('#');
  if (mark > 0) {
    const administrator = { name: secret.slice(0, mark), password: secret.slice(mark + 1) };
    return { form: 'administrator', account, ...(subAccount === undefined ? {} : { subAccount }), administrator, secret };
  }
  return subAccount === undefined ? { form: 'account', account, secret } : { form: 'sub-account', account, subAccount, secret };
}

/** Cells write the system login into an URL as `%24sys`; HTTP clients differ in whether they decode it. Names hold no `%`. */
function decodeUserPart(user: string): string | undefined {
  if (!user.includes('%')) return user;
  try {
    return decodeURIComponent(user);
  } catch {
    // Not percent-encoding after all: no account has such a name.
    return undefined;
  }
}

function decodeBase64Text(encoded: string): string | undefined {
  try {
    const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch {
    // Neither valid base64 nor valid UTF-8 can be a login.
    return undefined;
  }
}
