import { AttemptLimiter, BanList, createAccounts, DEFAULT_ATTEMPT_LIMITS, LoginService, SecretHasher, type Accounts, type Login } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';
import type { Memory } from '@xir/kv4';
import { BUCKET } from '../world/key-space.ts';

/** Of every simulated neuron. */
export const SYSTEM_SECRET = 'secret';
const LOGIN: Login = { kind: 'account', bucket: BUCKET, account: BUCKET, author: BUCKET, role: 'admin', sinceMs: 0, dependsOn: [] };

/** Whoever comes is the one account, whose login rests on no record. No hash is made: it would take real time. */
class OneLogin extends LoginService {
  override login(): Promise<Login> {
    return Promise.resolve(LOGIN);
  }
}

class NoBans extends BanList {
  override peek(): boolean {
    return false;
  }

  override check(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

/** Accounts of a simulated neuron: one login for all, nobody banned. */
export function simulatedAccounts(store: Memory, clock: Clock): Accounts {
  const logins = new OneLogin({ store, systemSecret: SYSTEM_SECRET, hasher: new SecretHasher(), attempts: new AttemptLimiter(DEFAULT_ATTEMPT_LIMITS), clock, maxCachedLogins: 1 });
  return { ...createAccounts({ store, systemSecret: SYSTEM_SECRET, clock }), logins, bans: new NoBans(store, 1) };
}
