import { bearerToken, dataBucket, type Login } from '@xir/accounts';
import { normalisePath } from '@xir/kv4-core';
import type { TokenClaims } from '@xir/protocol';
import type { RequestLogin, ServiceContext, UnprovedRequest } from '@xir/rest';
import { isDevice, isUser } from '@xir/router';

import { messagingError } from './errors.ts';
import type { PeerSession } from './peer-session.ts';
import type { PeerSessions, Who } from './peer-sessions.ts';

/** Where a session is named: by itself, or in the cursor of a poll. */
const SESSION_PARAMETERS = ['session', 'after'] as const;

type Asked = Pick<UnprovedRequest['target'], 'query' | 'path'> & { readonly authorization: string | undefined };

/** What peers are admitted with. */
export interface PeerLoginParts {
  readonly sessions: PeerSessions;
  readonly mayConnect: (claims: TokenClaims, path: string) => Promise<boolean>;
}

/** Who a token says the client is, on which channel. */
export interface Proved extends Who {
  readonly claims: TokenClaims;
  /** The session of theirs that the request names. */
  readonly session?: PeerSession;
}

/** Reads token, channel and session of a request. A token that has expired will do where the request names a session of its own that is there. Throws `MESSAGING_UNAUTHORIZED`, `MESSAGING_BAD_OPTION`. */
export function readPeer({ tokens, clock }: Pick<ServiceContext, 'tokens' | 'clock'>, { query, path, authorization }: Asked, sessions: PeerSessions): Proved {
  const token = query.get('token') ?? bearerToken(authorization) ?? '';
  const device = query.get('device');
  if (device !== undefined && !isDevice(device)) throw messagingError('MESSAGING_BAD_OPTION', 'device must be 1 to 64 letters, digits, - and _');
  // Expired or not: what it says is signed.
  const claims = tokens.verify(token, Number.NEGATIVE_INFINITY);
  if (claims === undefined || !isUser(claims.dr.k)) throw unauthorized();
  const channel = channelOf(claims, path);
  const { pri, sec } = claims.ar;
  const who: Who = { bucket: sec === null ? pri : dataBucket(pri, sec), path: channel, user: claims.dr.k, ...(device === undefined ? {} : { device }) };
  const session = sessions.find(who);
  if (session !== undefined && SESSION_PARAMETERS.some((name) => query.get(name)?.split('.')[0] === session.id)) return { ...who, claims, session };
  if (tokens.verify(token, clock.now()) === undefined) throw unauthorized();
  return { ...who, claims };
}

/** Admits whoever has a token that is good for the channel, and whose address is not banned from it. Rejects with `ServiceError`, and with what the store rejects with. */
export async function authenticatePeer({ context, target, headers, remoteAddress }: UnprovedRequest, { sessions, mayConnect }: PeerLoginParts): Promise<RequestLogin> {
  const proved = readPeer(context, { ...target, authorization: headers.authorization }, sessions);
  const { bucket, path, user, claims, session } = proved;
  if (await context.accounts.bans.check(bucket, remoteAddress, path)) throw unauthorized();
  if (session === undefined && !(await mayConnect(claims, path))) throw unauthorized();
  const { pri, sec } = claims.ar;
  const login: Login = { kind: sec === null ? 'account' : 'sub-account', bucket, account: pri, ...(sec === null ? {} : { subAccount: sec }), author: user, role: 'peer', sinceMs: 0, dependsOn: [] };
  return { login, byToken: true };
}

/** The channel that a token leads to: its own, or, where it names none, that of the URL. */
function channelOf({ dr }: TokenClaims, path: string): string {
  let own: string;
  try {
    own = normalisePath(dr.p ?? path);
  } catch {
    // No such path is possible.
    throw unauthorized();
  }
  if (path !== '/' && own !== path) throw unauthorized();
  return own;
}

function unauthorized() {
  return messagingError('MESSAGING_UNAUTHORIZED', 'no token that is good for this channel now');
}
