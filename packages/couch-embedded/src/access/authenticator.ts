import { createHmac, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { CouchRefusal, forbidden, unauthorized } from '../couch-error.ts';
import { EmbeddedError } from '../errors.ts';
import type { Exchange, UserContext } from '../http/exchange.ts';
import { equalTexts, verifyPassword } from './password.ts';
import { issueSession, readSession, SESSION_TIMEOUT_SECONDS } from './session-cookie.ts';

/** What the authenticator is built from. */
export interface AuthenticatorOptions {
  /** Names to passwords, plain or hashed. Empty: everybody is an admin, on loopback only. */
  readonly admins: Readonly<Record<string, string>>;
  readonly host: string;
  /** Key of session cookies. */
  readonly secret: Buffer;
}

const ANONYMOUS: UserContext = { name: null, roles: [] };
const EVERYBODY_IS_ADMIN: UserContext = { name: null, roles: ['_admin'] };
/** A cookie older than this is answered with a fresh one, so that a busy client never meets the end of its session. */
const RENEW_AFTER_SECONDS = SESSION_TIMEOUT_SECONDS / 10;

/** Recognises users by Basic credentials or session cookie. */
export class Authenticator {
  readonly #admins: ReadonlyMap<string, string>;
  readonly #host: string;
  readonly #secret: Buffer;
  /** Passwords that were verified, as keyed digests, so that a slow hash is computed once. */
  readonly #verified = new Map<string, string>();
  readonly #verifiedKey = randomBytes(32);

  /** Throws `EMBEDDED_BAD_OPTION` when everybody on a network would be an admin. */
  constructor(options: AuthenticatorOptions) {
    this.#admins = new Map(Object.entries(options.admins));
    this.#host = options.host;
    this.#secret = options.secret;
    for (const [name, password] of this.#admins) {
      if (name === '' || name.includes(':') || password === '') throw new EmbeddedError('EMBEDDED_BAD_OPTION', 'an admin needs a name without a colon, and a password');
    }
    if (this.#admins.size === 0 && !isLoopback(options.host)) {
      throw new EmbeddedError('EMBEDDED_BAD_OPTION', `listening on ${options.host} needs admins: without any, everybody who connects is one`);
    }
  }

  /** Who asks; throws 401 for wrong Basic credentials. A cookie that is not valid is as none. */
  async authenticate(exchange: Exchange): Promise<UserContext> {
    if (this.#admins.size === 0) {
      this.#refuseForeignHost(exchange);
      return EVERYBODY_IS_ADMIN;
    }
    const authorization = exchange.header('authorization');
    if (authorization !== undefined && /^basic /i.test(authorization)) {
      const [name, password] = splitCredentials(authorization.slice(6).trim());
      if (!(await this.login(name, password))) throw unauthorized('Name or password is incorrect.');
      return { name, roles: ['_admin'], authenticated: 'default' };
    }
    const cookie = /(?:^|;\s*)AuthSession=([^;]*)/.exec(exchange.header('cookie') ?? '')?.[1];
    const session = cookie === undefined || cookie === '' ? undefined : readSession(cookie, nowSeconds(), (name) => this.#sessionKey(name));
    if (session === undefined) return ANONYMOUS;
    if (session.ageSeconds > RENEW_AFTER_SECONDS) exchange.extraHeaders = { ...exchange.extraHeaders, 'Set-Cookie': this.cookie(session.name) };
    return { name: session.name, roles: ['_admin'], authenticated: 'cookie' };
  }

  /** Whether the password is the user's. Takes as long for an unknown user as for a wrong password of a plain one. */
  async login(name: string, password: string): Promise<boolean> {
    const stored = this.#admins.get(name);
    const digest = createHmac('sha256', this.#verifiedKey).update(`${name}\n${password}`).digest('hex');
    const known = this.#verified.get(name);
    if (known !== undefined && equalTexts(known, digest)) return true;
    const matches = await verifyPassword(password, stored ?? randomBytes(16).toString('hex'));
    if (stored === undefined || !matches) return false;
    this.#verified.set(name, digest);
    return true;
  }

  /** The header that starts, or (`undefined`) ends a session. */
  cookie(name: string | undefined): string {
    const key = name === undefined ? undefined : this.#sessionKey(name);
    const value = name === undefined || key === undefined ? '' : issueSession(name, nowSeconds(), key);
    const expires = new Date((nowSeconds() + SESSION_TIMEOUT_SECONDS) * 1000).toUTCString();
    return `AuthSession=${value}; Version=1; Expires=${expires}; Max-Age=${value === '' ? 0 : SESSION_TIMEOUT_SECONDS}; Path=/; HttpOnly; SameSite=Lax`;
  }

  /** Changing a password ends its sessions. */
  #sessionKey(name: string): Buffer | undefined {
    const stored = this.#admins.get(name);
    return stored === undefined ? undefined : createHmac('sha256', this.#secret).update(`${name}\n${stored}`).digest();
  }

  /** Without login, a web page that had its own name point here must not get in: only addresses and our own names are served. */
  #refuseForeignHost(exchange: Exchange): void {
    const host = exchange.header('host');
    if (host === undefined) return;
    const name = host.replace(/:[0-9]+$/, '').replace(/^\[(.*)\]$/, '$1').toLowerCase();
    if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || name === this.#host) return;
    throw forbidden('This server has no admins and answers to loopback names only.');
  }
}

/** Whether a host to listen on is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(host);
}

function splitCredentials(encoded: string): [string, string] {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) throw new CouchRefusal(400, 'bad_request', 'Malformed Authorization header.');
  return [text.slice(0, colon), text.slice(colon + 1)];
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
