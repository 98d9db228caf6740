import { RespError } from '../errors.ts';
import { parseInteger } from '../numbers.ts';

const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** A moment in milliseconds since 1970 UTC: that number, or a date such as `2026-11-23` or `2026-11-23T10:00Z`. Throws `RESP_BAD_ARGUMENT`. */
export function momentOf(text: string): number {
  const value = parseInteger(text);
  if (typeof value === 'number' && value >= 0) return value;
  const timeMs = ISO.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs)) throw new RespError('RESP_BAD_ARGUMENT', 'a time is milliseconds since 1970, or a date such as 2026-11-23T10:00Z');
  return timeMs;
}
