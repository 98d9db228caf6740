import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startNeuronProcess, temporaryDirectory, TEST_SECRET } from './neuron-process.ts';

/** Sends bytes and reads until the other side closes. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

it('the Redis protocol is served beside REST, with the same logins and the same memory, and is counted', async () => {
  await using directory = await temporaryDirectory();
  await using neuron = await startNeuronProcess(['--data-dir', directory.path]);
  const { ready } = neuron;
  expect(ready.tcp).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
  const port = Number(new URL(ready.tcp).port);
  const answers = await exchange(port, `AUTH $sys "${TEST_SECRET}"\r\nSET /a/b '{"n":1}'\r\nGET /a/b\r\n`);
  expect(answers).toBe('+OK\r\n+OK\r\n$7\r\n{"n":1}\r\n');
  const authorization = `Basic ${Buffer.from(`$sys:${TEST_SECRET}`).toString('base64')}`;
  const answer = await fetch(`${ready.rest}/_data/a?k=b`, { headers: { authorization } });
  expect(await answer.json()).toMatchObject({ s: 'ok', v: { n: 1 } });
  const metrics = await (await fetch(`${ready.operations}/metrics`)).text();
  expect(metrics).toMatch(/xir_tcp_commands_total\{command="get",outcome="ok"[^}]*\} 1/);
  // Statistics are written at the latest when the neuron stops.
  await neuron.process.end();
  await using after = await startNeuronProcess(['--data-dir', directory.path]);
  const stats = await fetch(`${after.ready.rest}/_stats/tcp/SET?l=api:3&k=$sys`, { headers: { authorization } });
  expect(await stats.json()).toMatchObject({ s: 'ok', v: { sum: 1, count: 1 } });
});
