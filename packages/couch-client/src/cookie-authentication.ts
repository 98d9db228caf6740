import type { Authentication, AuthenticationContext } from './authentication.ts';
import { CouchError } from './errors.ts';
import { renewingCredential, type ExpiringCredential } from './renewing-credential.ts';
import { errorOfResponse } from './status-error.ts';
import type { TransportResponse } from './transport.ts';

/** Life of a cookie that does not tell its own, in milliseconds: CouchDB's default `[chttpd_auth] timeout`. */
export const DEFAULT_COOKIE_LIFETIME_MS = 600_000;
/** Milliseconds during which a refused login is not repeated: servers lock accounts out after a few of them (CouchDB 3.4+). */
export const LOGIN_REFUSED_HOLD_MS = 60_000;

/** Value and life of the `AuthSession` cookie among `set-cookie` headers, or `undefined`. Pure. */
export function readSessionCookie(setCookie: readonly string[]): { readonly value: string; readonly lifetimeMs: number } | undefined {
  for (const line of setCookie) {
    const match = /^\s*AuthSession=([^;]*)/.exec(line);
    const value = match?.[1];
    if (value === undefined || value === '') continue;
    const maxAge = /;\s*max-age=(\d+)/i.exec(line)?.[1];
    return { value, lifetimeMs: maxAge === undefined ? DEFAULT_COOKIE_LIFETIME_MS : Number(maxAge) * 1000 };
  }
  return undefined;
}

/**
 * CouchDB's cookie authentication: `POST /_session` at the first request, again at half of the cookie's life and after a 401. Logins are
 * shared by all who wait. A login that is refused is not repeated for {@link LOGIN_REFUSED_HOLD_MS}.
 */
export function cookieAuthentication(username: string, password: string, context: AuthenticationContext): Authentication {
  const { transport, clock } = context;
  let current: ExpiringCredential | undefined;
  let login: Promise<ExpiringCredential> | undefined;
  let refusal: { readonly error: CouchError; readonly untilMs: number } | undefined;

  function keep(setCookie: readonly string[]): ExpiringCredential | undefined {
    const cookie = readSessionCookie(setCookie);
    if (cookie === undefined) return undefined;
    const now = clock.monotonic();
    current = {
      headers: { cookie: `AuthSession=${cookie.value}` },
      renewAtMs: now + cookie.lifetimeMs / 2,
      endsAtMs: now + cookie.lifetimeMs,
    };
    return current;
  }

  async function logIn(): Promise<ExpiringCredential> {
    const path = '/_session';
    const response = await transport.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ name: username, password }),
    });
    const text = await response.text();
    if (response.status !== 200) {
      const retryAfter = response.headers['retry-after'];
      const error = errorOfResponse({
        method: 'POST',
        path,
        status: response.status,
        text,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
        now: clock.now(),
      });
      if (response.status === 401 || response.status === 403) refusal = { error, untilMs: clock.monotonic() + LOGIN_REFUSED_HOLD_MS };
      throw error;
    }
    refusal = undefined;
    const cookie = keep(setCookieOf(response));
    if (cookie === undefined) throw new CouchError('COUCH_BAD_RESPONSE', 'POST /_session: no AuthSession cookie in the answer', { status: 200 });
    return cookie;
  }

  function sharedLogin(): Promise<ExpiringCredential> {
    if (refusal !== undefined && clock.monotonic() < refusal.untilMs) return Promise.reject(refusal.error);
    login ??= logIn().finally(() => {
      login = undefined;
    });
    return login;
  }

  return {
    ...renewingCredential({ clock, held: () => current, forget: () => (current = undefined), renew: sharedLogin }),
    observe(response) {
      keep(setCookieOf(response));
    },
  };
}

function setCookieOf(response: TransportResponse): readonly string[] {
  const value = response.headers['set-cookie'];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
