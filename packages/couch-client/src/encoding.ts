import { CouchError } from './errors.ts';

/** A value of a query: strings go as they are (JSON-encode keys yourself), arrays and objects as JSON, `undefined` not at all. */
export type QueryValue = string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>> | null | undefined;

/** A query, by parameter name. */
export type Query = Readonly<Record<string, QueryValue>>;

function encodePart(part: string, what: string): string {
  if (part === '') throw new CouchError('COUCH_BAD_REQUEST', `${what} is empty`);
  // Dot segments would be taken for path navigation by proxies.
  if (part === '.' || part === '..') return part.replaceAll('.', '%2E');
  try {
    return encodeURIComponent(part);
  } catch (cause) {
    throw new CouchError('COUCH_BAD_REQUEST', `${what} holds a lone surrogate`, { cause });
  }
}

/** A database name as a path segment: `$`, `+` and `/` are percent-encoded. Throws `COUCH_BAD_REQUEST` when it is empty. */
export function encodeDatabaseName(name: string): string {
  return encodePart(name, 'the database name');
}

/**
 * A document id as path: everything but unreserved characters is percent-encoded, save the slash of `_design/` and `_local/`.
 * Throws `COUCH_BAD_REQUEST` for an empty id and for lone surrogates.
 */
export function encodeDocumentId(id: string): string {
  for (const prefix of ['_design/', '_local/']) {
    if (id.startsWith(prefix)) return prefix + encodePart(id.slice(prefix.length), 'the document id');
  }
  return encodePart(id, 'the document id');
}

/** A query as text beginning with `?`, or the empty string when nothing is in it. */
export function encodeQuery(query: Query | undefined): string {
  if (query === undefined) return '';
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    try {
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(text)}`);
    } catch (cause) {
      throw new CouchError('COUCH_BAD_REQUEST', `the query parameter ${name} holds a lone surrogate`, { cause });
    }
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
