import type { Clock } from './clock.ts';
import type { CouchTransport, TransportResponse } from './transport.ts';

/** User name and password with every request. */
export interface BasicAuth {
  readonly type: 'basic';
  /** Default: from the URL. */
  readonly username?: string;
  /** Default: from the URL. */
  readonly password?: string;
}

/** A cookie from `POST /_session`, renewed at half of its life. */
export interface CookieAuth {
  readonly type: 'cookie';
  /** Default: from the URL. */
  readonly username?: string;
  /** Default: from the URL. */
  readonly password?: string;
}

/** A bearer token as a supplier gives it. */
export interface BearerToken {
  readonly token: string;
  /** Wall-clock milliseconds at which it ends; without it the token is kept until the server refuses it. */
  readonly expiresAtMs?: number;
}

/** A bearer token (JWT, IAM), fixed or from a supplier that is asked again at half of the token's life and after a refusal. */
export interface BearerAuth {
  readonly type: 'bearer';
  readonly token: string | (() => Promise<BearerToken | string>);
}

/** How requests prove who sends them. */
export type CouchAuth = BasicAuth | CookieAuth | BearerAuth;

/** What an authentication adds to one request. */
export interface Credential {
  readonly headers: Readonly<Record<string, string>>;
}

/** Keeps credentials; one per client. */
export interface Authentication {
  /** The credential for the next request; renews it first when it is due. Rejects with a `CouchError`. */
  credential(): Promise<Credential>;
  /** The server answered 401 to a request with `used`. Answers whether one more try makes sense, with a credential got anew. */
  refused(used: Credential): Promise<boolean>;
  /** Sees every response: servers renew cookies on the way. */
  observe(response: TransportResponse): void;
}

/** What an authentication needs from its client. */
export interface AuthenticationContext {
  readonly transport: CouchTransport;
  readonly clock: Clock;
}

/** No credentials at all. */
export const anonymousAuthentication: Authentication = fixedAuthentication({});

/** The same headers with every request. */
export function fixedAuthentication(headers: Readonly<Record<string, string>>): Authentication {
  const credential: Credential = { headers };
  return {
    credential: () => Promise.resolve(credential),
    refused: () => Promise.resolve(false),
    observe: () => undefined,
  };
}

/** HTTP Basic (RFC 7617), UTF-8. */
export function basicAuthentication(username: string, password: string): Authentication {
  return fixedAuthentication({ authorization: `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}` });
}
