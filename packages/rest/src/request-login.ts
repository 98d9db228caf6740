import { AccountsError, bearerToken, type Accounts, type DataTokens, type Login, type TokenLogin } from '@xir/accounts';

/** Who sends a request. */
export interface RequestLogin {
  readonly login: Login;
  /** True where a token has proved it, with which no further token can be had. */
  readonly byToken: boolean;
}

/** What logins are verified with. */
export interface LoginKeys {
  readonly accounts: Accounts;
  readonly dataTokens: DataTokens;
}

/**
 * The login of an `Authorization` header, Basic or Bearer. Throws `ACCOUNTS_…` and what the store throws.
 *
 * @param nowMs - Milliseconds since 1970 UTC.
 */
export async function requestLogin({ accounts, dataTokens }: LoginKeys, header: string | undefined, from: { readonly remoteAddress: string; readonly nowMs: number }): Promise<RequestLogin> {
  const token = bearerToken(header);
  if (token === undefined) return { login: await accounts.logins.login(header, from.remoteAddress), byToken: false };
  const found = dataTokens.verify(token, from.nowMs);
  if (found === undefined || !(await accounts.logins.isCurrent(found.login))) throw new AccountsError('ACCOUNTS_UNAUTHORIZED', 'no token, or an old one');
  return { login: found.login, byToken: true };
}

/** The same for a login that is provably good without waiting; `undefined`: ask {@link requestLogin}. */
export function recallLogin({ accounts, dataTokens }: LoginKeys, header: string, nowMs: number): TokenLogin | undefined {
  const token = bearerToken(header);
  if (token === undefined) {
    const login = accounts.logins.recall(header);
    return login === undefined ? undefined : { login, expiresAtMs: Number.POSITIVE_INFINITY };
  }
  const found = dataTokens.verify(token, nowMs);
  return found !== undefined && accounts.logins.confirm(found.login) === true ? found : undefined;
}
