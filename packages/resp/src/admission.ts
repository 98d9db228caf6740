import type { Client } from './client.ts';
import type { RespContext } from './context.ts';
import { leaveAccount } from './leave-account.ts';

/**
 * Looks whether a client's login still holds, and whether its address is banned from anything, before its requests are carried out: two looks into memory. Where
 * memory cannot tell, `wait` is handed what finds out, and the answer is false. A login that no longer holds is taken from the client.
 */
export function admit(context: RespContext, client: Client, wait: (waiting: Promise<void>) => void): boolean {
  const login = client.knownLogin;
  if (login === undefined) return true;
  if (client.admitted) {
    client.admitted = false;
    return true;
  }
  client.refusal = undefined;
  const { logins, bans } = context.accounts;
  const confirmed = logins.confirm(login);
  if (confirmed === false) {
    endLogin(context, client);
    return true;
  }
  const banned = bans.peek(login.bucket, client.place.remoteAddress, '/', 'subtree');
  if (confirmed === true && banned !== undefined) {
    client.restricted = banned;
    return true;
  }
  wait(findOut(context, client));
  return false;
}

/** Never rejects: what cannot be found out is what the requests of the turn are answered with. */
async function findOut(context: RespContext, client: Client): Promise<void> {
  const { knownLogin: login, place } = client;
  if (login === undefined) return;
  const { logins, bans } = context.accounts;
  try {
    const current = await logins.isCurrent(login);
    if (!current) endLogin(context, client);
    client.restricted = await bans.check(login.bucket, place.remoteAddress, '/', 'subtree');
  } catch (error) {
    client.refusal = error instanceof Error ? error : new Error(String(error));
  }
  client.admitted = true;
}

function endLogin(context: RespContext, client: Client): void {
  leaveAccount(context, client);
  client.knownLogin = undefined;
}
