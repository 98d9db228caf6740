import {
  pathSegments,
  type DeleteOptions,
  type JsonValue,
  type KeyAddress,
  type PageOptions,
  type PathAddress,
  type PutOptions,
  type ReadOptions,
  type SeriesOptions,
  type TreeOptions,
  type WriteCondition,
} from '@xir/kv4-core';
import { VERSION_FIELD } from './datum.ts';
import type { RestRequest } from './rest-channel.ts';

/** The version that means to the REST API: overwrite whatever is there. */
export const FORCED_VERSION = '_splat_';
/** The layer that `_data` serves when none is named. */
export const DATA_LAYER = '*data';

type Query = NonNullable<RestRequest['query']>;

/** How the operation on an address is called in messages. */
export function describe(operation: string, address: PathAddress & { readonly key?: string }): string {
  return `${operation} ${address.path}${address.key === undefined ? '' : ` ${JSON.stringify(address.key)}`}`;
}

/** The URL path of a listing: the segments up to the first that URLs do not carry, which {@link scopeQuery} sends with those behind it. */
export function urlPath(service: '_data' | '_ds', { path }: Pick<PathAddress, 'path'>): string {
  return ['', service, ...splitPath(path).carried.map(encodeURIComponent)].join('/');
}

/** The parameters that name a bucket, a layer, and what of the path does not stand in the URL. */
export function scopeQuery({ bucket, layer, path }: PathAddress): Query {
  const { rest } = splitPath(path);
  return { w: bucket, l: layer === DATA_LAYER ? undefined : layer, p: rest.length === 0 ? undefined : rest.join('/') };
}

/** URLs resolve `.` and `..`, and the API takes no NUL in them. */
function splitPath(path: string): { readonly carried: readonly string[]; readonly rest: readonly string[] } {
  const segments = pathSegments(path);
  const first = segments.findIndex((segment) => segment === '.' || segment === '..' || segment.includes('\0'));
  return first < 0 ? { carried: segments, rest: [] } : { carried: segments.slice(0, first), rest: segments.slice(first) };
}

/** The parameters of {@link ReadOptions}. */
export function readQuery({ fresh, maxAgeMs }: ReadOptions): Query {
  return { fresh: fresh === true ? 1 : undefined, max_age: maxAgeMs === undefined || maxAgeMs === Infinity ? undefined : maxAgeMs };
}

/** The parameters of {@link PageOptions}; `limit` is always sent, since the API streams everything without one. */
export function pageQuery(options: PageOptions, defaultLimit: number): Query {
  return { ...readQuery(options), limit: options.limit ?? defaultLimit, after: options.after };
}

/** The parameters of {@link TreeOptions}. */
export function treeQuery(options: TreeOptions, defaultLimit: number): Query {
  return { ...pageQuery(options, defaultLimit), tree: 1, depth: options.depth };
}

/** The parameters of {@link SeriesOptions}; `undefined` when nothing can lie between the ends. Times before 1970 have no versions. */
export function spanQuery({ fromMs = 0, toMs = Infinity }: Pick<SeriesOptions, 'fromMs' | 'toMs'>): Query | undefined {
  if (toMs < 0 || fromMs > toMs || fromMs > Number.MAX_SAFE_INTEGER) return undefined;
  return { from: fromMs <= 0 ? undefined : Math.ceil(fromMs), to: toMs > MAX_TIME_MS ? undefined : Math.floor(toMs) };
}

/** The last moment that a version can carry, in milliseconds since 1970 UTC. */
export const MAX_TIME_MS = 0xffff_ffff_ffff;

/** A put as a request. */
export function putRequest(address: KeyAddress, value: JsonValue, options: PutOptions): RestRequest {
  const { version, headers } = conditionParts(options.condition);
  const { secondary, expiresInMs, merge } = options;
  return {
    method: merge === true ? 'PATCH' : 'PUT',
    path: urlPath('_data', address),
    query: {
      ...scopeQuery(address),
      as: 'datum',
      expire: expiresInMs === undefined ? undefined : expiresInMs / 1000,
      [VERSION_FIELD]: version,
    },
    headers,
    body: { k: address.key, v: value, ...(secondary === undefined ? {} : { m: { ...secondary } }) },
    signal: options.signal,
    doing: describe('put', address),
  };
}

/** A deletion of one key as a request. */
export function deleteRequest(address: KeyAddress, options: DeleteOptions): RestRequest {
  const { version, headers } = conditionParts(options.condition);
  return {
    method: 'DELETE',
    path: urlPath('_data', address),
    query: { ...scopeQuery(address), k: address.key, [VERSION_FIELD]: version },
    headers,
    signal: options.signal,
    doing: describe('delete', address),
  };
}

/** How the REST API is told a condition: by headers (RFC 9110, 13.1), or by v3's version as a parameter, empty for a lock without one. */
function conditionParts(condition: WriteCondition = { type: 'any' }): { readonly headers: Readonly<Record<string, string>>; readonly version?: string } {
  switch (condition.type) {
    case 'absent':
      return { headers: { 'if-none-match': '*' } };
    case 'present':
      return { headers: { 'if-match': '*' } };
    case 'version':
      return { headers: { 'if-match': `"${condition.version}"` } };
    case 'locked':
      return { headers: {}, version: condition.version ?? '' };
    case 'any':
      return { headers: {}, version: FORCED_VERSION };
  }
}
