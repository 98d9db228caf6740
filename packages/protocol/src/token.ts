/** Most characters of a token that are looked at. */
export const MAX_TOKEN_CHARACTERS = 4096;

/**
 * The claims of a signalling token. The field names are those that v3's later tokens carry; no account secret is among them.
 */
export interface TokenClaims {
  /** Who may connect: the account, and the sub-account or null. */
  readonly ar: { readonly pri: string; readonly sec: string | null };
  /** Where: the user's name, the layer, and the channel's path (null: any channel). */
  readonly dr: { readonly k: string; readonly l: '*subs'; readonly p: string | null };
  /** Until when the token may be used to connect, in unix seconds; absent: for ever. */
  readonly exp?: number;
  /** When it was made, in unix seconds. */
  readonly iat: number;
  /** Makes two tokens of the same second differ. */
  readonly jti: string;
}

/** A token taken apart, its signature not checked yet. */
export interface TokenParts {
  /** What the signature covers: header and claims as they were sent. */
  readonly signed: string;
  /** The signature, base64url. */
  readonly signature: string;
  readonly claims: TokenClaims;
}

const HEADER = encodeText('{"alg":"HS256","typ":"JWT"}');

/** The part of a token that is signed: a JWT header (RFC 7519, HS256) and the claims. */
export function tokenSigningInput(claims: TokenClaims): string {
  return HEADER + '.' + encodeText(JSON.stringify(claims));
}

/**
 * Takes a token apart. Tokens consist of `A-Za-z0-9-_.` only, so they pass through URLs unencoded.
 *
 * @returns `undefined` for anything that is not a token of exactly this header and shape.
 */
export function parseToken(token: string): TokenParts | undefined {
  if (token.length > MAX_TOKEN_CHARACTERS) return undefined;
  const parts = token.split('.');
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || header !== HEADER || payload === undefined || signature === undefined) return undefined;
  const claims = readClaims(payload);
  return claims === undefined ? undefined : { signed: header + '.' + payload, signature, claims };
}

function readClaims(payload: string): TokenClaims | undefined {
  try {
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (character) => character.charCodeAt(0))));
    return isClaims(value) ? value : undefined;
  } catch {
    // Not base64, not UTF-8 or not JSON: not a token.
    return undefined;
  }
}

function isClaims(value: unknown): value is TokenClaims {
  if (!isObject(value) || !isObject(value['ar']) || !isObject(value['dr'])) return false;
  const { ar, dr, exp } = value;
  return (
    typeof ar['pri'] === 'string' &&
    (ar['sec'] === null || typeof ar['sec'] === 'string') &&
    typeof dr['k'] === 'string' &&
    dr['l'] === '*subs' &&
    (dr['p'] === null || typeof dr['p'] === 'string') &&
    (exp === undefined || (typeof exp === 'number' && Number.isSafeInteger(exp)))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function encodeText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
