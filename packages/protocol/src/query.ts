/** Most parameters that are read from one query; the rest is ignored. */
export const MAX_QUERY_PARAMETERS = 64;

/** The parameters of a query; of a repeated one the last counts. */
export type Query = ReadonlyMap<string, string>;

const NONE: Query = new Map();

/**
 * Reads a query string (without `?`). Undecodable percent-encoding is left as it stands, a parameter without `=` is the
 * empty string, `+` is a space.
 */
export function parseQuery(text: string): Query {
  if (text === '') return NONE;
  const query = new Map<string, string>();
  for (const part of text.split('&', MAX_QUERY_PARAMETERS)) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) query.set(decodeComponent(part), '');
    else query.set(decodeComponent(part.slice(0, equals)), decodeComponent(part.slice(equals + 1)));
  }
  return query;
}

/** Whether a parameter is there and means yes: anything but the empty string, `0`, `false` and `no`. */
export function isTruthy(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false' && value !== 'no';
}

/**
 * A whole number from a parameter, forgiving the doubled name that one client sends (`depth=depth=10` is 10).
 * `undefined` when there is none.
 */
export function lenientInteger(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const digits = /^(?:[a-z_]+=)?(\d{1,15})$/i.exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Decodes one form- or query-encoded component; what cannot be decoded is returned as it stands. */
export function decodeComponent(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // A stray `%`: clients send such values unencoded.
    return spaced;
  }
}
