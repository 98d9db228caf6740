import { AccountsError, type Login } from '@xir/accounts';

import type { Call } from './command.ts';
import { leaveAccount } from './leave-account.ts';

/** Verifies a login by the same rules as REST, and makes it the client's; the bytes are UTF-8. In place of the secret a token may stand that was given to the account. */
export async function logIn({ client, context }: Pick<Call, 'client' | 'context'>, account: string, secret: string): Promise<void> {
  const { accounts, metrics } = context;
  const { remoteAddress } = client.place;
  try {
    const header = `Basic ${Buffer.from(`${account}:${secret}`, 'latin1').toString('base64')}`;
    // What is no good token is weighed as a secret, and counts among failed attempts as one.
    const login = (await loginOfToken(context, account, secret)) ?? (await accounts.logins.login(header, remoteAddress));
    if (client.knownLogin !== undefined && client.knownLogin.bucket !== login.bucket) leaveAccount(context, client);
    client.knownLogin = login;
    client.restricted = await accounts.bans.check(login.bucket, remoteAddress, '/', 'subtree');
  } catch (error) {
    if (error instanceof AccountsError) metrics.loginsFailed += 1;
    throw error;
  }
}

async function loginOfToken({ tokens, accounts, clock }: Call['context'], account: string, token: string): Promise<Login | undefined> {
  const login = tokens?.verify(token, clock.now())?.login;
  if (login === undefined || login.bucket !== Buffer.from(account, 'latin1').toString('utf8').replace('#', ')')) return undefined;
  return (await accounts.logins.isCurrent(login)) ? login : undefined;
}
