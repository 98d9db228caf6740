import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { verifyWebhook } from '@xir/webhooks';
import { expect, it } from 'vitest';

import { webhookSettings } from '../src/webhook-settings.ts';
import { startDatabaseProcess } from './database-process.ts';
import { eventually, startNeuronProcess, temporaryDirectory, TEST_SECRET } from './neuron-process.ts';

const SECRET = 'the secret of a webhook';

it('a neuron tells the webhooks of its settings, signed, and neither shows nor logs their secrets', async () => {
  const bodies: string[] = [];
  let verified = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const { 'x-xir-timestamp': timestamp, 'x-xir-signature': signature } = request.headers;
      if (verifyWebhook(SECRET, { body, timestamp: String(timestamp), signature: String(signature) }, Date.now())) verified += 1;
      bodies.push(body);
      // The first try fails, and is logged.
      response.writeHead(bodies.length === 1 ? 500 : 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await using directory = await temporaryDirectory();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hidden-path`;
  await using neuron = await startNeuronProcess(['--data-dir', directory.path, '--webhooks', JSON.stringify([{ url, path: '/chat/*', events: ['message'], secret: SECRET }])]);
  const authorization = `Basic ${Buffer.from(`$sys:${TEST_SECRET}`).toString('base64')}`;
  await fetch(`${neuron.ready.rest}/_messages/chat/lobby`, { method: 'PUT', headers: { authorization }, body: '{"v":"hello"}' });
  await eventually(async () => expect(bodies.length).toBe(2));
  expect(verified).toBe(2);
  expect(JSON.parse(bodies[1] ?? '')).toMatchObject({ events: [{ type: 'message', bucket: '$sys', path: '/chat/lobby', v: 'hello' }] });
  const figures = (await (await fetch(`${neuron.ready.operations}/metrics`)).text()).replaceAll(/,?neuron="\w+"/g, '');
  for (const sample of ['xir_webhooks{} 1', 'xir_webhooks_events_total{outcome="sent"} 1', 'xir_webhooks_events_total{outcome="given-up"} 0', 'xir_webhooks_failed_requests_total{} 1', 'xir_webhooks_retried_requests_total{} 1', 'xir_webhooks_queued_events{} 0']) expect(figures).toContain(`${sample}\n`);
  const { stderr } = await neuron.process.end();
  expect(stderr).toContain('a webhook failed');
  expect(stderr).not.toMatch(/hidden-path|the secret of a webhook/);
  await new Promise((resolve) => server.close(resolve));
}, 60_000);

it('an operator sets a webhook while two neurons run: each event is told once, whichever neuron it happened on, and the secret is neither shown nor logged', async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await using directory = await temporaryDirectory();
  await using database = await startDatabaseProcess(directory.path);
  await using a = await startNeuronProcess(['--couchdb-url', database.url, '--name', 'a', '--log-level', 'debug']);
  await using b = await startNeuronProcess(['--couchdb-url', database.url, '--name', 'b']);
  const authorization = `Basic ${Buffer.from(`$sys:${TEST_SECRET}`).toString('base64')}`;
  const ask = async (neuron: typeof a, method: string, path: string, body?: object) => ((await (await fetch(neuron.ready.rest + path, { method, headers: { authorization }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).json()) as { readonly v: unknown }).v;
  const hooks = async ({ ready }: typeof a) => /xir_webhooks\{[^}]*\} (\d+)/.exec(await (await fetch(`${ready.operations}/metrics`)).text())?.[1];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hidden-path`;
  const shown = await ask(a, 'PUT', '/_webhooks/chat', { k: 'log', v: { url, secret: SECRET, events: ['message'] } });
  expect(shown).toMatchObject({ url: new URL(url).origin, events: ['message'] });
  for (const neuron of [a, b]) await eventually(async () => expect(await hooks(neuron)).toBe('1'));
  for (const [index, neuron] of [a, b, a, b].entries()) await ask(neuron, 'PUT', '/_messages/chat/lobby', { v: index });
  const told = () => bodies.flatMap((body) => (JSON.parse(body) as { events: { v: number }[] }).events.map(({ v }) => v));
  await eventually(async () => expect(told().toSorted()).toEqual([0, 1, 2, 3]));
  expect(await ask(b, 'DELETE', '/_webhooks/chat?k=log')).toBe(1);
  for (const neuron of [a, b]) await eventually(async () => expect(await hooks(neuron)).toBe('0'));
  const { stderr } = await a.process.end();
  expect(`${JSON.stringify(shown)}${stderr}`).not.toMatch(/hidden-path|the secret of a webhook/);
  expect(told().length).toBe(4);
  await new Promise((resolve) => server.close(resolve));
}, 60_000);

it('what is wrong with the settings of webhooks is told without their secrets', () => {
  expect(webhookSettings.parse(`[{"url":"https://hooks.example/x","secret":"${SECRET}"}]`)).toEqual([{ url: 'https://hooks.example/x', path: '/**', events: ['join', 'leave'], secret: SECRET }]);
  for (const text of ['{', '{}', '[1]', '[{"url":"https://hooks.example/x"}]', '[{"url":"ftp://hooks.example/x","secret":"the secret of a webhook"}]', '[{"hidden":1}]', '[{"url":"https://hooks.example/x","secret":"the secret of a webhook","events":["all"]}]']) {
    expect(() => webhookSettings.parse(text)).toThrow(TypeError);
    expect(() => webhookSettings.parse(text)).not.toThrow(/hidden|hooks\.example|secret of a webhook/);
  }
});
