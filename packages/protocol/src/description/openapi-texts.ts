import type { AnswerHeader } from '../schemas/operation.ts';
import type { DocumentPart } from './json-schemas.ts';

/** What the OpenAPI document says before its operations. */
export const OPENAPI_TEXT = `The REST API of a neuron; docs/api.md is its reference in prose. Every answer is an envelope, \`{"v":…,"s":"ok"}\` or \`{"v":"<error string>","s":"error"}\`, with status 200 for errors too unless the request says \`Prefer: status=http\`. The header \`X-KV4-Error\` carries the stable code of an error.

**Paths.** \`{path}\` stands for any number of segments, with slashes between them.

**Examples.** Examples of one name in the parameters, the request body and the responses of an operation are one exchange. In the order of \`x-order\`, on a fresh neuron (\`--system-secret secret --signal-urls wss://signal.example/ws --turn-hosts turn.example --turn-secret shared\`), every one is replayed by a test. \`x-login\` is the login as \`user:password\`; absent, it is \`$sys:secret\`. \`x-accept\` is the request's \`Accept\`. \`x-varies\` lists JSON pointers to values that differ from run to run (\`*\`: any item): the test compares their types only, and puts the real value where a later request holds the example's.

The same data is served over WebSockets (/asyncapi.json) and the Redis protocol (docs/redis.md).`;

/** The services, in their order, with what each is. */
export const SERVICE_TEXTS: ReadonlyArray<readonly [name: string, description: string]> = [
  ['_data', 'values at paths'],
  ['_ns', 'namespaces, which are also the channels of signalling'],
  ['_acc', 'accounts, the own account, administrators, tokens'],
  ['_auth', 'IP addresses that are banned from a path and below'],
  ['_ds', 'which layers, paths and keys there are'],
  ['_stats', 'measurements, added up by the minute'],
  ['_token', 'tokens for signalling'],
  ['_host', 'where to connect'],
  ['_turn', 'ICE servers with time-limited credentials'],
  ['_subs', 'who is connected to a channel'],
  ['_messages', 'publish to channels, read what they keep, listen'],
  ['_peer', 'be on a channel without a WebSocket'],
  ['_webhooks', 'who is told of joins, leaves and messages'],
  ['_links', 'which neurons the others believe no more'],
];

/** The headers of successful answers. */
export const ANSWER_HEADERS: Readonly<Record<AnswerHeader, DocumentPart>> = {
  ETag: { description: 'the version (`_ver_`) of the value read or written, in quotation marks', schema: { type: 'string' } },
  'X-KV4-Age-Ms': { description: 'the answer may come from the cache, and this many milliseconds ago the cache was known to be current', schema: { type: 'integer', minimum: 0 } },
  'X-KV4-Durable': { description: '`false`: the database accepted the write with fewer copies than its quorum', schema: { const: 'false' } },
  'X-KV4-Next': { description: 'the cursor of the next page, percent-encoded; absent on the last', schema: { type: 'string' } },
  Link: { description: 'the URL of the next page, `rel="next"`', schema: { type: 'string' } },
};

/** The headers of errors. */
export const ERROR_HEADERS: DocumentPart = {
  'X-KV4-Error': { description: 'the stable code of the error', schema: { $ref: '#/components/schemas/ErrorCode' } },
  'X-KV4-Error-Detail': { description: 'what exactly is wrong, for people: the text may change', schema: { type: 'string' } },
  'X-KV4-Current-Version': { description: 'with a conflict: the version that stands', schema: { type: 'string' } },
  'Retry-After': { description: 'seconds until another try makes sense', schema: { type: 'integer' } },
  'Preference-Applied': { description: '`status=http` where the request preferred it', schema: { const: 'status=http' } },
};
