import { createHmac, hkdfSync, randomUUID, timingSafeEqual } from 'node:crypto';

import { MAX_DATA_TOKEN_CHARACTERS } from '@xir/protocol';

import type { Login } from './login.ts';

/** The login that a token stands for. */
export interface TokenLogin {
  readonly login: Login;
  /** Until when the token may be used to log in, in milliseconds since 1970 UTC. */
  readonly expiresAtMs: number;
}

const BEARER = /^bearer +([\w.-]+) *$/i;

/** The token of an `Authorization: Bearer <token>` header (RFC 6750, 2.1); `undefined` for any other header, or none. */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : BEARER.exec(header)?.[1];
}

interface Claims {
  readonly login: Login;
  /** Until when it may be used to log in, in milliseconds since 1970 UTC. */
  readonly exp: number;
  /** Makes two tokens of the same moment differ. */
  readonly jti: string;
}

/**
 * Short-lived tokens that stand for a login: signed and not stored, with a key derived (HKDF, RFC 5869) from the system secret; it differs from the key of
 * signalling tokens, so neither passes for the other. A token names the versions of the records that the login was verified against: it ends with the account.
 */
export class DataTokens {
  readonly #key: Buffer;

  constructor(systemSecret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', systemSecret, '', 'xir data token, version 1', 32));
  }

  /** A token of characters `A-Za-z0-9-_.`; good until `expiresAtMs`. */
  sign(login: Login, expiresAtMs: number): string {
    const claims: Claims = { login, exp: expiresAtMs, jti: randomUUID() };
    const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${text}.${this.#signature(text).toString('base64url')}`;
  }

  /**
   * The login of a token that this system has signed and that has not expired; whether its account still stands is the caller's to look up. `undefined` for any other text.
   *
   * @param nowMs - Milliseconds since 1970 UTC.
   */
  verify(token: string, nowMs: number): TokenLogin | undefined {
    if (token.length > MAX_DATA_TOKEN_CHARACTERS) return undefined;
    const [text = '', signature = '', ...rest] = token.split('.');
    const given = Buffer.from(signature, 'base64url');
    const expected = this.#signature(text);
    if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    // Nobody else could sign it: it is what `sign` wrote.
    const { login, exp } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Claims;
    return exp > nowMs ? { login, expiresAtMs: exp } : undefined;
  }

  #signature(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
