import * as z from 'zod';

import { ERROR_STRING_LIST } from '../error-strings.ts';
import { aggregateSchema } from '../schemas/data.ts';
import { jsonSchema } from '../schemas/values.ts';
import { webSocketIdSchema } from './request-schemas.ts';

/** A value as it is answered. Times are milliseconds since 1970 UTC. */
export const webSocketRecordSchema = z.strictObject({
  path: z.string().optional().describe('in listings and events'),
  key: z.string().optional().describe('in listings and events'),
  value: jsonSchema,
  version: z.string(),
  timeMs: z.number(),
  author: z.string(),
  secondary: z.strictObject({ k2: z.string().optional(), k3: z.string().optional(), k4: z.string().optional() }).optional(),
  expiresAtMs: z.number().optional(),
  revision: z.string().optional(),
}).meta({ id: 'Record' });

/** A value that was; `value` of a deletion is null. */
export const webSocketVersionSchema = z.strictObject({
  path: z.string().optional(),
  key: z.string().optional(),
  value: jsonSchema,
  version: z.string(),
  timeMs: z.number(),
  author: z.string(),
  deleted: z.boolean(),
}).meta({ id: 'PastVersion' });

/** What a write answers. */
export const webSocketWriteSchema = z.strictObject({
  version: z.string(),
  timeMs: z.number(),
  durable: z.boolean().describe('false: accepted below the quorum of the database'),
  record: webSocketRecordSchema.optional(),
}).meta({ id: 'Written' });

/** How a failure is told. */
export const webSocketErrorSchema = z.strictObject({
  error: z.enum(ERROR_STRING_LIST).describe('as REST tells it'),
  code: z.string().describe('stable'),
  message: z.string(),
  version: z.string().optional().describe('the version that stands, where a condition was not met'),
  retryAfterMs: z.number().optional(),
}).meta({ id: 'Failure' });

const page = <Item extends z.ZodType>(item: Item) => z.strictObject({ items: z.array(item), next: z.string().optional().describe('`after` of the next page') });

/** The result of each operation. */
export const WEBSOCKET_RESULTS = {
  get: webSocketRecordSchema.nullable(),
  find: webSocketRecordSchema.nullable(),
  keys: page(z.string()),
  list: page(webSocketRecordSchema),
  tree: page(webSocketRecordSchema),
  paths: page(z.string()),
  layers: z.strictObject({ items: z.array(z.string()) }),
  series: page(webSocketVersionSchema),
  at: webSocketVersionSchema.nullable(),
  'tree-at': page(webSocketVersionSchema),
  aggregate: z.strictObject({ total: aggregateSchema.nullable(), groups: z.record(z.string(), aggregateSchema).optional() }),
  put: webSocketWriteSchema,
  delete: webSocketWriteSchema.nullable(),
  'delete-path': z.strictObject({ count: z.int() }),
  'delete-tree': z.strictObject({ count: z.int() }),
  batch: z.array(z.union([z.strictObject({ result: jsonSchema, ageMs: z.number().optional() }), z.strictObject({ error: webSocketErrorSchema })])),
  watch: z.strictObject({ credit: z.int() }),
  stop: z.boolean(),
  login: z.strictObject({ bucket: z.string(), author: z.string() }),
  token: z.strictObject({ token: z.string(), expiresAtMs: z.number() }),
  ping: z.strictObject({ timeMs: z.number() }),
} as const;

const put = { event: z.literal('put'), position: z.string(), record: webSocketRecordSchema, previous: webSocketRecordSchema.optional() };
const remove = {
  event: z.literal('delete'),
  position: z.string(),
  path: z.string(),
  key: z.string(),
  version: z.string().optional(),
  previous: webSocketRecordSchema.optional(),
};

/** An event of a watch. */
export const webSocketEventSchema = z.discriminatedUnion('event', [
  z.strictObject({ watch: webSocketIdSchema, ...put }),
  z.strictObject({ watch: webSocketIdSchema, ...remove }),
  z.strictObject({ watch: webSocketIdSchema, event: z.literal('end-of-initial'), position: z.string() }),
  z.strictObject({
    watch: webSocketIdSchema,
    event: z.literal('reset'),
    position: z.string(),
    reason: z.enum(['database-recreated', 'database-restored', 'position-unknown', 'slow-consumer', 'resync']),
  }),
  z.strictObject({ watch: webSocketIdSchema, event: z.literal('end'), error: webSocketErrorSchema.optional() }),
]);

/** Told to every client when the neuron closes. */
export const webSocketGoAwaySchema = z.strictObject({ notice: z.literal('go-away'), graceMs: z.number().describe('how long requests under way are waited for') });

/** Everything that a neuron sends over a WebSocket. */
export const webSocketMessageSchema = z.union([
  z.strictObject({ id: webSocketIdSchema, result: jsonSchema, ageMs: z.number().optional().describe('age of a cached answer') }),
  z.strictObject({ id: webSocketIdSchema.nullable(), error: webSocketErrorSchema }),
  webSocketEventSchema,
  webSocketGoAwaySchema,
]);

/** How a failure is told. */
export type WebSocketErrorBody = z.infer<typeof webSocketErrorSchema>;
/** An event of a watch. */
export type WebSocketEvent = z.infer<typeof webSocketEventSchema>;
/** Everything that a neuron sends. */
export type WebSocketMessage = z.infer<typeof webSocketMessageSchema>;
