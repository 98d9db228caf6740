import { normalisePath } from '@xir/kv4-core';
import type { TokenClaims } from '@xir/protocol';
import { isDevice } from '@xir/router';

/** What the URL of an upgrade asks for. */
export interface ConnectRequest {
  readonly token: string;
  /** The channel that stands behind the token; `undefined`: none does. */
  readonly path: string | undefined;
  readonly device: string | undefined;
  /** The position in the channel's history that the client knows. */
  readonly since: string | undefined;
  /** The client wants to be told more than old clients know: devices, states, times, and why it is refused. */
  readonly details: boolean;
}

const ROUTE = /^\/(?:ws\/)?v[12]\/([^/]+)(\/.*)?$/;

/** Reads `/ws/v1|v2/<token>[/<channel>]` or the same without `/ws`, with an optional `?device=<name>&since=<position>&details=1`. `undefined`: it is not signalling that is asked for. */
export function readConnectUrl(url: string): ConnectRequest | undefined {
  const end = url.indexOf('?');
  const route = ROUTE.exec(end < 0 ? url : url.slice(0, end));
  const token = route?.[1];
  if (route === null || token === undefined) return undefined;
  const query = new URLSearchParams(end < 0 ? '' : url.slice(end + 1));
  const more = { device: query.get('device') ?? undefined, since: query.get('since') ?? undefined, details: query.get('details') === '1' };
  try {
    const segments = (route[2] ?? '').split('/').filter((segment) => segment !== '').map(decodeURIComponent);
    return { token: decodeURIComponent(token), path: segments.length === 0 ? undefined : normalisePath(`/${segments.join('/')}`), ...more };
  } catch {
    // Percent signs that mean nothing, or a path that cannot be: no token opens that.
    return { token: '', path: undefined, ...more };
  }
}

/** The channel that a token leads to; `undefined`: it does not lead to the one that is asked for, or to none. */
export function channelOf({ dr }: TokenClaims, { path, device }: ConnectRequest): string | undefined {
  if (device !== undefined && !isDevice(device)) return undefined;
  if (dr.p === null) return path;
  const own = normalisePath(dr.p);
  return path === undefined || path === own ? own : undefined;
}
