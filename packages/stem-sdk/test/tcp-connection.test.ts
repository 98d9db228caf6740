import { connect as connectTls } from 'node:tls';

import { createAccounts } from '@xir/accounts';
import { createRespFace, createRespServer } from '@xir/resp';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { connect, SdkError, type TcpLike } from '@xir/stem-sdk';
import { expect, it } from 'vitest';
import { commandOf, commandText } from '../src/tcp-command.ts';
import { tcpTarget } from '../src/tcp-socket.ts';
import { TEST_SECRET } from './rest-neuron.ts';
import { selfSigned } from './self-signed.ts';
import { startTcpNeuron } from './tcp-neuron.ts';

const credentials = { account: '$sys', secret: TEST_SECRET };

it('a URL of the Redis protocol leads to a host and a port, 4007 where it names none, encrypted or not', () => {
  expect(tcpTarget('redis://neuron')).toEqual({ host: 'neuron', port: 4007, secure: false });
  expect(tcpTarget('tcp://[::1]:99')).toEqual({ host: '::1', port: 99, secure: false });
  expect(tcpTarget('rediss://neuron:1').secure && tcpTarget('tls://neuron:1').secure).toBe(true);
});

it('a secret of the URL shows up nowhere: not in the client, not in errors', async () => {
  await using client = connect('redis://elena:hunter2@127.0.0.1:1/0');
  expect(client).toMatchObject({ url: 'redis://127.0.0.1:1', bucket: 'elena' });
  const error: unknown = await client.get(client.key('/a', 'k')).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'KV4_UNAVAILABLE' });
  expect(`${String(error)} ${JSON.stringify(error)} ${JSON.stringify(client)}`).not.toContain('hunter2');
  expect(() => connect('redis://:hunter2@127.0.0.1')).toThrow(SdkError);
});

it('TLS is spoken where the URL says so, and a certificate nobody vouches for is refused', async () => {
  await using memory = new MemoryReferenceStore();
  await using accounts = createAccounts({ store: memory, systemSecret: TEST_SECRET });
  const { cert, key } = selfSigned();
  await using server = await createRespServer({ face: createRespFace({ store: memory, accounts, neuron: 'n' }), port: 0, tls: { cert, key }, drainMs: 100 });
  const url = `rediss://127.0.0.1:${server.port}`;
  const tcp = ({ host, port, secure }: { host: string; port: number; secure: boolean }): TcpLike => {
    expect(secure).toBe(true);
    return connectTls({ host, port, ca: cert });
  };
  await using client = connect(url, { credentials, tcp });
  await client.put(client.key('/ä', 'ключ'), { text: '𝄞\r\n' });
  expect(await client.get(client.key('/ä', 'ключ'))).toMatchObject({ value: { text: '𝄞\r\n' } });
  await using careful = connect(url, { credentials });
  await expect(careful.get(careful.key('/ä', 'ключ'))).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
});

it('many requests at once are answered in order over one connection, failures among them', async () => {
  await using memory = new MemoryReferenceStore();
  await using neuron = await startTcpNeuron(memory);
  await using client = connect(neuron.url, { credentials });
  const numbers = Array.from({ length: 200 }, (_, n) => n);
  await Promise.all(numbers.map((n) => client.put(client.key('/many', String(n)), n)));
  const answers = await Promise.allSettled(
    numbers.map((n) => (n % 10 === 3 ? client.put(client.key('/many', String(n)), 0, { condition: { type: 'absent' } }) : client.get(client.key('/many', String(n))))),
  );
  for (const [n, answer] of answers.entries()) {
    if (n % 10 === 3) expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'KV4_ALREADY_EXISTS', currentVersion: expect.any(String) } });
    else expect(answer).toMatchObject({ value: { value: n } });
  }
});

it('a neuron that answers something else than was asked for is told of, or given up', async () => {
  const listeners = new Map<string, (bytes: string) => void>();
  const answers = ['%0\r\n', '$1\r\n{\r\n', 'HTTP/1.1 400\r\n'];
  const tcp = (): TcpLike => ({
    setEncoding: () => undefined,
    destroy: () => undefined,
    on: (event: string, listener: (bytes: string) => void) => listeners.set(event, listener),
    write: () => queueMicrotask(() => listeners.get('data')?.(answers.shift() ?? '')),
  });
  await using client = connect('tcp://neuron', { credentials, tcp });
  await expect(client.get(client.key('/a', 'k'))).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE', cause: { code: 'SDK_BAD_RESPONSE' } });
  await expect(client.put(client.key('/a', 'k'), 1)).rejects.toMatchObject({ code: 'KV4_OUTCOME_UNKNOWN' });
});

it('a command is an array of its words with their lengths in bytes', () => {
  const words = commandOf({ op: 'put', path: '/a', key: 'ü', layer: '*data', bucket: 'b', value: 1, condition: { type: 'locked' }, secondary: {}, expiresInMs: 1.5 });
  expect(words).toEqual(['KV4.PUT', '/a', '1', 'KEY', 'ü', 'LAYER', '*data', 'BUCKET', 'b', 'LOCK', '', 'NOKEYS', 'PX', '2', 'JSON']);
  expect(commandText(['GET', 'ü'])).toBe('*2\r\n$3\r\nGET\r\n$2\r\nü\r\n');
});
