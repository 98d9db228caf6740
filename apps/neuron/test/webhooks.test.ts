import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { verifyWebhook } from '@xir/webhooks';
import { expect, it } from 'vitest';

import { webhookSettings } from '../src/webhook-settings.ts';
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

it('what is wrong with the settings of webhooks is told without their secrets', () => {
  expect(webhookSettings.parse(`[{"url":"https://hooks.example/x","secret":"${SECRET}"}]`)).toEqual([{ url: 'https://hooks.example/x', path: '/**', events: ['join', 'leave'], secret: SECRET }]);
  for (const text of ['{', '{}', '[1]', '[{"url":"https://hooks.example/x"}]', '[{"url":"ftp://hooks.example/x","secret":"the secret of a webhook"}]', '[{"hidden":1}]', '[{"url":"https://hooks.example/x","secret":"the secret of a webhook","events":["all"]}]']) {
    expect(() => webhookSettings.parse(text)).toThrow(TypeError);
    expect(() => webhookSettings.parse(text)).not.toThrow(/hidden|hooks\.example|secret of a webhook/);
  }
});
