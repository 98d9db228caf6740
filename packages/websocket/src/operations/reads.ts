import { pageText, placedRecordText, recordText, type KeyAddress, type Page, type ReadOptions } from '@xir/kv4-core';

import { given } from '../given.ts';
import type { Call, Handlers } from './operation.ts';

function freshness({ fresh, maxAgeMs }: { readonly fresh?: boolean | undefined; readonly maxAgeMs?: number | undefined }): ReadOptions {
  return given({ fresh, maxAgeMs });
}

interface AskedPage {
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  readonly fresh?: boolean | undefined;
  readonly maxAgeMs?: number | undefined;
}

function pageOptions({ limit, after, fresh, maxAgeMs }: AskedPage) {
  return given({ limit, after, fresh, maxAgeMs });
}

function ageOf({ context }: Call, address: KeyAddress): number | undefined {
  return context.store.ageOf?.(address);
}

function shownPage<Item>({ context }: Call, { items, next }: Page<Item>, show: (item: Item) => string) {
  return { text: pageText(items.map(show), next), ageMs: context.store.ageMs?.() };
}

/** What is there now. */
export const READS: Handlers<'get' | 'find' | 'keys' | 'list' | 'tree' | 'paths' | 'layers'> = {
  async get(call, request) {
    const address = call.key(request);
    const record = await call.context.store.get(address, freshness(request));
    return { text: record === undefined ? 'null' : recordText(record), ageMs: ageOf(call, address) };
  },
  async find(call, request) {
    const record = await call.context.store.find(call.path(request), request.by, request.value, freshness(request));
    return { text: record === undefined ? 'null' : placedRecordText(record), ageMs: call.context.store.ageMs?.() };
  },
  async keys(call, request) {
    return shownPage(call, await call.context.store.keys(call.path(request), pageOptions(request)), (key) => JSON.stringify(key));
  },
  async list(call, request) {
    return shownPage(call, await call.context.store.list(call.path(request), pageOptions(request)), placedRecordText);
  },
  async tree(call, request) {
    const options = { ...pageOptions(request), ...given({ depth: request.depth }) };
    return shownPage(call, await call.context.store.tree(call.path(request, 'subtree'), options), placedRecordText);
  },
  async paths(call, request) {
    const options = { ...pageOptions(request), ...given({ depth: request.depth }) };
    return shownPage(call, await call.context.store.paths(call.path(request, 'subtree'), options), (path) => JSON.stringify(path));
  },
  async layers({ context, scope }, request) {
    const layers = await context.store.layers(scope.bucket, freshness(request));
    return { text: JSON.stringify({ items: layers }), ageMs: context.store.ageMs?.() };
  },
};
