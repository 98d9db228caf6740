import { OPERATIONS, openApiDocument, type OperationSchema, type ParameterSchema } from '@xir/protocol';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { basic, openNeuron, SYSTEM, type Neuron } from './neuron-fixture.ts';

/** Errors that say that a request is not formed as it should be, whatever is stored. */
const FORM_ERRORS = new Set(['bad_option', 'bad_name', 'bad_body', 'bad_value', 'bad_layer_prefix', 'bad_segment', 'value_missing', 'unrecognized_type_param', 'require_type_param', 'require_account_details', 'bad_email', 'bad_password_format', 'bad_username', 'username_is_immutable']);

/** Texts as clients send them, rightly and by mistake. */
const TEXTS =
  '0 1 2 -1 01 1.5 1. 1e3 0x10 NaN Infinity 10000 10001 86400 86401 21600 21601 9007199254740993 3155760000 3155760001 soon true yes keys values datum tree asc desc url urls signal turn layers paths layer 1969 2026 2026:1 2026:13 2026:11:29:12:30:59 2026:11:29:24 2026:111 26 2026-11-29 2026-11-29T12:00:00Z 2026-11-29T12:00+02:00 2026-11-29T25:00:00Z 2026-13-45 1764380000000 year minute second week * status=http a/b'.split(' ');

const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS, ' 1', '1 ') },
  { weight: 1, arbitrary: fc.nat(200_000).map(String) },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z:.-]{1,12}$/) },
);

/** The parts of an OpenAPI document that say what a parameter may be. */
interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string; readonly schema: { readonly type?: string } }>; readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> } }>>>>;
  readonly components: object;
}

const document = openApiDocument({ version: '1', errorCodes: {} }) as unknown as Described;
const ajv = new Ajv2020({ strict: false, validateSchema: false, inlineRefs: false });
ajv.addSchema({ $id: 'document', components: document.components });

/** Whether a text in the place of a parameter is what /openapi.json says that it may be. */
function isDescribed({ method, path }: OperationSchema, { name, in: place }: ParameterSchema, given: string): boolean {
  const described = document.paths[path]?.[method.toLowerCase()]?.parameters?.find((parameter) => parameter.name === name && parameter.in === place);
  if (described === undefined) throw new Error(`${method} ${path} does not describe ${name}`);
  const { type } = described.schema;
  return ajv.validate(described.schema, type === 'integer' || type === 'number' ? numberOf(given) : given);
}

/** The number that a text is in JSON; other texts stay what they are. */
function numberOf(given: string): unknown {
  try {
    return JSON.parse(given.trim() === given ? given : '""');
  } catch {
    return given;
  }
}

/** Parameters that are held to more, or to less, than a schema says: the segments of a path are judged with it, and what a cursor may be is known to who gave it out. */
function isApart({ name, isLenient = false }: ParameterSchema): boolean {
  return isLenient || name === 'p' || name === 'after';
}

function isBodyDescribed(schema: object, body: unknown): boolean {
  return ajv.validate(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object, JSON.parse(JSON.stringify(body)));
}

const STANDING = { k: 'elena', l: 'router:pkt', type: 'signal' } as const;

/** Sends the first good example of an operation with a parameter more, or another body; gives back the error of a request that is not formed as it should be. */
async function formError(neuron: Neuron, operation: OperationSchema, change: { readonly parameter?: readonly [ParameterSchema, string]; readonly body?: unknown }): Promise<string | undefined> {
  const example = operation.examples.find(({ status = 200, answer }) => status === 200 && (answer as { s?: string } | undefined)?.s !== 'error') ?? operation.examples[0];
  const texts = new Map(Object.entries(example?.parameters ?? {}));
  if (change.parameter !== undefined) texts.set(change.parameter[0].name, change.parameter[1]);
  if ('body' in change) {
    const inBody = change.body as Readonly<Record<string, unknown>>;
    // What the body does not say stands in the query, and nothing stands in both.
    for (const { name } of operation.parameters) if (inBody[name] !== undefined) texts.delete(name);
    for (const [name, value] of Object.entries({ ...STANDING, ...(operation.service === 'auth' ? { k: '203.0.113.9' } : {}) })) {
      if (inBody[name] === undefined && operation.parameters.some((parameter) => parameter.name === name)) texts.set(name, value);
    }
  }
  const isHeader = (name: string) => name === 'Accept' || operation.parameters.some((parameter) => parameter.name === name && parameter.in === 'header');
  const given = [...texts].map(([name, value]): [string, string] => [name, value]);
  const { [change.parameter?.[0].name ?? '']: _inQueryNow, ...exampleBody } = (example?.body ?? {}) as Record<string, unknown>;
  const body = 'body' in change ? change.body : example?.body === undefined ? undefined : exampleBody;
  const response = await fetch(`${neuron.server.url}${operation.path.replace('{path}', example?.path ?? '')}?${new URLSearchParams(given.filter(([name]) => !isHeader(name))).toString()}`, {
    method: operation.method,
    signal: AbortSignal.timeout(5_000),
    headers: { ...Object.fromEntries(given.filter(([name]) => isHeader(name))), authorization: basic(example?.login?.replace('elenassecret', 'elenas') ?? SYSTEM) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!(response.headers.get('content-type') ?? '').startsWith('application/json')) {
    await response.body?.cancel();
    return undefined;
  }
  const { s, v } = (await response.json()) as { readonly s: string; readonly v: unknown };
  return s === 'error' && FORM_ERRORS.has(String(v)) ? String(v) : undefined;
}

/** What other packages serve through this face. */
function isElsewhere({ service, method }: OperationSchema): boolean {
  return service === 'messages' || service === 'peer' || service === 'webhooks' || service === 'links' || (service === 'subs' && (method === 'PUT' || method === 'POST'));
}

function named(isMeant: (operation: OperationSchema) => boolean): Array<[string, OperationSchema]> {
  return OPERATIONS.filter((operation) => isMeant(operation) && !isElsewhere(operation)).map((operation) => [`${operation.method} ${operation.path}`, operation]);
}

/** Bodies of examples, in which one field is another, missing, or more. */
function changedBody(bodies: readonly unknown[], apart: readonly string[]): fc.Arbitrary<unknown> {
  const value = fc.oneof(fc.constantFrom<unknown>(null, true, 0, -1, 1.5, '', 'x', 'a/b', 'elena@example.org', '203.0.113.7', [], {}, [1], { x: 1 }), fc.jsonValue({ maxDepth: 2 }));
  const name = fc.constantFrom(...['k', 'v', 'k2', 'm', 'l', 'type', 'expire', 'email', 'password', 'user_ip', 'format', 'x'].filter((field) => !apart.includes(field)));
  return fc.tuple(fc.constantFrom(...bodies), fc.boolean(), name, fc.option(value, { nil: undefined })).map(([body, isInside, field, changed]) => {
    const outer = body as Record<string, unknown>;
    const inner = outer['v'];
    if (!isInside || typeof inner !== 'object' || inner === null) return { ...outer, [field]: changed };
    return { ...outer, v: { ...inner, [field]: changed } };
  });
}

describe('what /openapi.json says may be sent, and what the face takes, are the same', () => {
  let neuron: Neuron;
  beforeAll(async () => {
    neuron = await openNeuron();
    // The channel of the examples.
    await neuron.call('PUT', '/_ns/chat/lobby', { login: SYSTEM });
  });
  afterAll(() => neuron[Symbol.asyncDispose]());

  it.each(named(({ parameters }) => parameters.some((parameter) => !isApart(parameter))))('for the parameters of %s', async (_, operation) => {
    const found: string[] = [];
    let probed = 0;
    const parameters = operation.parameters.filter((parameter) => !isApart(parameter));
    const texts = fc.sample(text, 40);
    for (const parameter of parameters) {
      for (const given of new Set(texts)) {
        const error = await formError(neuron, operation, { parameter: [parameter, given] });
        if ((error === undefined) !== isDescribed(operation, parameter, given.trim() === given || parameter.in === 'query' ? given : given.trim())) found.push(`${parameter.name}=${JSON.stringify(given)} is ${error ?? 'taken'}`);
        probed += 1;
      }
    }
    expect(found).toEqual([]);
    expect(probed).toBe(parameters.length * new Set(texts).size);
  });

  // ICE servers are given to whoever asks, whatever the body says.
  it.each(named(({ body, service }) => body !== undefined && service !== 'turn'))('for the body of %s', async (_, operation) => {
    const schema = document.paths[operation.path]?.[operation.method.toLowerCase()]?.requestBody?.content['application/json']?.schema;
    const bodies = operation.examples.map(({ body }) => body).filter((body) => body !== undefined).concat({});
    const found: string[] = [];
    for (const body of fc.sample(changedBody(bodies, operation.parameters.filter(isApart).map(({ name }) => name)), 150)) {
      const error = await formError(neuron, operation, { body });
      if ((error === undefined) !== isBodyDescribed(schema ?? {}, body)) found.push(`${JSON.stringify(body)} is ${error ?? 'taken'}`);
    }
    expect(found).toEqual([]);
  });
});
