import * as z from 'zod';

import { WEBSOCKET_RESULTS, webSocketErrorSchema, webSocketEventSchema, webSocketGoAwaySchema } from '../websocket/message-schemas.ts';
import { webSocketIdSchema, webSocketRequestSchema, type WebSocketRequest } from '../websocket/request-schemas.ts';

/** The name of an operation over a WebSocket. */
export type WebSocketOperation = WebSocketRequest['op'];
/** The kind of an event of a watch. */
type EventKind = z.infer<typeof webSocketEventSchema>['event'];

/** What each operation does. */
export const OPERATION_TEXTS: Readonly<Record<WebSocketOperation, string>> = {
  login: 'Log in with account and secret, or with a token; once',
  token: 'Get a token that stands for this login',
  ping: 'Ask for the time of the neuron; needs no login',
  get: 'Read the value of a key',
  put: 'Write a value',
  delete: 'Delete a key',
  'delete-path': 'Delete the keys at a path',
  'delete-tree': 'Delete the keys at a path and beneath it',
  find: 'Read a value by a secondary key',
  keys: 'List the keys at a path',
  list: 'List the records at a path',
  tree: 'List the records at a path and beneath it',
  paths: 'List the paths beneath a path',
  layers: 'List the layers of a bucket',
  series: 'List the versions of a key, deletions included',
  at: 'Read the value that a key had at a moment',
  'tree-at': 'List what was at a path and beneath it at a moment',
  aggregate: "Measure over the series of a key",
  batch: 'Send requests together; each succeeds or fails by itself',
  watch: 'Follow changes; the events carry the `id` of this request as `watch`',
  credit: 'Grant events to a watch; has no answer',
  stop: 'End a watch',
};

const EVENT_TEXTS: Readonly<Record<EventKind, string>> = {
  put: 'A value was written, or was there when the watch began',
  delete: 'A key was deleted, or has expired',
  'end-of-initial': 'All values that were there have been told',
  reset: 'Events may have been missed: forget what was told',
  end: 'The last word of a watch that the client did not stop',
};

/** One message of the WebSocket data API. */
export interface MessageDescription {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly from: 'client' | 'neuron';
}

/** `delete-path` as `deletePath`. */
function camelCase(words: string): string {
  return words.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
}

/** The name of the message that asks for an operation. */
export function requestName(operation: WebSocketOperation): string {
  return `${camelCase(operation)}Request`;
}

/** The name of the message that answers it; `undefined`: it is not answered. */
export function resultName(operation: WebSocketOperation): string | undefined {
  return operation in WEBSOCKET_RESULTS ? `${camelCase(operation)}Result` : undefined;
}

/** The name of the message that tells an event. */
export function eventName(kind: EventKind): string {
  return `${camelCase(kind)}Event`;
}

/** The name of the message that tells a failure. */
export const FAILURE_NAME = 'failure';
/** The name of the message that tells clients to go elsewhere. */
export const GO_AWAY_NAME = 'goAway';
/** The name for whatever a client sends that is no request. */
export const REFUSED_NAME = 'noRequest';

const requestSchemas = new Map(webSocketRequestSchema.options.map((schema) => [schema.shape.op.value, schema as z.ZodType]));

function requests(): MessageDescription[] {
  return Object.entries(OPERATION_TEXTS).map(([operation, summary]) => ({
    name: requestName(operation as WebSocketOperation),
    title: operation,
    summary,
    schema: requestSchemas.get(operation as WebSocketOperation) ?? z.never(),
    from: 'client',
  }));
}

function results(): MessageDescription[] {
  return Object.entries(WEBSOCKET_RESULTS).map(([operation, schema]) => ({
    name: `${camelCase(operation)}Result`,
    title: `the answer to ${operation}`,
    summary: `What \`${operation}\` answers`,
    schema: z.strictObject({ id: webSocketIdSchema, result: schema, ageMs: z.number().optional().describe('the answer may come from the cache, and this many milliseconds ago the cache was known to be current') }),
    from: 'neuron',
  }));
}

function events(): MessageDescription[] {
  return webSocketEventSchema.options.map((schema) => {
    const kind = schema.shape.event.value;
    return { name: eventName(kind), title: `the event ${kind}`, summary: EVENT_TEXTS[kind], schema, from: 'neuron' };
  });
}

/** Every message, each once. */
export function webSocketMessages(): MessageDescription[] {
  return [
    ...requests(),
    ...results(),
    { name: FAILURE_NAME, title: 'a failure', summary: 'What any request may be answered', schema: z.strictObject({ id: webSocketIdSchema.nullable().describe('null: it could not be read'), error: webSocketErrorSchema }), from: 'neuron' },
    ...events(),
    { name: GO_AWAY_NAME, title: 'go away', summary: 'The neuron closes: connect to another, and resume the watches there', schema: webSocketGoAwaySchema, from: 'neuron' },
    { name: REFUSED_NAME, title: 'what is no request', summary: 'Anything else that a client sends is answered with a failure', schema: z.unknown(), from: 'client' },
  ];
}
