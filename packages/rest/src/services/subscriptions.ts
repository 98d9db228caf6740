import { MAX_PAGE_LIMIT, pathSegments, type KeyAddress, type Kv4Record, type Page } from '@xir/kv4-core';

import { bucketScope } from '../bucket-scope.ts';
import { datumText } from '../datum-text.ts';
import { RestError } from '../errors.ts';
import { listForm } from '../key-reading.ts';
import { pagedAnswer } from '../list-answer.ts';
import { asksForWatch, watchScopeOf } from '../path-reading.ts';
import { readOptions } from '../read-parameters.ts';
import type { EventsAnswer, ListAnswer, Service, ServiceRequest, ValueAnswer } from '../service.ts';

/** The layer of live subscriptions. */
export const SUBSCRIPTION_LAYER = '*subs';
/** A channel's subscriptions are at its path, or one segment (the topic) below. */
const TOPIC_DEPTH = 1;

/** `_subs`: who is connected to a channel. */
export const subscriptionService: Service = {
  methods: ['GET', 'DELETE'],
  async handle(request) {
    const { bucket, sinceMs } = await bucketScope(request);
    const key = request.query.get('k') ?? '';
    if (request.method === 'GET' && asksForWatch(request)) return follow(request, bucket, sinceMs);
    if (request.method === 'GET' && request.query.get('as') === 'count' && key === '') return count(request, bucket);
    if (request.method === 'DELETE') return key === '' ? removeAll(request, bucket) : removeUser(request, bucket, key);
    return key === '' ? list(request, bucket) : readUser(request, bucket, key);
  },
};

async function list(request: ServiceRequest, bucket: string): Promise<ListAnswer> {
  const form = listForm(request.query);
  const seen = new Set<string>();
  return pagedAnswer(
    request,
    async (page) => {
      const records = await request.context.store.tree({ bucket, layer: SUBSCRIPTION_LAYER, path: request.path }, { ...page, depth: TOPIC_DEPTH });
      return form === 'keys' ? uniqueUsers(records, seen) : records;
    },
    (record) => {
      if (form === 'keys') return JSON.stringify(record.address.key);
      return form === 'datum' ? datumText(record) : record.valueText;
    },
  );
}

/** How many users, and how many devices of theirs. */
async function count({ context, path, signal }: ServiceRequest, bucket: string): Promise<ValueAnswer> {
  const users = new Set<string>();
  let devices = 0;
  let after: string | undefined;
  do {
    const page: Page<Kv4Record> = await context.store.tree({ bucket, layer: SUBSCRIPTION_LAYER, path }, { signal, depth: TOPIC_DEPTH, limit: MAX_PAGE_LIMIT, ...(after === undefined ? {} : { after }) });
    for (const { address, value } of page.items) {
      users.add(address.key);
      const named = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['devices'] : undefined;
      devices += Array.isArray(named) ? named.length : 1;
    }
    after = page.next;
  } while (after !== undefined);
  return { kind: 'value', text: JSON.stringify({ users: users.size, devices }), cached: true };
}

/** Who comes and goes, whatever the topic; with `k` one user. */
function follow(request: ServiceRequest, bucket: string, sinceMs: number): EventsAnswer {
  const { path, query } = request;
  const user = query.get('k') ?? '';
  const deepest = pathSegments(path).length + TOPIC_DEPTH;
  const keep = (address: KeyAddress) => (user === '' || address.key === user) && pathSegments(address.path).length <= deepest;
  return watchScopeOf(request, { type: 'subtree', address: { bucket, layer: SUBSCRIPTION_LAYER, path } }, { sinceMs, keep });
}

/** A user who follows two topics is one user of the channel. */
function uniqueUsers(page: Page<Kv4Record>, seen: Set<string>): Page<Kv4Record> {
  const items = page.items.filter(({ address }) => {
    const known = seen.has(address.key);
    seen.add(address.key);
    return !known;
  });
  return { ...page, items };
}

async function readUser(request: ServiceRequest, bucket: string, key: string): Promise<ValueAnswer> {
  const [record] = await subscriptionsOf(request, bucket, key);
  if (record === undefined) throw new RestError('REST_NOT_FOUND', 'the user is not connected');
  return { kind: 'value', text: record.valueText, version: record.version, cached: true };
}

async function removeUser(request: ServiceRequest, bucket: string, key: string): Promise<ValueAnswer> {
  const { context, login } = request;
  const records = await subscriptionsOf(request, bucket, key);
  for (const record of records) await context.store.delete(record.address, { author: login.author });
  return { kind: 'value', text: records.length > 0 ? '1' : '0' };
}

async function removeAll(request: ServiceRequest, bucket: string): Promise<ValueAnswer> {
  const { context, login, path } = request;
  const count = await context.store.deleteSubtree({ bucket, layer: SUBSCRIPTION_LAYER, path }, { author: login.author });
  return { kind: 'value', text: String(count) };
}

/** A user's subscriptions to a channel: at its path, and to its topics. */
async function subscriptionsOf(request: ServiceRequest, bucket: string, key: string): Promise<Kv4Record[]> {
  const { store } = request.context;
  const options = readOptions(request);
  const address = { bucket, layer: SUBSCRIPTION_LAYER, path: request.path };
  const direct = await store.get({ ...address, key }, options);
  const found = direct === undefined ? [] : [direct];
  let after: string | undefined;
  do {
    const paths: Page<string> = await store.paths(address, { ...options, depth: TOPIC_DEPTH, ...(after === undefined ? {} : { after }) });
    for (const path of paths.items) {
      const record = path === request.path ? undefined : await store.get({ ...address, path, key }, options);
      if (record !== undefined) found.push(record);
    }
    after = paths.next;
  } while (after !== undefined);
  return found;
}
