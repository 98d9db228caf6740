import { AccountsError, bearerToken, type Login } from '@xir/accounts';
import type { WebSocketRequest } from '@xir/protocol';

import type { WebSocketContext } from './context.ts';
import { WebSocketError } from './errors.ts';
import type { Session } from './session.ts';

/** Logs a session in with an `Authorization` header, Basic or Bearer. Throws `ACCOUNTS_…`. */
export async function logInByHeader(session: Session, header: string): Promise<void> {
  const token = bearerToken(header);
  if (token === undefined) await logInByBasic(session, header);
  else await logInByToken(session, token);
}

/** Logs a session in with a `login` message. Throws `ACCOUNTS_…`, `WEBSOCKET_FORBIDDEN`. */
export async function logInByMessage(session: Session, { account = '', secret = '', token }: Extract<WebSocketRequest, { op: 'login' }>): Promise<void> {
  if (session.knownLogin !== undefined) throw new WebSocketError('WEBSOCKET_FORBIDDEN', 'a connection logs in once');
  if (token !== undefined) return logInByToken(session, token);
  return logInByBasic(session, `Basic ${Buffer.from(`${account}:${secret}`).toString('base64')}`);
}

async function logInByBasic(session: Session, header: string): Promise<void> {
  const { accounts } = session.context;
  await admit(session, () => accounts.logins.login(header, session.remoteAddress));
}

async function logInByToken(session: Session, token: string): Promise<void> {
  await admit(session, () => loginOfToken(session.context, token));
  session.byToken = true;
}

async function admit(session: Session, verify: () => Promise<Login>): Promise<void> {
  const { metrics, accounts } = session.context;
  try {
    const login = await verify();
    session.restricted = await accounts.bans.check(login.bucket, session.remoteAddress, '/', 'subtree');
    session.knownLogin = login;
  } catch (error) {
    if (error instanceof AccountsError) metrics.loginsFailed += 1;
    throw error;
  }
}

async function loginOfToken({ tokens, accounts, clock }: WebSocketContext, token: string): Promise<Login> {
  const login = tokens.verify(token, clock.now())?.login;
  if (login === undefined || !(await accounts.logins.isCurrent(login))) throw new AccountsError('ACCOUNTS_UNAUTHORIZED', 'no token, or an old one');
  return login;
}
