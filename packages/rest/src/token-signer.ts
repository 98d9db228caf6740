import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

import { parseToken, tokenSigningInput, type TokenClaims } from '@xir/protocol';

/** Signs and verifies signalling tokens with a key derived (HKDF, RFC 5869) from the system secret. */
export class TokenSigner {
  readonly #key: Buffer;

  constructor(systemSecret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', systemSecret, '', 'xir signalling token, version 1', 32));
  }

  /** A token: a JWT (RFC 7519) signed with HS256. */
  sign(claims: TokenClaims): string {
    const input = tokenSigningInput(claims);
    return input + '.' + this.#signature(input).toString('base64url');
  }

  /**
   * The claims of a token that this system has signed and that has not expired.
   *
   * @param nowMs - Milliseconds since 1970 UTC.
   * @returns `undefined` for a token that is malformed, forged or expired.
   */
  verify(token: string, nowMs: number): TokenClaims | undefined {
    const parts = parseToken(token);
    if (parts === undefined) return undefined;
    const expected = this.#signature(parts.signed);
    const given = Buffer.from(parts.signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return parts.claims.exp !== undefined && parts.claims.exp * 1000 <= nowMs ? undefined : parts.claims;
  }

  #signature(input: string): Buffer {
    return createHmac('sha256', this.#key).update(input).digest();
  }
}

/** Verifies a token; see {@link TokenSigner.verify}. Keep a {@link TokenSigner} where many are verified. */
export function verifyToken(token: string, systemSecret: string, nowMs: number): TokenClaims | undefined {
  return new TokenSigner(systemSecret).verify(token, nowMs);
}
