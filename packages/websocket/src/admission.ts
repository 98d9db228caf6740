import type { Session } from './session.ts';

/** What is known of a login before requests are carried out. */
export type Admission = 'held' | 'ended' | Promise<'held' | 'ended'>;

/**
 * Looks whether a session's login still holds, and whether its address is banned from anything: two looks into memory, and a promise only where memory cannot
 * tell. Rejects with what the store throws.
 */
export function admit(session: Session): Admission {
  const login = session.knownLogin;
  if (login === undefined) return 'held';
  const { logins, bans } = session.context.accounts;
  const confirmed = logins.confirm(login);
  if (confirmed === false) return 'ended';
  const banned = bans.peek(login.bucket, session.remoteAddress, '/', 'subtree');
  if (confirmed === undefined || banned === undefined) return findOut(session);
  session.restricted = banned;
  return 'held';
}

async function findOut(session: Session): Promise<'held' | 'ended'> {
  const { login } = session;
  const { logins, bans } = session.context.accounts;
  if (!(await logins.isCurrent(login))) return 'ended';
  session.restricted = await bans.check(login.bucket, session.remoteAddress, '/', 'subtree');
  return 'held';
}
