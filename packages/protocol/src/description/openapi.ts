import type * as z from 'zod';

import { ERROR_STRINGS, type ErrorString } from '../error-strings.ts';
import type { AnswerHeader, OperationExample, OperationSchema } from '../schemas/operation.ts';
import { OPERATIONS } from '../schemas/operations.ts';
import { okEnvelopeSchema } from '../schemas/values.ts';
import { errorCodeSchema, errorStringSchema } from './error-schemas.ts';
import { SchemaCollection, type DocumentPart } from './json-schemas.ts';
import { ANSWER_HEADERS, ERROR_HEADERS, OPENAPI_TEXT, SERVICE_TEXTS } from './openapi-texts.ts';
import { varyingPointers } from './varying.ts';

/** What a document is made with. */
export interface DescriptionOptions {
  /** The version of the neuron. */
  readonly version: string;
  /** The error string of every stable code that the faces may tell. */
  readonly errorCodes: Readonly<Record<string, ErrorString>>;
}

/** Error strings that every operation may answer. */
export const COMMON_ERRORS: readonly ErrorString[] = [
  'unauthorized',
  'bad_request',
  'method_not_allowed',
  'unknown_service',
  'headers_too_large',
  'url_too_long',
  'too_large',
  'timeout',
  'busy',
  'unavailable',
  'internal',
];

/** The OpenAPI 3.1 document of the REST API, from {@link OPERATIONS}. */
export function openApiDocument({ version, errorCodes }: DescriptionOptions): DocumentPart {
  const schemas = new SchemaCollection('draft-2020-12');
  const paths: Record<string, DocumentPart> = {};
  for (const operation of OPERATIONS) {
    const item = (paths[operation.path] ??= operation.path.endsWith('{path}') ? { parameters: [pathParameter(operation.path)] } : {});
    item[operation.method.toLowerCase()] = describeOperation(operation, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Xir REST API', version, description: OPENAPI_TEXT, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: 'http://127.0.0.1:4006', description: 'a neuron with default settings' }],
    security: [{ basic: [] }, { bearer: [] }],
    tags: SERVICE_TEXTS.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'account and secret; the forms are those of docs/api.md' },
        bearer: { type: 'http', scheme: 'bearer', description: 'a token of PUT /_acc/token' },
      },
      schemas: {
        ...schemas.named(),
        ErrorString: errorStringSchema(),
        ErrorCode: errorCodeSchema(errorCodes),
        Error: { type: 'object', properties: { v: { $ref: '#/components/schemas/ErrorString' }, s: { const: 'error' } }, required: ['v', 's'], additionalProperties: false },
      },
      headers: { ...ANSWER_HEADERS, ...ERROR_HEADERS },
    },
  };
}

function pathParameter(path: string): DocumentPart {
  const operations = OPERATIONS.filter((operation) => operation.path === path);
  const examples = Object.fromEntries(operations.flatMap(({ method, examples: given }) => given.map((example) => [`${method.toLowerCase()}-${example.name}`, { value: example.path ?? '' }])));
  return { name: 'path', in: 'path', required: true, description: 'any number of segments with slashes between them, none included', schema: { type: 'string' }, examples };
}

function describeOperation(operation: OperationSchema, schemas: SchemaCollection): DocumentPart {
  const { service, method, path, summary, description, body } = operation;
  const prefix = method.toLowerCase();
  return {
    operationId: `${prefix}${path.replace(/\/\{path\}$/, '').replace(/[/_]+(\w)/g, (_all, letter: string) => letter.toUpperCase())}`,
    tags: [`_${service}`],
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: operation.parameters.map((parameter) => {
      const examples = operation.examples.filter(({ parameters }) => parameters?.[parameter.name] !== undefined && !isOther(operation, parameter));
      return {
        name: parameter.name,
        in: parameter.in,
        description: parameter.description,
        schema: schemas.add(parameter.schema, 'input'),
        ...(examples.length === 0 ? {} : { examples: Object.fromEntries(examples.map((example) => [`${prefix}-${example.name}`, { value: plain(example.parameters?.[parameter.name] ?? '', parameter.schema) }])) }),
      };
    }),
    ...(body === undefined ? {} : { requestBody: requestBody(operation, schemas.add(body, 'input')) }),
    responses: responses(operation, schemas),
  };
}

/** Whether another parameter of the same name comes first. */
function isOther({ parameters }: OperationSchema, parameter: OperationSchema['parameters'][number]): boolean {
  return parameters.find(({ name }) => name === parameter.name) !== parameter;
}

/** A parameter as its schema has it: numbers as numbers. */
function plain(text: string, schema: z.ZodType): string | number {
  return schema.safeParse(text).success ? text : schema.safeParse(Number(text)).success ? Number(text) : text;
}

function requestBody({ method, examples }: OperationSchema, schema: DocumentPart): DocumentPart {
  const given = examples.filter(({ body }) => body !== undefined);
  const named = Object.fromEntries(given.map(({ name, summary, body }) => [`${method.toLowerCase()}-${name}`, { summary, value: body }]));
  return { content: { 'application/json': { schema, ...(given.length === 0 ? {} : { examples: named }) } } };
}

function responses(operation: OperationSchema, schemas: SchemaCollection): DocumentPart {
  const byStatus = new Map<number, ErrorString[]>();
  for (const error of new Set([...operation.errors, ...COMMON_ERRORS])) {
    const { status } = ERROR_STRINGS[error];
    byStatus.set(status, [...(byStatus.get(status) ?? []), error]);
  }
  byStatus.set(429, ['unauthorized', ...(byStatus.get(429) ?? [])]);
  const ok = schemas.add(okEnvelopeSchema(operation.answer), 'output');
  const { headers = [], forms = [] } = operation;
  const written = headers.includes('X-KV4-Durable') ? ['200', '202'] : ['200'];
  const answers = Object.fromEntries(
    written.map((status) => [
      status,
      {
        description: status === '202' ? 'with `Prefer: status=http`: the write is accepted by fewer copies than the quorum of the database' : 'the answer; without `Prefer: status=http` errors too',
        headers: headerParts(headers, status === '200'),
        content: {
          'application/json': { schema: { anyOf: [ok, { $ref: '#/components/schemas/Error' }] }, ...examplesOf(operation, Number(status), 'application/json') },
          ...(status === '202' ? {} : Object.fromEntries(forms.map((form) => [form, { schema: { type: 'string' }, ...examplesOf(operation, 200, form) }]))),
        },
      },
    ]),
  );
  const failures = [...byStatus].map(([status, errors]) => [
    String(status),
    {
      description: `with \`Prefer: status=http\`: ${errors.map((error) => `\`${error}\``).join(', ')}`,
      headers: headerParts([], true),
      content: { 'application/json': { schema: { type: 'object', properties: { v: { enum: errors }, s: { const: 'error' } }, required: ['v', 's'] }, ...examplesOf(operation, status, 'application/json') } },
    },
  ]);
  const unchanged = operation.parameters.some(({ name, in: place, description }) => place === 'header' && name === 'If-None-Match' && description.includes('304'))
    ? { 304: { description: 'the value still has this version', headers: headerParts(['ETag', 'X-KV4-Age-Ms'], false), 'x-examples': examplesOf(operation, 304, 'application/json')['examples'] } }
    : {};
  return { ...answers, ...unchanged, ...Object.fromEntries(failures) };
}

function headerParts(headers: readonly AnswerHeader[], withErrors: boolean): DocumentPart {
  const names = [...headers, ...(withErrors ? Object.keys(ERROR_HEADERS) : [])];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function examplesOf({ method, examples }: OperationSchema, status: number, form: string): DocumentPart {
  const matching = examples.filter((example) => (example.status ?? 200) === status && (example.form ?? 'application/json') === form);
  return matching.length === 0 ? {} : { examples: Object.fromEntries(matching.map((example) => [`${method.toLowerCase()}-${example.name}`, describeExample(example)])) };
}

function describeExample(example: OperationExample): DocumentPart {
  const { summary, answer, login, varies = [], parameters } = example;
  return {
    summary,
    ...(answer === undefined ? {} : { value: answer }),
    'x-order': OPERATIONS.flatMap(({ examples }) => examples).indexOf(example),
    ...(login === undefined ? {} : { 'x-login': login }),
    ...(parameters?.['Accept'] === undefined ? {} : { 'x-accept': parameters['Accept'] }),
    ...(typeof answer === 'object' ? { 'x-varies': [...varies, ...varyingPointers(answer)] } : {}),
  };
}
