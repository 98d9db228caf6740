import { ACCOUNTS_ERROR_CODES } from '@xir/accounts';
import { KV4_ERROR_CODES } from '@xir/kv4-core';
import { ERROR_STRING_LIST } from '@xir/protocol';
import { REST_ERROR_CODES } from '@xir/rest';
import { WEBSOCKET_ERROR_CODES } from '@xir/websocket';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';

import { API_DOCUMENTS } from '../src/api-documents.ts';
import { replayConversations, type AsyncApi } from './asyncapi-conversations.ts';
import { replaySignalling, type SignallingApi } from './asyncapi-signalling.ts';
import { ExampleValues } from './example-values.ts';
import { NeuronProcess, temporaryDirectory } from './neuron-process.ts';
import { exchangesOf, type Exchange, type OpenApi } from './openapi-exchanges.ts';

/** The neuron that the documents say their examples are of. */
const OPTIONS = '--rest-port 0 --ops-port 0 --tcp-port 0 --ws-port 0 --link-port 0 --system-secret secret --signal-urls wss://signal.example/ws --turn-hosts turn.example --turn-secret shared'.split(' ');

/** What differs from run to run in the events of a watch. */
const VARYING_DATA = ['t', '_id', '_rev', 'v/_ver_', 'session'].map((name) => `/*/data/${name}`);

/** Events of a stream until it has as many as the example; times and ids are left out. */
async function readEvents(response: Response, wanted: number): Promise<string> {
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString('utf8');
    if (eventsOf(text).length >= wanted) break;
  }
  return text;
}

function eventsOf(text: string): Array<{ readonly event: string; readonly data: unknown }> {
  return [...text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map(([, event = '', data = '']) => ({ event, data: JSON.parse(data) as unknown }));
}

async function send(rest: string, exchange: Exchange, values: ExampleValues): Promise<Response> {
  const { method, target, headers, login, body } = exchange;
  const credentials = Buffer.from(login).toString('base64');
  return fetch(rest + values.inserted(target), {
    method,
    signal: AbortSignal.timeout(5_000),
    headers: { ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, values.inserted(value)])), authorization: `Basic ${credentials}` },
    ...(body === undefined ? {} : { body: values.inserted(JSON.stringify(body)) }),
  });
}

/** What is wrong with the answer to an exchange. */
async function check(exchange: Exchange, response: Response, values: ExampleValues): Promise<string[]> {
  const { status, form, answer, varies, answerHeaders } = exchange;
  const problems = response.status === status ? [] : [`status ${response.status} instead of ${status}`];
  const undescribed = [...response.headers.keys()].filter((name) => (name.startsWith('x-kv4') || name === 'etag' || name === 'link') && !answerHeaders.includes(name));
  problems.push(...undescribed.map((name) => `the header ${name} is not described`));
  if (form === 'text/event-stream') {
    const wanted = eventsOf(String(answer));
    const told = eventsOf(await readEvents(response, wanted.length));
    return [...problems, ...values.differences(wanted, told, VARYING_DATA)];
  }
  const text = await response.text();
  if (form === 'application/json') return [...problems, ...values.differences(answer, JSON.parse(text), varies)];
  return [...problems, ...values.differences(answer ?? '', text, [])];
}

/** How many examples stand in a part of a document. */
function countExamples(part: unknown): number {
  if (typeof part !== 'object' || part === null) return 0;
  return Object.entries(part).reduce((sum, [name, value]) => sum + (name === 'examples' || name === 'x-examples' ? Object.keys(value as object).length : countExamples(value)), 0);
}

it('every example of /openapi.json is what a neuron answers: status, headers, schema and body', async () => {
  await using directory = await temporaryDirectory();
  await using neuron = new NeuronProcess([...OPTIONS, '--data-dir', directory.path]);
  const { rest, operations } = await neuron.ready();
  const document = (await (await fetch(`${operations}/openapi.json`)).json()) as OpenApi;
  const ajv = new Ajv2020({ strict: false, validateSchema: false, inlineRefs: false });
  ajv.addSchema({ $id: 'document', components: document.components });
  const compiled = new Map<object, ValidateFunction>();
  const validate = (schema: object, value: unknown) => {
    const check = compiled.get(schema) ?? ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object);
    compiled.set(schema, check);
    return check(value) ? [] : [ajv.errorsText(check.errors)];
  };
  const exchanges = exchangesOf(document);
  const values = new ExampleValues();
  const problems: Record<string, string[]> = {};
  let replayed = 0;
  for (const exchange of exchanges) {
    const found = await check(exchange, await send(rest, exchange, values), values);
    if (exchange.answerSchema !== undefined) found.push(...validate(exchange.answerSchema, exchange.answer));
    const isRefused = typeof exchange.answer === 'object' && (exchange.answer as { s?: string }).s === 'error';
    if (exchange.bodySchema !== undefined && !isRefused) found.push(...validate(exchange.bodySchema, exchange.body));
    if (found.length > 0) problems[exchange.title] = found;
    replayed += 1;
  }
  expect(problems).toEqual({});
  expect(replayed).toBe(countExamples(Object.values(document.paths).flatMap((item) => Object.values(item).map(({ responses }) => responses))));
  const operationCount = Object.values(document.paths).flatMap((item) => Object.keys(item).filter((name) => name !== 'parameters')).length;
  expect(new Set(exchanges.map(({ method, title }) => `${method} ${title.split(' ')[1]}`)).size).toBe(operationCount);
}, 60_000);

it('every error string and every stable code that REST may answer stands in /openapi.json', () => {
  const text = API_DOCUMENTS['/openapi.json']?.render() ?? '';
  for (const name of [...ERROR_STRING_LIST, ...REST_ERROR_CODES, ...ACCOUNTS_ERROR_CODES, ...KV4_ERROR_CODES]) expect(text).toContain(`"const":"${name}"`);
});

it('every example of /asyncapi.json is what a neuron says over a WebSocket: schema and body, in the order of its conversations, until it goes away', async () => {
  await using directory = await temporaryDirectory();
  await using neuron = new NeuronProcess([...OPTIONS, '--data-dir', directory.path]);
  const { webSocket, operations } = await neuron.ready();
  const document = (await (await fetch(`${operations}/asyncapi.json`)).json()) as AsyncApi;
  const { problems, replayed } = await replayConversations(document, { url: webSocket, values: new ExampleValues(), close: () => neuron.child.kill('SIGTERM') });
  expect(problems).toEqual({});
  expect(replayed).toBe(examplesOf(document, ['data']));
  expect((await neuron.ended).code).toBe(0);
}, 60_000);

it('every example of signalling and of event streams in /asyncapi.json is what a neuron tells each who takes part, in that order, until it closes', async () => {
  await using directory = await temporaryDirectory();
  await using neuron = new NeuronProcess([...OPTIONS, '--data-dir', directory.path, '--channels', '[{"path":"/kept/**","history":true,"maxMessageCharacters":100}]']);
  const { rest, webSocket, operations } = await neuron.ready();
  const document = (await (await fetch(`${operations}/asyncapi.json`)).json()) as SignallingApi;
  const authorization = `Basic ${Buffer.from('$sys:secret').toString('base64')}`;
  for (const path of ['kept', 'kept/room']) await fetch(`${rest}/_ns/${path}`, { method: 'PUT', headers: { authorization } });
  const { problems, replayed } = await replaySignalling(document, { rest, webSocket, authorization, values: new ExampleValues(), close: () => neuron.child.kill('SIGTERM') });
  expect(problems).toEqual({});
  expect(replayed).toBe(examplesOf(document, ['signalling', 'peer', 'listen']));
  expect((await neuron.ended).code).toBe(0);
}, 60_000);

/** How many examples the messages of some channels have. */
function examplesOf({ channels, components }: AsyncApi, names: readonly string[]): number {
  const messages = new Set(names.flatMap((name) => Object.keys(channels[name]?.messages ?? {})));
  return Object.entries(components.messages).reduce((sum, [name, { examples }]) => sum + (messages.has(name) ? examples.length : 0), 0);
}

it('every error string and every stable code that may be told over a WebSocket stands in /asyncapi.json', () => {
  const text = API_DOCUMENTS['/asyncapi.json']?.render() ?? '';
  for (const name of [...ERROR_STRING_LIST, ...WEBSOCKET_ERROR_CODES, ...ACCOUNTS_ERROR_CODES, ...KV4_ERROR_CODES]) expect(text).toContain(`"const":"${name}"`);
});
