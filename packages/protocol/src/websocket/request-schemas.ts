import * as z from 'zod';

import {
  MAX_BATCH_REQUESTS,
  MAX_DATA_TOKEN_CHARACTERS,
  MAX_DATA_TOKEN_SECONDS,
  MAX_LISTED_ITEMS,
  MAX_NAME_CHARACTERS,
  MAX_REQUEST_ID_CHARACTERS,
  MAX_WATCH_CREDIT_EVENTS,
} from './request-limits.ts';

const name = z.string().max(MAX_NAME_CHARACTERS);
const milliseconds = z.int().nonnegative();

/** What names a request among those of its connection. */
export const webSocketIdSchema = z.union([z.int().nonnegative(), z.string().min(1).max(MAX_REQUEST_ID_CHARACTERS)]).meta({ id: 'RequestId' });

const place = {
  path: name.describe('absolute path; `/` is the root'),
  layer: name.optional().describe('default `*data`'),
  bucket: name.optional().describe("default: the login's own"),
};
const placeAndKey = { ...place, key: name.min(1) };
const freshness = {
  fresh: z.boolean().optional().describe('wait until the cache is proved current'),
  maxAgeMs: milliseconds.optional().describe('a cached answer of at most this age will do'),
};
const page = { ...freshness, limit: z.int().min(1).max(MAX_LISTED_ITEMS).optional(), after: name.optional().describe('`next` of the page before') };
const depth = { depth: z.int().nonnegative().optional().describe('segments below the path') };
const span = { fromMs: milliseconds.optional(), toMs: milliseconds.optional() };

/** What must be true of the key for a write to happen. */
export const webSocketConditionSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('any') }),
  z.strictObject({ type: z.literal('absent') }),
  z.strictObject({ type: z.literal('present') }),
  z.strictObject({ type: z.literal('version'), version: name }),
  z.strictObject({ type: z.literal('locked'), version: name.optional() }),
]).meta({ id: 'Condition' });
const condition = { condition: webSocketConditionSchema.optional() };

/** Requests that read or write values; these may stand in a batch. */
const dataShapes = {
  get: { ...placeAndKey, ...freshness },
  find: { ...place, ...freshness, by: z.enum(['k2', 'k3', 'k4']), value: name.min(1) },
  keys: { ...place, ...page },
  list: { ...place, ...page },
  tree: { ...place, ...page, ...depth },
  paths: { ...place, ...page, ...depth },
  layers: { bucket: place.bucket, ...freshness },
  series: { ...placeAndKey, ...span, limit: page.limit, after: page.after, ascending: z.boolean().optional() },
  at: { ...placeAndKey, timeMs: milliseconds },
  'tree-at': { ...place, timeMs: milliseconds, ...depth, limit: page.limit, after: page.after },
  aggregate: { ...placeAndKey, ...span, field: name.optional(), groupBy: z.enum(['year', 'month', 'day', 'hour', 'minute', 'second']).optional() },
  put: {
    ...placeAndKey,
    ...condition,
    value: z.unknown().optional().describe('any JSON value; required'),
    merge: z.boolean().optional().describe('lay the fields over the stored object'),
    secondary: z.strictObject({ k2: name.optional(), k3: name.optional(), k4: name.optional() }).optional(),
    expiresInMs: z.int().positive().optional(),
    answer: z.enum(['version', 'record']).optional().describe('default `version`'),
  },
  delete: { ...placeAndKey, ...condition },
  'delete-path': { ...place, ...condition },
  'delete-tree': { ...place, ...condition },
} as const;

function dataRequest<const Name extends keyof typeof dataShapes, Shape extends z.core.$ZodShape>(op: Name, id: Shape) {
  return z.strictObject({ op: z.literal(op), ...id, ...dataShapes[op] });
}

function dataRequests<Shape extends z.core.$ZodShape>(id: Shape) {
  return [
    dataRequest('get', id),
    dataRequest('put', id),
    dataRequest('find', id),
    dataRequest('keys', id),
    dataRequest('list', id),
    dataRequest('tree', id),
    dataRequest('paths', id),
    dataRequest('layers', id),
    dataRequest('series', id),
    dataRequest('at', id),
    dataRequest('tree-at', id),
    dataRequest('aggregate', id),
    dataRequest('delete', id),
    dataRequest('delete-path', id),
    dataRequest('delete-tree', id),
  ] as const;
}

/** A request inside a batch: it has no `id`. */
export const webSocketBatchEntrySchema = z.discriminatedUnion('op', dataRequests({})).meta({ id: 'BatchRequest' });

const id = { id: webSocketIdSchema };
const watchName = { watch: webSocketIdSchema.describe('the `id` of the request that began the watch') };

/** Everything that a client may send over a WebSocket. */
export const webSocketRequestSchema = z.discriminatedUnion('op', [
  ...dataRequests(id),
  z.strictObject({ op: z.literal('batch'), ...id, requests: z.array(webSocketBatchEntrySchema).min(1).max(MAX_BATCH_REQUESTS) }),
  z.strictObject({
    op: z.literal('watch'),
    ...id,
    ...place,
    scope: z.enum(['key', 'path', 'tree', 'layer']),
    path: place.path.optional().describe('not with the scope `layer`'),
    key: name.min(1).optional().describe('with the scope `key`'),
    initial: z.boolean().optional().describe('begin with the values that are there; default true'),
    after: name.optional().describe('go on behind this position'),
    latestOnly: z.boolean().optional(),
    history: z.boolean().optional(),
    credit: z.int().nonnegative().max(MAX_WATCH_CREDIT_EVENTS).optional().describe('events granted ahead'),
  }),
  z.strictObject({ op: z.literal('credit'), ...watchName, events: z.int().min(1).max(MAX_WATCH_CREDIT_EVENTS) }),
  z.strictObject({ op: z.literal('stop'), ...id, ...watchName }),
  z.strictObject({ op: z.literal('login'), ...id, account: name.optional(), secret: name.optional(), token: z.string().max(MAX_DATA_TOKEN_CHARACTERS).optional() }),
  z.strictObject({ op: z.literal('token'), ...id, expiresInSeconds: z.int().min(1).max(MAX_DATA_TOKEN_SECONDS).optional() }),
  z.strictObject({ op: z.literal('ping'), ...id }),
]);

/** What names a request. */
export type WebSocketId = z.infer<typeof webSocketIdSchema>;
/** A request that may stand in a batch. */
export type WebSocketBatchEntry = z.infer<typeof webSocketBatchEntrySchema>;
/** A request. */
export type WebSocketRequest = z.infer<typeof webSocketRequestSchema>;
