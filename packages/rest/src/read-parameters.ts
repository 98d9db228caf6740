import { parseTimeGroup, type PageOptions, type ReadOptions, type SeriesOptions } from '@xir/kv4-core';
import { isTruthy, lenientInteger, type Query } from '@xir/protocol';

import { RestError } from './errors.ts';
import type { ServiceRequest } from './service.ts';

/** The freshness a request asks for: `fresh=1`, `max_age=<ms>`. */
export function readOptions(request: ServiceRequest): ReadOptions {
  const { query, signal } = request;
  const maxAge = query.get('max_age');
  return {
    signal,
    ...(isTruthy(query.get('fresh')) ? { fresh: true } : {}),
    ...(maxAge === undefined ? {} : { maxAgeMs: requiredNumber('max_age', maxAge) }),
  };
}

/** One page of a listing: `limit=`, `after=`. */
export function pageOptions(request: ServiceRequest): PageOptions {
  const { query } = request;
  const limit = query.get('limit');
  const after = query.get('after');
  return {
    ...readOptions(request),
    ...(limit === undefined ? {} : { limit: requiredInteger('limit', limit) }),
    ...(after === undefined || after === '' ? {} : { after }),
  };
}

/** The depth of a subtree: `depth=`; what cannot be read counts as no limit, since one client sends such. */
export function depthOption(query: Query): { readonly depth?: number } {
  const depth = lenientInteger(query.get('depth'));
  return depth === undefined ? {} : { depth };
}

/** The span of a series or aggregate: v3's groups `gs` and `ge`, or moments `from` and `to`; both ends inclusive. */
export function spanOptions(query: Query): Pick<SeriesOptions, 'fromMs' | 'toMs'> {
  const gs = query.get('gs');
  const ge = query.get('ge');
  const from = query.get('from');
  const to = query.get('to');
  const first = gs === undefined || gs === '' ? undefined : parseTimeGroup(gs);
  const last = ge === undefined || ge === '' ? first : parseTimeGroup(ge);
  return {
    ...(first === undefined ? {} : { fromMs: first.fromMs }),
    ...(last === undefined ? {} : { toMs: last.toMs }),
    ...(from === undefined ? {} : { fromMs: moment('from', from) }),
    ...(to === undefined ? {} : { toMs: moment('to', to) }),
  };
}

/** A moment: milliseconds since 1970 UTC, or an ISO 8601 time. Throws `REST_BAD_OPTION`. */
export function moment(name: string, text: string): number {
  if (/^\d{1,15}(?:\.\d+)?$/.test(text)) return Math.floor(Number(text));
  const parsed = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text.replace(' ', '+')) : Number.NaN;
  if (Number.isNaN(parsed)) throw new RestError('REST_BAD_OPTION', `${name} must be milliseconds since 1970 or an ISO 8601 time`);
  return parsed;
}

/** A number of at least 0. Throws `REST_BAD_OPTION`. */
export function requiredNumber(name: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < 0) throw new RestError('REST_BAD_OPTION', `${name} must be a number of at least 0`);
  return value;
}

/** A whole number of at least 0. Throws `REST_BAD_OPTION`. */
export function requiredInteger(name: string, text: string): number {
  const value = requiredNumber(name, text);
  if (!Number.isSafeInteger(value)) throw new RestError('REST_BAD_OPTION', `${name} must be a whole number`);
  return value;
}
