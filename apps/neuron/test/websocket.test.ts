import { connect } from '@xir/stem-sdk';
import { WebSocket } from 'undici';
import { expect, it } from 'vitest';

import { startNeuronProcess, temporaryDirectory, TEST_SECRET } from './neuron-process.ts';

/** Sends requests one after the other and resolves to their answers. */
async function converse(url: string, requests: readonly object[]): Promise<unknown[]> {
  const socket = new WebSocket(url);
  const answers: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    const ask = () => (answers.length < requests.length ? socket.send(JSON.stringify({ id: answers.length, ...requests[answers.length] })) : resolve());
    socket.addEventListener('open', ask);
    socket.addEventListener('error', () => reject(new Error('the connection failed')));
    socket.addEventListener('message', ({ data }) => {
      answers.push(JSON.parse(String(data)));
      ask();
    });
  });
  socket.close();
  return answers;
}

it('the WebSocket data API is served on its own port and at /ws of the REST port, with the same logins and the same memory, and is counted', async () => {
  await using directory = await temporaryDirectory();
  await using neuron = await startNeuronProcess(['--data-dir', directory.path]);
  const { ready } = neuron;
  expect(ready.webSocket).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ws$/);
  const login = { op: 'login', account: '$sys', secret: TEST_SECRET };
  const written = await converse(ready.webSocket, [login, { op: 'put', path: '/a', key: 'b', value: { n: 1 } }]);
  expect(written).toMatchObject([{ id: 0, result: { bucket: '$sys' } }, { id: 1, result: { durable: true } }]);
  const read = await converse(`${ready.rest.replace('http', 'ws')}/ws`, [login, { op: 'get', path: '/a', key: 'b' }]);
  expect(read[1]).toMatchObject({ id: 1, result: { value: { n: 1 }, author: '$sys' } });
  expect(await (await fetch(`${ready.rest}/_data/a?k=b`, { headers: { authorization: `Basic ${Buffer.from(`$sys:${TEST_SECRET}`).toString('base64')}` } })).json()).toMatchObject({ s: 'ok', v: { n: 1 } });
  await using client = connect(ready.webSocket, { credentials: { account: '$sys', secret: TEST_SECRET }, webSocket: (url) => new WebSocket(url) });
  await client.update(client.key('/a', 'b'), () => ({ n: 2 }));
  for await (const event of client.watch({ type: 'path', address: client.path('/a') })) {
    if (event.type === 'put') expect(event.record.value).toEqual({ n: 2 });
    if (event.type === 'end-of-initial') break;
  }
  const metrics = await (await fetch(`${ready.operations}/metrics`)).text();
  expect(metrics).toMatch(/xir_websocket_requests_total\{operation="get",outcome="ok"[^}]*\} 2/);
  const { code, stderr } = await neuron.process.end();
  expect({ code, stderr: /"level":"(?:error|fatal)"/.test(stderr) }).toEqual({ code: 0, stderr: false });
});
