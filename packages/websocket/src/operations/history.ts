import { isVersion, pageText, placedVersionText, readSeriesPage, versionText } from '@xir/kv4-core';
import { DEFAULT_SERIES_LIMIT } from '@xir/protocol';

import { WebSocketError } from '../errors.ts';
import { given } from '../given.ts';
import type { Call, Handlers } from './operation.ts';

/** History of before belongs to an earlier account of the same name. */
function spanOf({ scope }: Call, { fromMs, toMs }: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined }) {
  return { fromMs: Math.max(fromMs ?? 0, scope.sinceMs), ...given({ toMs }) };
}

/** What was. */
export const HISTORY: Handlers<'series' | 'at' | 'tree-at' | 'aggregate'> = {
  async series(call, request) {
    const { after, ascending = false, limit = DEFAULT_SERIES_LIMIT } = request;
    if (after !== undefined && !isVersion(after)) throw new WebSocketError('WEBSOCKET_BAD_FIELD', 'after: is the next of a page before');
    const { items, next } = await readSeriesPage(call.context.store, call.key(request), { ...spanOf(call, request), ascending, limit, after });
    return { text: pageText(items.map(versionText), next) };
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
