import type { IncomingHttpHeaders } from 'node:http';

/** Headers that scripts in browsers may read. */
const EXPOSED_HEADERS = 'ETag, Link, Retry-After, X-KV4-Next, X-KV4-Age-Ms, X-KV4-Durable, X-KV4-Error, X-KV4-Error-Detail, X-KV4-Current-Version';

/** The headers of an answer to a preflight (CORS): every origin, method and header that the API knows. */
export const PREFLIGHT_HEADERS: readonly string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Allow-Methods',
  'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers',
  'Authorization, Content-Type, X-Requested-With, Accept, If-Match, If-None-Match, Last-Event-ID, Prefer',
  'Access-Control-Max-Age',
  '86400',
  'Content-Length',
  '0',
];

/** The headers that every answer has, and those that depend on the request alone. */
export function commonHeaders(requestHeaders: IncomingHttpHeaders): string[] {
  const headers = ['Access-Control-Allow-Origin', '*', 'Cache-Control', 'no-cache'];
  if (requestHeaders.origin !== undefined) headers.push('Access-Control-Expose-Headers', EXPOSED_HEADERS);
  return headers;
}

/** Whether a client asks for HTTP statuses that say what happened (`Prefer: status=http`, RFC 7240). */
export function prefersHttpStatus(headers: IncomingHttpHeaders): boolean {
  const { prefer } = headers;
  if (prefer === undefined) return false;
  return String(prefer)
    .toLowerCase()
    .split(',')
    .some((preference) => preference.trim() === 'status=http');
}

/** Whether a client wants one JSON text per line. */
export function acceptsLines(headers: IncomingHttpHeaders): boolean {
  return headers.accept?.includes('application/x-ndjson') === true;
}

/** The `Link` (RFC 8288) and cursor headers of a page that is not the last. */
export function nextPageHeaders(url: string, next: string): string[] {
  const cursor = encodeURIComponent(next);
  const [path = '/', query = ''] = url.split('?', 2);
  const kept = query.split('&').filter((parameter) => parameter !== '' && !parameter.startsWith('after='));
  const link = `${path}?${[...kept, `after=${cursor}`].join('&')}`.replace(/[^\x21-\x7e]|[<>"]/g, encodeURIComponent);
  return ['X-KV4-Next', cursor, 'Link', `<${link}>; rel="next"`];
}
