import {
  Kv4Error,
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

/** The URL path of a listing. Throws `KV4_BAD_ADDRESS` for segments that URLs cannot carry. */
export function urlPath(service: '_data' | '_ds', { path }: Pick<PathAddress, 'path'>): string {
  const segments = pathSegments(path).map((segment) => {
    if (segment === '.' || segment === '..') throw new Kv4Error('KV4_BAD_ADDRESS', 'the segments . and .. cannot be reached over REST: URLs resolve them');
    return encodeURIComponent(segment);
  });
  return segments.length === 0 ? `/${service}` : `/${service}/${segments.join('/')}`;
}

/** The parameters that name a bucket and a layer. */
export function scopeQuery({ bucket, layer }: Pick<PathAddress, 'bucket' | 'layer'>): Query {
  return { w: bucket, l: layer === DATA_LAYER ? undefined : layer };
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

/** A put as a request; the condition must be one that `isCarried` allows. */
export function putRequest(address: KeyAddress, value: JsonValue, options: PutOptions): RestRequest {
  const condition = options.condition ?? { type: 'any' };
  const { version, headers } = conditionParts(condition);
  const { secondary, expiresInMs, merge } = options;
  return {
    method: merge === true ? 'PATCH' : 'PUT',
    path: urlPath('_data', address),
    query: {
      ...scopeQuery(address),
      as: 'datum',
      expire: expiresInMs === undefined ? undefined : expiresInMs / 1000,
    },
    headers,
    body: {
      k: address.key,
      v: version !== undefined && isPlainObject(value) ? { ...value, [VERSION_FIELD]: version } : value,
      ...secondary,
    },
    signal: options.signal,
    doing: describe('put', address),
  };
}

/** A deletion of one key as a request. */
export function deleteRequest(address: KeyAddress, options: DeleteOptions): RestRequest {
  const condition = options.condition ?? { type: 'any' };
  const { headers } = conditionParts(condition);
  const lock = condition.type === 'locked' ? condition.version : undefined;
  return {
    method: 'DELETE',
    path: urlPath('_data', address),
    query: { ...scopeQuery(address), k: address.key, [VERSION_FIELD]: lock },
    headers,
    signal: options.signal,
    doing: describe('delete', address),
  };
}

/** How the REST API is told a condition: by headers (RFC 9110, 13.1), or by v3's version. */
function conditionParts(condition: WriteCondition): { readonly headers: Readonly<Record<string, string>>; readonly version?: string } {
  switch (condition.type) {
    case 'absent':
      return { headers: { 'if-none-match': '*' } };
    case 'present':
      return { headers: { 'if-match': '*' } };
    case 'version':
      return { headers: { 'if-match': `"${condition.version}"` } };
    case 'locked':
      return { headers: {}, ...(condition.version === undefined ? {} : { version: condition.version }) };
    case 'any':
      return { headers: {}, version: FORCED_VERSION };
  }
}

function isPlainObject(value: JsonValue): value is { [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
