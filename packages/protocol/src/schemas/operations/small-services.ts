import * as z from 'zod';

import { countAnswerSchema } from '../messaging.ts';
import type { OperationSchema } from '../operation.ts';
import { ANY, FRESHNESS, IN_BUCKET, PAGE, PARAMETERS as P, WATCH } from '../parameters.ts';
import { hostAnswerSchema, subscriptionSchema, tokenAnswerSchema, turnAnswerSchema, turnBodySchema } from '../signalling.ts';
import { statsAnswerSchema, statsWriteBodySchema } from '../stats.ts';
import { countSchema, datumSchema, jsonSchema, namesSchema, versionedObjectSchema, versionOnlySchema } from '../values.ts';

const listing = [...FRESHNESS, ...PAGE];
const pageHeaders = ['X-KV4-Age-Ms', 'X-KV4-Next', 'Link'] as const;
const measured = { l: 'router:pkt', k: 'elena' };

/** Operations of `_ns`, but for those that make one. */
export const NAMESPACE_OPERATIONS: readonly OperationSchema[] = [
  {
    service: 'ns',
    method: 'PUT',
    path: '/_ns/{path}',
    summary: 'Create a namespace',
    parameters: IN_BUCKET,
    answer: versionOnlySchema,
    headers: ['ETag', 'X-KV4-Durable'],
    errors: ['bad_segment', 'path_exists', 'outcome_unknown'],
    examples: [
      { name: 'create', summary: 'A channel', path: 'chat/lobby', answer: { v: { _ver_: '019ac1f2a0000000-n1' }, s: 'ok' } },
      { name: 'another', summary: 'Another channel', path: 'chat/attic', answer: { v: { _ver_: '019ac1f2a1000000-n1' }, s: 'ok' } },
      { name: 'again', summary: 'A channel that exists', path: 'chat/lobby', parameters: { Prefer: 'status=http' }, status: 409, answer: { v: 'path_exists', s: 'error' } },
      { name: 'bad-segment', summary: 'A segment that begins with a digit', path: 'chat/1', answer: { v: 'bad_segment', s: 'error' } },
    ],
  },
  {
    service: 'ns',
    method: 'GET',
    path: '/_ns/{path}',
    summary: 'List namespaces beneath a path',
    parameters: [P.depth, ...listing, ...WATCH, ...IN_BUCKET],
    answer: namesSchema,
    headers: pageHeaders,
    forms: ['application/x-ndjson', 'text/event-stream'],
    errors: ['bad_option', 'not_fresh'],
    examples: [{ name: 'beneath', summary: 'Relative to the base', path: 'chat', answer: { v: ['attic', 'lobby'], s: 'ok' } }],
  },
  {
    service: 'ns',
    method: 'DELETE',
    path: '/_ns/{path}',
    summary: 'Remove a namespace and those beneath it',
    parameters: IN_BUCKET,
    answer: countSchema,
    errors: ['outcome_unknown'],
    examples: [{ name: 'remove', summary: 'One channel', path: 'chat/attic', answer: { v: 1, s: 'ok' } }],
  },
];

/** Operations of `_auth`. */
export const BAN_OPERATIONS: readonly OperationSchema[] = [
  {
    service: 'auth',
    method: 'PUT',
    path: '/_auth/{path}',
    summary: 'Ban an IP address from a path and below',
    parameters: [P.address, ...IN_BUCKET],
    body: z.looseObject({ k: z.union([z.ipv4(), z.ipv6()]).optional().describe('the address; may stand in the query'), v: jsonSchema.optional().describe('notes, an object') }),
    answer: versionedObjectSchema,
    headers: ['ETag', 'X-KV4-Durable'],
    errors: ['bad_name', 'bad_body', 'bad_value', 'outcome_unknown'],
    examples: [
      { name: 'ban', summary: 'An address', path: 'rooms', body: { k: '203.0.113.7', v: { reason: 'noise' } }, answer: { v: { reason: 'noise', _ver_: '019ac1f2d0000000-n1' }, s: 'ok' } },
      { name: 'no-address', summary: 'A key that is no address', path: 'rooms', body: { k: 'somebody' }, answer: { v: 'bad_name', s: 'error' } },
    ],
  },
  {
    service: 'auth',
    method: 'GET',
    path: '/_auth/{path}',
    summary: 'List banned addresses, or read a ban',
    parameters: [P.k, P.as, P.tree, P.depth, P.timeSeries, P.at, ...listing, ...WATCH, ...IN_BUCKET],
    answer: z.union([versionedObjectSchema, namesSchema, z.array(datumSchema), z.array(versionedObjectSchema)]),
    headers: ['ETag', ...pageHeaders],
    forms: ['application/x-ndjson', 'text/event-stream'],
    errors: ['not_found', 'bad_option', 'not_fresh'],
    examples: [{ name: 'banned', summary: 'The addresses', path: 'rooms', answer: { v: ['203.0.113.7'], s: 'ok' } }],
  },
  {
    service: 'auth',
    method: 'DELETE',
    path: '/_auth/{path}',
    summary: 'Lift bans',
    parameters: [P.k, ...IN_BUCKET],
    answer: countSchema,
    headers: ['ETag', 'X-KV4-Durable'],
    errors: ['bad_name', 'outcome_unknown'],
    examples: [{ name: 'lift', summary: 'One address', path: 'rooms', parameters: { k: '203.0.113.7' }, answer: { v: 1, s: 'ok' } }],
  },
];

/** Operations of `_ds`. */
export const DISCOVERY_OPERATIONS: readonly OperationSchema[] = [
  {
    service: 'ds',
    method: 'GET',
    path: '/_ds/{path}',
    summary: 'Discover layers, paths and keys',
    parameters: [P.what, P.anyLayer, P.depth, ...listing, ...IN_BUCKET],
    answer: namesSchema,
    headers: pageHeaders,
    forms: ['application/x-ndjson'],
    errors: ['bad_option', 'bad_layer_prefix', 'not_fresh'],
    examples: [
      { name: 'paths', summary: 'The paths of a layer', path: '', parameters: { a: 'paths', l: '*ns' }, answer: { v: ['/chat/lobby'], s: 'ok' } },
      { name: 'keys', summary: 'The keys at a path', path: 'rooms/kitchen', parameters: { a: 'keys', l: '*data' }, answer: { v: [], s: 'ok' } },
      { name: 'no-layer', summary: 'Paths of no layer', path: '', parameters: { a: 'paths' }, answer: { v: 'bad_layer_prefix', s: 'error' } },
    ],
  },
];

const postMeasurement = {
  service: 'stats',
  path: '/_stats/{path}',
  parameters: [P.k, P.measure, ...IN_BUCKET],
  body: statsWriteBodySchema,
  answer: z.object({}),
  errors: ['value_missing', 'bad_layer_prefix', 'bad_name', 'bad_body', 'bad_value'],
} as const;

/** Operations of `_stats`. */
export const STATS_OPERATIONS: readonly OperationSchema[] = [
  {
    ...postMeasurement,
    method: 'PUT',
    summary: 'Post a measurement',
    description: 'Measurements are added up by the minute and written every 15 s.',
    examples: [
      { name: 'number', summary: 'A number', path: 'rooms', parameters: { l: 'router:pkt' }, body: { k: 'elena', v: 5 }, answer: { v: {}, s: 'ok' } },
      { name: 'no-number', summary: 'What is no measurement', path: 'rooms', parameters: { l: 'router:pkt' }, body: { v: 'much' }, answer: { v: 'bad_value', s: 'error' } },
    ],
  },
  {
    ...postMeasurement,
    method: 'POST',
    summary: 'Post a measurement (the same as PUT)',
    examples: [{ name: 'measures', summary: 'Measures that were added up before', path: 'rooms', body: { ...measured, v: { sum: 7, min: 3, max: 4, count: 2 } }, answer: { v: {}, s: 'ok' } }],
  },
  {
    service: 'stats',
    method: 'GET',
    path: '/_stats/{path}',
    summary: 'Query measurements',
    parameters: [P.k, P.measure, P.gs, P.ge, P.from, P.to, P.breakDown, ...IN_BUCKET],
    answer: statsAnswerSchema,
    errors: ['bad_layer_prefix', 'bad_name', 'bad_option'],
    examples: [
      { name: 'no-data', summary: 'Where nothing was measured', path: 'garden', parameters: { l: 'router:pkt' }, answer: { v: [], s: 'ok' } },
      { name: 'no-measure', summary: 'Without a measure', path: 'rooms', answer: { v: 'bad_layer_prefix', s: 'error' } },
    ],
  },
];

const turn = { service: 'turn', path: '/_turn/{path}', parameters: [P.format, P.webrtc, P.expireTurn, P.user, ...ANY], answer: turnAnswerSchema, errors: [] } as const;
const username = '1764380060:elena';
const relays = ['turn:turn.example:80?transport=udp', 'turn:turn.example:3478?transport=udp', 'turn:turn.example:80?transport=tcp', 'turn:turn.example:3478?transport=tcp', 'turns:turn.example:443?transport=tcp', 'turns:turn.example:5349?transport=tcp'];
const credential = 'q8mVtU0Qz1cI0rj2wFZ5m3n1b0s=';
const host = { service: 'host', path: '/_host/{path}', parameters: [P.type, P.callee, P.own, ...ANY], answer: hostAnswerSchema, errors: ['require_type_param', 'unrecognized_type_param', 'not_found'] } as const;
const hostBody = z.looseObject({ type: z.enum(['signal', 'turn']).optional().describe('may stand in the query') });
const token = { service: 'token', path: '/_token/{path}', parameters: [P.user, P.expireToken, ...ANY], answer: tokenAnswerSchema, errors: ['no_namespace', 'bad_name'] } as const;
const tokenBody = z.looseObject({ k: z.string().max(255).regex(/^[^/]*$/).nullable().optional(), expire: z.union([z.int(), z.string()]).optional() });
const signed = { v: 'eyJhbGciOiJIUzI1NiJ9.eyJrIjoiZWxlbmEifQ.c2lnbmF0dXJl', s: 'ok' };

/** Operations of signalling: tokens, hosts, ICE servers, who is connected. */
export const SIGNALLING_OPERATIONS: readonly OperationSchema[] = [
  {
    ...token,
    method: 'PUT',
    summary: 'Make a signalling token',
    body: tokenBody,
    examples: [
      { name: 'channel', summary: 'For a channel', path: 'chat/lobby', parameters: { k: 'elena', expire: '30' }, answer: signed, varies: ['/v'] },
      { name: 'no-channel', summary: 'A channel that was not created', path: 'chat/cellar', parameters: { Prefer: 'status=http' }, status: 404, answer: { v: 'no_namespace', s: 'error' } },
    ],
  },
  { ...token, method: 'POST', summary: 'Make a signalling token (the same as PUT)', body: tokenBody, examples: [{ name: 'any-channel', summary: 'For any channel', path: '', body: { k: 'elena' }, answer: signed, varies: ['/v'] }] },
  {
    ...host,
    method: 'GET',
    summary: 'Find a server to connect to',
    examples: [
      { name: 'signal', summary: 'For signalling', path: '', parameters: { type: 'signal' }, answer: { v: 'wss://signal.example/ws', s: 'ok' } },
      { name: 'no-type', summary: 'Without a type', path: '', parameters: { Prefer: 'status=http' }, status: 400, answer: { v: 'require_type_param', s: 'error' } },
      { name: 'other-type', summary: 'A type that is not known', path: '', parameters: { type: 'mail' }, answer: { v: 'unrecognized_type_param', s: 'error' } },
    ],
  },
  { ...host, method: 'PUT', summary: 'Find a server to connect to (the same as GET)', body: hostBody, examples: [{ name: 'older-form', summary: 'The older form', path: 'best/signal', answer: { v: 'wss://signal.example/ws', s: 'ok' } }] },
  { ...host, method: 'POST', summary: 'Find a server to connect to (the same as GET)', body: hostBody, examples: [{ name: 'turn', summary: 'A TURN host', path: '', body: { type: 'turn' }, answer: { v: 'turn.example', s: 'ok' } }] },
  {
    ...turn,
    method: 'PUT',
    summary: 'Get ICE servers',
    description: 'Credentials are those of coturn (`use-auth-secret`).',
    body: turnBodySchema,
    examples: [
      { name: 'urls', summary: 'One object with an array of URLs', path: '', parameters: { format: 'urls', k: 'elena' }, answer: { v: { iceServers: { username, urls: ['stun:turn.example', ...relays], credential } }, s: 'ok' }, varies: ['/v/iceServers/username', '/v/iceServers/credential'] },
    ],
  },
  { ...turn, method: 'POST', summary: 'Get ICE servers (the same as PUT)', body: turnBodySchema, examples: [{ name: 'list', summary: 'One object for each URL', path: '', body: { k: 'elena' }, answer: { v: { iceServers: [{ url: 'stun:turn.example' }, ...relays.map((url) => ({ username, url, credential }))] }, s: 'ok' }, varies: ['/v/iceServers/*/username', '/v/iceServers/*/credential'] }] },
  { ...turn, method: 'GET', summary: 'Get ICE servers (the same as PUT)', examples: [{ name: 'webrtc', summary: 'For RTCPeerConnection', path: '', parameters: { webrtc: '1', k: 'elena' }, answer: { v: { iceServers: [{ urls: ['stun:turn.example'] }, { urls: relays, username, credential }] }, s: 'ok' }, varies: ['/v/iceServers/*/username', '/v/iceServers/*/credential'] }] },
  {
    service: 'subs',
    method: 'GET',
    path: '/_subs/{path}',
    summary: 'List the users of a channel',
    parameters: [P.k, P.asOfSubscriptions, ...listing, ...WATCH, ...IN_BUCKET],
    answer: z.union([namesSchema, countAnswerSchema, z.array(subscriptionSchema), subscriptionSchema, z.array(datumSchema)]),
    headers: ['ETag', ...pageHeaders],
    forms: ['application/x-ndjson', 'text/event-stream'],
    errors: ['not_found', 'bad_option', 'not_fresh'],
    examples: [
      { name: 'nobody', summary: 'A channel without users', path: 'chat/lobby', answer: { v: [], s: 'ok' } },
      { name: 'count', summary: 'How many there are', path: 'chat/lobby', parameters: { as: 'count' }, answer: { v: { users: 0, devices: 0 }, s: 'ok' } },
      { name: 'not-connected', summary: 'A user who is not connected', path: 'chat/lobby', parameters: { k: 'elena', Prefer: 'status=http' }, status: 404, answer: { v: 'not_found', s: 'error' } },
    ],
  },
  {
    service: 'subs',
    method: 'DELETE',
    path: '/_subs/{path}',
    summary: 'Remove users from a channel',
    parameters: [P.k, ...IN_BUCKET],
    answer: countSchema,
    errors: ['outcome_unknown'],
    examples: [{ name: 'nobody', summary: 'A user who is not connected', path: 'chat/lobby', parameters: { k: 'elena' }, answer: { v: 0, s: 'ok' } }],
  },
];
