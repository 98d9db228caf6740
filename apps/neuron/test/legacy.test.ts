import { createServer, type AddressInfo } from 'node:net';

import { expect, it } from 'vitest';

import { startNeuronProcess, temporaryDirectory, TEST_SECRET } from './neuron-process.ts';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('a neuron serves the legacy V2 API where its port is set', async () => {
  await using directory = await temporaryDirectory();
  const port = await freePort();
  await using _neuron = await startNeuronProcess(['--data-dir', directory.path, '--legacy-port', String(port)]);
  const call = async (path: string, fields: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: new URLSearchParams({ ident: '$sys', secret: TEST_SECRET, ...fields }) });
    return (await response.json()) as object;
  };
  expect(await call('/domain', { domain: 'example.org' })).toEqual({ s: 200, p: '/domain', d: null, e: null });
  expect(await call('/getToken', { domain: 'example.org', username: 'alex' })).toMatchObject({ s: 200, d: { token: expect.any(String) as string } });
  expect(await call('/listDomains', { secret: 'wrong' })).toMatchObject({ s: 401, e: 'unauthorized' });
}, 60_000);
