import { connect as connectTls } from 'node:tls';

import { createAccounts } from '@xir/accounts';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it } from 'vitest';

import { createRespFace, createRespServer } from '../src/index.ts';
import { RespClient } from './resp-client.ts';
import { selfSigned } from './self-signed.ts';

it('S1 a store without a cache is served too', async () => {
  await using store = new MemoryReferenceStore();
  await using accounts = createAccounts({ store, systemSecret: 'secret' });
  const face = createRespFace({ store, accounts, neuron: 'n1' });
  await using server = await createRespServer({ face, port: 0 });
  const client = new RespClient(server.port);
  expect(await client.pipeline([['AUTH', '$sys', 'secret'], ['SET', 'a', '1'], ['INCR', 'a'], ['MGET', 'a', 'b'], ['EXISTS', 'a']])).toEqual(['OK', 'OK', 2, ['2', null], 1]);
  client.close();
});

it('S2 TLS is served where a certificate is given', async () => {
  const { cert, key } = selfSigned();
  await using store = new MemoryReferenceStore();
  await using accounts = createAccounts({ store, systemSecret: 'secret' });
  const face = createRespFace({ store, accounts, neuron: 'n1' });
  await using server = await createRespServer({ face, port: 0, tls: { cert, key } });
  expect(server.url).toMatch(/^rediss:/);
  const socket = connectTls({ host: '127.0.0.1', port: server.port, ca: cert });
  const answer = new Promise<string>((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1'))));
  socket.write('AUTH $sys secret\r\n');
  expect(await answer).toBe('+OK\r\n');
  socket.destroy();
});
