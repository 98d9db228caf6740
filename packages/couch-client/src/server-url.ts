/** A server's address with the credentials taken out. */
export interface ServerUrl {
  /** Scheme, host, port and path prefix, without credentials, query or trailing slash. */
  readonly url: string;
  /** What the URL carried before the `@`, decoded. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Reads a server's URL and takes the credentials out. Throws a `TypeError` that never repeats the URL (it may hold a password) when it is
 * not an absolute `http:` or `https:` URL.
 */
export function parseServerUrl(text: string): ServerUrl {
  if (!URL.canParse(text)) throw new TypeError('the CouchDB URL is not an absolute URL');
  const parsed = new URL(text);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new TypeError('the CouchDB URL must begin with http: or https:');
  }
  const { username, password } = parsed;
  const url = `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '');
  if (username === '' && password === '') return { url, credentials: undefined };
  return { url, credentials: { username: decodePart(username), password: decodePart(password) } };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A bare `%` in a password that nobody encoded: taken as it stands.
    return part;
  }
}
