import type { Kv4Version } from '@xir/kv4-core';
import { isVersion, versionTimeMs } from '@xir/kv4-core';
import { DEFAULT_SERIES_LIMIT } from '@xir/protocol';

import { WebSocketError } from '../errors.ts';
import { given } from '../given.ts';
import { pageText, placedVersionText, versionText } from '../message-text.ts';
import type { Call, Handlers, RequestOf } from './operation.ts';

/** History of before belongs to an earlier account of the same name. */
function spanOf({ scope }: Call, { fromMs, toMs }: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined }) {
  return { fromMs: Math.max(fromMs ?? 0, scope.sinceMs), ...given({ toMs }) };
}

/** The span of a series behind the version that a page before ended with. */
function spanBehind(call: Call, { after, ascending = false, fromMs, toMs }: RequestOf<'series'>) {
  const span = spanOf(call, { fromMs, toMs });
  if (after === undefined) return span;
  if (!isVersion(after)) throw new WebSocketError('WEBSOCKET_BAD_FIELD', 'after: is the next of a page before');
  const timeMs = versionTimeMs(after);
  return ascending ? { ...span, fromMs: Math.max(span.fromMs, timeMs) } : { ...span, toMs: Math.min(toMs ?? Infinity, timeMs) };
}

/** What was. */
export const HISTORY: Handlers<'series' | 'at' | 'tree-at' | 'aggregate'> = {
  async series(call, request) {
    const { after, ascending = false, limit = DEFAULT_SERIES_LIMIT } = request;
    const address = call.key(request);
    const versions: Kv4Version[] = [];
    let next: string | undefined;
    for await (const version of call.context.store.series(address, { ...spanBehind(call, request), ascending })) {
      if (after !== undefined && (ascending ? version.version <= after : version.version >= after)) continue;
      if (versions.length === limit) {
        next = versions.at(-1)?.version;
        break;
      }
      versions.push(version);
    }
    return { text: pageText(versions.map(versionText), next) };
  },
  async at(call, request) {
    const address = call.key(request);
    const { sinceMs } = call.scope;
    const found = request.timeMs < sinceMs ? undefined : await call.context.store.at(address, request.timeMs);
    return { text: found === undefined || found.timeMs < sinceMs ? 'null' : versionText(found) };
  },
  async 'tree-at'(call, request) {
    const { timeMs, depth, limit, after } = request;
    const address = call.path(request, 'subtree');
    const { sinceMs } = call.scope;
    if (timeMs < sinceMs) return { text: pageText([], undefined) };
    const { items, next } = await call.context.store.treeAt(address, timeMs, given({ depth, limit, after }));
    return { text: pageText(items.filter((item) => item.timeMs >= sinceMs).map(placedVersionText), next) };
  },
  async aggregate(call, request) {
    const { field, groupBy } = request;
    const { total, groups } = await call.context.store.aggregate(call.key(request), { ...spanOf(call, request), ...given({ field, groupBy }) });
    return { text: JSON.stringify({ total: total ?? null, ...(groups === undefined ? {} : { groups: Object.fromEntries(groups) }) }) };
  },
};
