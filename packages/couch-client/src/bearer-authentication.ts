import { fixedAuthentication, type Authentication, type BearerAuth } from './authentication.ts';
import type { Clock } from './clock.ts';
import { CouchError } from './errors.ts';
import { renewingCredential, type ExpiringCredential } from './renewing-credential.ts';

/**
 * Bearer tokens (RFC 6750). A supplier is asked at the first request, at half of a token's life and once after a 401; its rejections become
 * `COUCH_UNAUTHORIZED`.
 */
export function bearerAuthentication(auth: BearerAuth, clock: Clock): Authentication {
  const supplier = auth.token;
  if (typeof supplier === 'string') return fixedAuthentication({ authorization: `Bearer ${supplier}` });
  let current: ExpiringCredential | undefined;
  let asking: Promise<ExpiringCredential> | undefined;

  async function ask(supply: typeof supplier & object): Promise<ExpiringCredential> {
    let answer: Awaited<ReturnType<typeof supply>>;
    try {
      answer = await supply();
    } catch (cause) {
      throw new CouchError('COUCH_UNAUTHORIZED', 'the supplier of bearer tokens failed', { cause });
    }
    const { token, expiresAtMs } = typeof answer === 'string' ? { token: answer, expiresAtMs: undefined } : answer;
    const now = clock.monotonic();
    const lifetimeMs = expiresAtMs === undefined ? Infinity : Math.max(0, expiresAtMs - clock.now());
    current = { headers: { authorization: `Bearer ${token}` }, renewAtMs: now + lifetimeMs / 2, endsAtMs: now + lifetimeMs };
    return current;
  }

  function sharedAsk(): Promise<ExpiringCredential> {
    asking ??= ask(supplier as typeof supplier & object).finally(() => {
      asking = undefined;
    });
    return asking;
  }

  const renewing = renewingCredential({ clock, held: () => current, forget: () => (current = undefined), renew: sharedAsk });
  return { ...renewing, observe: () => undefined };
}
