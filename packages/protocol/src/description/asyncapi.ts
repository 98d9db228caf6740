import { readWebSocketRequest } from '../websocket/read-request.ts';
import { signallingParts } from './asyncapi-signalling.ts';
import { ASYNCAPI_TEXT } from './asyncapi-text.ts';
import type { ConversationStep } from './conversations/conversation.ts';
import { CONVERSATIONS } from './conversations/conversations.ts';
import { errorCodeSchema, errorStringSchema } from './error-schemas.ts';
import { SchemaCollection, type DocumentPart } from './json-schemas.ts';
import type { DescriptionOptions } from './openapi.ts';
import { completeRequestSchema } from './request-rules.ts';
import { varyingPointers } from './varying.ts';
import {
  eventName,
  FAILURE_NAME,
  GO_AWAY_NAME,
  OPERATION_TEXTS,
  REFUSED_NAME,
  requestName,
  resultName,
  webSocketMessages,
  type MessageDescription,
  type WebSocketOperation,
} from './websocket-messages.ts';

const CHANNEL = '#/channels/data';

/** A message as it stands in a step. */
interface Told {
  readonly message: string;
  readonly example: string;
  readonly summary: string;
  readonly payload: unknown;
  readonly varies?: readonly string[];
}

/** The AsyncAPI 3.0 document of the WebSocket data API, signalling and event streams, from their schemas and conversations ({@link CONVERSATIONS} and one of signalling). */
export function asyncApiDocument({ version, errorCodes }: DescriptionOptions): DocumentPart {
  const schemas = new SchemaCollection('draft-07');
  const conversations = CONVERSATIONS.map(({ name, summary, steps }) => ({ name, summary, steps: steps.map(stepMessages) }));
  const examples = conversations.flatMap(({ steps }) => steps.flatMap(({ sends, tells }) => [...(sends === undefined ? [] : [sends]), ...tells]));
  const described = webSocketMessages();
  const messages = Object.fromEntries(described.map((message) => [message.name, messagePart(message, schemas, examples)]));
  const signalling = signallingParts(schemas);
  return {
    asyncapi: '3.0.0',
    info: { title: 'Xir: WebSocket data API, signalling and event streams', version, description: ASYNCAPI_TEXT, license: { name: 'Apache-2.0' } },
    defaultContentType: 'application/json',
    servers: {
      neuron: { host: '127.0.0.1:4005', protocol: 'ws', description: 'a neuron with default settings', security: [{ $ref: '#/components/securitySchemes/basic' }, { $ref: '#/components/securitySchemes/bearer' }] },
      restPort: { host: '127.0.0.1:4006', protocol: 'ws', description: 'the REST port of a neuron with default settings' },
      rest: { host: '127.0.0.1:4006', protocol: 'http', description: 'the same for event streams' },
    },
    channels: {
      data: {
        address: '/ws',
        title: 'the data API: one connection',
        servers: [{ $ref: '#/servers/neuron' }, { $ref: '#/servers/restPort' }],
        description: 'Where a client offers sub-protocols, `xir.data.v1` has to be among them. A query is refused.',
        messages: Object.fromEntries(described.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }])),
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      },
      ...signalling.channels,
    },
    operations: { ...operations(), ...signalling.operations },
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'account and secret in the upgrade, from programs other than browsers; the message `login` is the same' },
        bearer: { type: 'http', scheme: 'bearer', description: 'a token of the message `token`, or of PUT /_acc/token' },
      },
      correlationIds: { request: { description: 'an answer has the id of its request', location: '$message.payload#/id' }, watch: { description: 'the id of the request that began the watch', location: '$message.payload#/watch' } },
      messages: { ...messages, ...signalling.messages },
      schemas: { ...namedSchemas(schemas), ErrorString: errorStringSchema(), ErrorCode: errorCodeSchema(errorCodes) },
    },
    'x-conversations': conversations.map(({ name, summary, steps }) => ({
      name,
      summary,
      steps: steps.map(({ sends, tells }) => ({ ...(sends === undefined ? {} : { sends: reference(sends) }), tells: tells.map(reference) })),
    })),
    'x-signalling': signalling.conversation,
  };
}

function reference({ message, example, varies = [] }: Told): DocumentPart {
  return { message, example, ...(varies.length === 0 ? {} : { 'x-varies': varies }) };
}

/** The messages of a step, with names for their examples: that of the step, numbered where there are several of one kind. */
function stepMessages({ name, summary, sends, tells, varies = [] }: ConversationStep): { readonly sends?: Told; readonly tells: readonly Told[] } {
  const counts = new Map<string, number>();
  const operation = operationOf(sends);
  const told = tells.map((payload) => {
    const message = messageName(payload, operation);
    const count = (counts.get(message) ?? 0) + 1;
    counts.set(message, count);
    const given = 'result' in payload ? varies : [];
    return { message, example: count === 1 ? name : `${name}-${count}`, summary, payload, varies: [...given, ...varyingPointers(payload)] };
  });
  if (sends === undefined) return { tells: told };
  return { sends: { message: operation === undefined ? REFUSED_NAME : requestName(operation), example: name, summary, payload: sends }, tells: told };
}

function operationOf(sends: unknown): WebSocketOperation | undefined {
  const reading = readWebSocketRequest(JSON.stringify(sends ?? null));
  return reading.ok ? reading.request.op : undefined;
}

function messageName(payload: object, operation: WebSocketOperation | undefined): string {
  if ('error' in payload && 'id' in payload) return FAILURE_NAME;
  if ('event' in payload) return eventName(payload.event as Parameters<typeof eventName>[0]);
  if ('notice' in payload) return GO_AWAY_NAME;
  return (operation === undefined ? undefined : resultName(operation)) ?? FAILURE_NAME;
}

function messagePart(message: MessageDescription, schemas: SchemaCollection, examples: readonly Told[]): DocumentPart {
  const { name, title, summary, schema, from } = message;
  const payload = schemas.add(schema, from === 'client' ? 'input' : 'output');
  return {
    name,
    title,
    summary,
    ...(name === GO_AWAY_NAME || name === REFUSED_NAME ? {} : { correlationId: { $ref: `#/components/correlationIds/${'watch' in ((payload['properties'] ?? {}) as object) && !('id' in ((payload['properties'] ?? {}) as object)) ? 'watch' : 'request'}` } }),
    payload: completeRequestSchema(payload),
    examples: examples.filter(({ message: of }) => of === name).map(({ example, summary: about, payload: value }) => ({ name: example, summary: about, payload: value })),
  };
}

function operations(): DocumentPart {
  const channel = { $ref: CHANNEL };
  const message = (name: string) => ({ $ref: `${CHANNEL}/messages/${name}` });
  const asked = Object.entries(OPERATION_TEXTS).map(([name, summary]) => {
    const operation = name as WebSocketOperation;
    const result = resultName(operation);
    return [
      requestName(operation).replace(/Request$/, ''),
      { action: 'receive', channel, title: name, summary, messages: [message(requestName(operation))], ...(result === undefined ? {} : { reply: { channel, messages: [message(result), message(FAILURE_NAME)] } }) },
    ];
  });
  const events = webSocketMessages().filter(({ name }) => name.endsWith('Event'));
  return {
    ...Object.fromEntries(asked),
    refuse: { action: 'receive', channel, title: 'anything else', summary: 'What is no request is refused', messages: [message(REFUSED_NAME)], reply: { channel, messages: [message(FAILURE_NAME)] } },
    tellEvent: { action: 'send', channel, title: 'events', summary: 'Tell a watch what happens', messages: events.map(({ name }) => message(name)) },
    tellGoAway: { action: 'send', channel, title: 'go-away', summary: 'Tell a client to go elsewhere', messages: [message(GO_AWAY_NAME)] },
  };
}

/** The named schemas; the words of failures stand in schemas of their own, with their meanings. */
function namedSchemas(schemas: SchemaCollection): DocumentPart {
  const named = schemas.named();
  const failure = named['Failure'] as { readonly properties: DocumentPart };
  const properties = { ...failure.properties, error: { $ref: '#/components/schemas/ErrorString' }, code: { $ref: '#/components/schemas/ErrorCode' } };
  const batch = named['BatchRequest'] as { readonly oneOf: readonly DocumentPart[] };
  return { ...named, Failure: { ...failure, properties }, BatchRequest: { ...batch, oneOf: batch.oneOf.map(completeRequestSchema) } };
}
