import { fixedAuthentication, type Authentication, type BearerAuth, type Credential } from './authentication.ts';
import type { Clock } from './clock.ts';
import { CouchError } from './errors.ts';

interface HeldToken extends Credential {
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

/**
 * Bearer tokens (RFC 6750). A supplier is asked at the first request, at half of a token's life and once after a 401; its rejections become
 * `COUCH_UNAUTHORIZED`.
 */
export function bearerAuthentication(auth: BearerAuth, clock: Clock): Authentication {
  const supplier = auth.token;
  if (typeof supplier === 'string') return fixedAuthentication({ authorization: `Bearer ${supplier}` });
  let current: HeldToken | undefined;
  let asking: Promise<HeldToken> | undefined;

  async function ask(supply: typeof supplier & object): Promise<HeldToken> {
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

  function sharedAsk(): Promise<HeldToken> {
    asking ??= ask(supplier as typeof supplier & object).finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    async credential() {
      const held = current;
      const now = clock.monotonic();
      if (held !== undefined && now < held.renewAtMs) return held;
      try {
        return await sharedAsk();
      } catch (error) {
        // Renewal before the end failed: the token we hold is still good, the next request tries again.
        if (held !== undefined && now < held.endsAtMs && current === held) return held;
        throw error;
      }
    },
    async refused(used) {
      if (current === used) current = undefined;
      if (current === undefined) await sharedAsk();
      return true;
    },
    observe: () => undefined,
  };
}
