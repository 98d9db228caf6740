import { parseQuery, type Query } from './query.ts';

/** The parameter whose segments follow those of the URL: a way to say `.`, `..` and NUL, which URLs and those who handle them do not carry. */
export const PATH_PARAMETER = 'p';
/** Most segments in a path; the store takes no more either. */
export const MAX_PATH_SEGMENTS = 32;

/** What a request line asks for. */
export interface Target {
  /** The service's name without its underscore, for example `data`; `''` where the path names none. */
  readonly service: string;
  /** The decoded segments behind the service. */
  readonly segments: readonly string[];
  /** The same as one normalised path: `/`, `/a/b`. */
  readonly path: string;
  readonly query: Query;
  /** The query as it was sent, without `?`. */
  readonly queryText: string;
}

/**
 * Reads a request target (origin form, RFC 9112, 3.2.1; the absolute form is read too). Empty segments vanish, so trailing and double
 * slashes do not matter; segments are percent-decoded one by one, and what decodes to a slash or is not UTF-8 is malformed.
 *
 * The segments of the parameter {@link PATH_PARAMETER} follow those of the URL. They are names: `..` is a segment called `..`, so they never lead out of the
 * URL's path.
 *
 * @returns `undefined` for a malformed target.
 */
export function parseTarget(url: string): Target | undefined {
  const mark = url.indexOf('?');
  const queryText = mark < 0 ? '' : cutFragment(url.slice(mark + 1));
  const pathText = withoutOrigin(cutFragment(mark < 0 ? url : url.slice(0, mark)));
  const segments: string[] = [];
  for (const raw of pathText.split('/')) {
    if (raw === '') continue;
    const segment = decodeSegment(raw);
    if (segment === undefined || segments.length > MAX_PATH_SEGMENTS) return undefined;
    segments.push(segment);
  }
  const first = segments[0];
  const service = first !== undefined && first.startsWith('_') ? first.slice(1) : '';
  if (service !== '') segments.shift();
  const query = parseQuery(queryText);
  for (const segment of query.get(PATH_PARAMETER)?.split('/') ?? []) if (segment !== '') segments.push(segment);
  if (segments.length > MAX_PATH_SEGMENTS) return undefined;
  return { service, segments, path: '/' + segments.join('/'), query, queryText };
}

function cutFragment(text: string): string {
  const hash = text.indexOf('#');
  return hash < 0 ? text : text.slice(0, hash);
}

function withoutOrigin(path: string): string {
  if (!/^https?:\/\//i.test(path)) return path;
  const slash = path.indexOf('/', path.indexOf('//') + 2);
  return slash < 0 ? '/' : path.slice(slash);
}

function decodeSegment(raw: string): string | undefined {
  if (!raw.includes('%')) return raw;
  try {
    const segment = decodeURIComponent(raw);
    return segment.includes('/') || segment.includes('\0') ? undefined : segment;
  } catch {
    // Malformed percent-encoding: the caller answers `bad_request`.
    return undefined;
  }
}
