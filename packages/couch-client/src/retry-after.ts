/** The longest `Retry-After` that is honoured, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 600_000;

/**
 * Milliseconds asked for by a `Retry-After` header (RFC 9110 §10.2.3: seconds, or an HTTP date compared with `now`), at most
 * {@link MAX_RETRY_AFTER_MS}; `undefined` when there is none or it makes no sense. Pure.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const delay = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  if (!Number.isFinite(delay)) return undefined;
  return Math.min(Math.max(0, Math.round(delay)), MAX_RETRY_AFTER_MS);
}
