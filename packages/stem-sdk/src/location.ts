import { SdkError } from './errors.ts';

/** A login: an account and its secret. */
export interface Credentials {
  /** `cool`, `$sys`, or `elena#lily` for a sub-account. */
  readonly account: string;
  readonly secret: string;
}

/** A login by short-lived tokens, for programs that should not have the secret. */
export interface TokenLogin {
  /** Whose tokens they are: `cool`, `$sys`, or `elena#lily` for a sub-account. */
  readonly account: string;
  /** Gives a token that is good now. It is asked at each connect; over HTTP at first, and whenever a neuron refuses the last one. One that does not come within `requestTimeoutMs` fails with `KV4_UNAVAILABLE`. */
  readonly token: () => string | Promise<string>;
}

/** Who logs in. */
export type LoginSource = Credentials | TokenLogin;

/** Where a neuron is, and who calls. */
export interface Location {
  /** Scheme, host, port and path prefix; no credentials, no trailing slash. Safe to log. */
  readonly url: string;
  readonly credentials: Credentials | undefined;
}

/** The port of a neuron's REST API where none is given. */
export const DEFAULT_REST_PORT = 4006;
/** Where a neuron is looked for when nothing says where it is. */
export const DEFAULT_NEURON_URL = `http://127.0.0.1:${DEFAULT_REST_PORT}`;

/** Environment variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the neuron: the URL given, else `XIR_NEURON_URL`, else `NEURON_PORT_4006_TCP_ADDR` (a host's address, as linked containers get it), else
 * {@link DEFAULT_NEURON_URL}. Credentials in the URL are taken out. Throws `SDK_BAD_URL`, whose message never repeats the URL.
 */
export function locateNeuron(given: string | undefined, environment: Environment): Location {
  const linked = environment['NEURON_PORT_4006_TCP_ADDR'];
  const fromLink = linked === undefined || linked === '' ? undefined : `http://${linked.includes(':') ? `[${linked}]` : linked}:${DEFAULT_REST_PORT}`;
  const fromEnvironment = environment['XIR_NEURON_URL'];
  return parseLocation(given ?? (fromEnvironment === '' ? undefined : fromEnvironment) ?? fromLink ?? DEFAULT_NEURON_URL);
}

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'ws:', 'wss:', 'redis:', 'rediss:', 'tcp:', 'tls:']);

/** Schemes of the Redis protocol. */
export const TCP_SCHEMES = /^(?:rediss?|tcp|tls):/;

function parseLocation(text: string): Location {
  if (!URL.canParse(text)) throw new SdkError('SDK_BAD_URL', 'The URL of the neuron is not an absolute URL, such as http://127.0.0.1:4006.');
  const parsed = new URL(text);
  if (!SCHEMES.has(parsed.protocol)) {
    throw new SdkError('SDK_BAD_URL', 'The URL of the neuron must begin with http:, https:, ws:, wss:, redis:, rediss:, tcp: or tls:.');
  }
  if (parsed.host === '') throw new SdkError('SDK_BAD_URL', 'The URL of the neuron names no host.');
  const { username, password } = parsed;
  if (username === '' && password !== '') throw new SdkError('SDK_BAD_URL', 'The URL of the neuron has a secret without an account: write account:secret@host.');
  const credentials = username === '' ? undefined : { account: decode(username), secret: decode(password) };
  // Other schemes than http have no origin in every platform.
  const path = TCP_SCHEMES.test(parsed.protocol) ? '' : parsed.pathname;
  return { url: `${parsed.protocol}//${parsed.host}${path}`.replace(/\/+$/, ''), credentials };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A bare `%` in a secret that nobody encoded: taken as it stands.
    return part;
  }
}

/** The environment of this process, where there is one; browsers have none. */
export function processEnvironment(): Environment {
  const host: { readonly process?: { readonly env?: Environment } } = globalThis;
  return host.process?.env ?? {};
}

/** HTTP Basic (RFC 7617) with UTF-8. */
export function basicAuthorization({ account, secret }: Credentials): string {
  const bytes = new TextEncoder().encode(`${account}:${secret}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
