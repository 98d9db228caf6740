import asyncApiSpecifications from '@asyncapi/specs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { asyncApiDocument, KV4_ERROR_STRINGS, readWebSocketRequest, webSocketRequestSchema } from '../src/index.ts';

interface Message {
  readonly payload: object;
  readonly examples: ReadonlyArray<{ readonly name: string; readonly payload: unknown }>;
}

/** Codes of other packages that stand in examples: a neuron hands in all it may tell. */
const OTHER_CODES = ['ACCOUNTS_UNAUTHORIZED', 'WEBSOCKET_BAD_FIELD', 'WEBSOCKET_BAD_MESSAGE', 'WEBSOCKET_FORBIDDEN', 'WEBSOCKET_GOING_AWAY', 'WEBSOCKET_ID_IN_USE', 'WEBSOCKET_LAYER_NOT_ALLOWED', 'WEBSOCKET_NOT_LOGGED_IN', 'WEBSOCKET_UNKNOWN_OPERATION', 'WEBSOCKET_VALUE_MISSING'];
const errorCodes = { ...KV4_ERROR_STRINGS, ...Object.fromEntries(OTHER_CODES.map((code) => [code, 'internal' as const])) };
const asyncApi = asyncApiDocument({ version: '1.2.3', errorCodes });
const { messages, schemas } = asyncApi['components'] as { readonly messages: Readonly<Record<string, Message>>; readonly schemas: object };

/** A compiler of schemas that refer to the components of the document. */
function compiler() {
  const ajv = new Ajv({ strict: false, validateSchema: false, unicodeRegExp: false });
  ajv.addSchema({ $id: 'document', components: { schemas } });
  return (schema: object) => ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object);
}

it('the AsyncAPI document is valid by the official schema of AsyncAPI 3.0, its schemas are JSON Schemas of draft 07, and all its references lead somewhere', () => {
  // The official schema brings its own copy of draft 07.
  const official = new Ajv({ strict: false, meta: false, validateSchema: false, allErrors: true, logger: false });
  const validate = official.compile(asyncApiSpecifications.schemas['3.0.0'] as object);
  validate(asyncApi);
  expect(validate.errors).toBeNull();
  const ajv = new Ajv({ strict: false, logger: false });
  for (const schema of [...Object.values(messages).map(({ payload }) => payload), ...Object.values(schemas)]) expect(ajv.validateSchema(schema as object)).toBe(true);
  const references = new Set([...JSON.stringify(asyncApi).matchAll(/"\$ref":"(#[^"]+)"/g)].map(([, reference]) => reference ?? ''));
  expect(references.size).toBeGreaterThan(60);
  for (const reference of references) expect(valueAt(reference), reference).toBeDefined();
});

function valueAt(reference: string): unknown {
  return reference.slice(2).split('/').reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], asyncApi);
}

it('every message has an example, which is valid by its schema, and stands in one place of the conversations', () => {
  const compile = compiler();
  const conversations = asyncApi['x-conversations'] as ReadonlyArray<{ readonly steps: ReadonlyArray<{ readonly sends?: { readonly message: string; readonly example: string }; readonly tells: ReadonlyArray<{ readonly message: string; readonly example: string }> }> }>;
  const places = conversations.flatMap(({ steps }) => steps.flatMap(({ sends, tells }) => [...(sends === undefined ? [] : [sends]), ...tells].map(({ message, example }) => `${message} ${example}`)));
  const { steps: signalled } = asyncApi['x-signalling'] as (typeof conversations)[number];
  places.push(...signalled.flatMap(({ sends, tells }) => [...(sends === undefined ? [] : [sends]), ...tells].map(({ message, example }) => `${message} ${example}`)));
  const given = Object.entries(messages).flatMap(([name, { examples }]) => examples.map((example) => `${name} ${example.name}`));
  expect(given.sort()).toEqual(places.sort());
  expect(new Set(given).size).toBe(given.length);
  for (const [name, { examples, payload }] of Object.entries(messages)) {
    const validate = compile(payload);
    // It takes a feed that has lost continuity.
    if (name !== 'missedEvent') expect(examples.length, name).toBeGreaterThan(0);
    for (const example of examples) expect(validate(example.payload) ? [] : validate.errors, `${name} ${example.name}`).toEqual([]);
  }
});

/** Again with another: `XIR_TEST_SEED=<n> npx vitest run asyncapi`. */
const SEED = Number(process.env['XIR_TEST_SEED'] ?? 1);
const REQUESTS = Object.values(messages).flatMap(({ examples, payload }) => (Object.hasOwn((payload as { readonly properties?: object }).properties ?? {}, 'op') ? examples.map((example) => example.payload as Record<string, unknown>) : []));
const FIELDS = [...new Set(webSocketRequestSchema.options.flatMap(({ shape }) => Object.keys(shape)))];
const odd = fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e6 + 1, 2 ** 53, '', 'x', 'key', 'layer', 'version', 'k2', 'x'.repeat(65), 'x'.repeat(16_385), [], {}, { type: 'any' }, { type: 'version' }, { k2: 'a' }, [{ op: 'put', path: '/', key: 'a' }], [{ op: 'put', path: '/', key: 'a', value: null }]);
const change = fc.oneof(fc.record({ field: fc.constantFrom(...FIELDS, 'colour'), value: odd }), fc.record({ field: fc.constantFrom(...FIELDS), value: fc.constant(undefined) }));

it('a neuron takes a request exactly when it is valid by the schema of its message', () => {
  const compile = compiler();
  const validators = Object.values(messages).flatMap(({ payload }) => (Object.hasOwn((payload as { readonly properties?: object }).properties ?? {}, 'op') ? [compile(payload)] : []));
  let taken = 0;
  const runs = 3000;
  fc.assert(
    fc.property(fc.constantFrom(...REQUESTS), fc.array(change, { maxLength: 3 }), (request, changes) => {
      const text = JSON.stringify({ ...request, ...Object.fromEntries(changes.map(({ field, value }) => [field, value])) });
      const reading = readWebSocketRequest(text);
      if (reading.ok) taken += 1;
      const message: unknown = JSON.parse(text);
      expect(validators.some((validate) => validate(message)), `${text.slice(0, 500)} ${reading.ok ? 'is taken' : reading.problem.message}`).toBe(reading.ok);
    }),
    { seed: SEED, numRuns: runs },
  );
  // Both happen often enough to mean something.
  expect(taken).toBeGreaterThan(runs / 10);
  expect(taken).toBeLessThan((runs * 9) / 10);
});
