import { connect } from '@xir/stem-sdk';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';
import { basicAuthorization } from '../src/location.ts';
import { startProxy } from './cut-proxy.ts';
import { startRest, TEST_SECRET } from './rest-neuron.ts';
import { startSocketNeuron, testSocket } from './socket-neuron.ts';
import { startTcpNeuron } from './tcp-neuron.ts';

/** A token of `$sys`, as a server of one's own would fetch it for its pages. */
async function freshToken(restUrl: string): Promise<string> {
  const response = await fetch(`${restUrl}/_acc/token`, { method: 'PUT', headers: { authorization: basicAuthorization({ account: '$sys', secret: TEST_SECRET }) } });
  const { v } = (await response.json()) as { readonly v: { readonly token: string } };
  return v.token;
}

describe('a login by token', () => {
  it('over a WebSocket asks for a fresh token at each connect', async () => {
    await using memory = new MemoryReferenceStore();
    await using rest = await startRest(memory);
    await using neuron = await startSocketNeuron(memory);
    await using proxy = await startProxy(neuron.port);
    let asked = 0;
    const token = () => {
      asked += 1;
      return freshToken(rest.url);
    };
    await using client = connect(proxy.url.replace('http', 'ws'), { credentials: { account: '$sys', token }, webSocket: testSocket, watchMaxRetryMs: 20 });
    const address = client.key('/a', 'k');
    expect(await client.put(address, 1)).toMatchObject({ record: { author: '$sys' } });
    expect(asked).toBe(1);
    const events = client.watch({ type: 'key', address })[Symbol.asyncIterator]();
    await events.next();
    await events.next();
    proxy.cut();
    const next = events.next();
    await memory.put(address, 2);
    expect(await next).toMatchObject({ value: { type: 'put', record: { value: 2 } } });
    expect(asked).toBe(2);
    await events.return?.(undefined);
  });

  it('over HTTP keeps a token until it is refused, and then asks once more', async () => {
    await using memory = new MemoryReferenceStore();
    await using rest = await startRest(memory);
    const given = ['an old one', await freshToken(rest.url), 'worn out'];
    let asked = 0;
    await using client = connect(rest.url, { credentials: { account: '$sys', token: () => given[asked++] ?? 'none' } });
    await client.put(client.key('/a', 'k'), 1);
    expect(await client.get(client.key('/a', 'k'))).toMatchObject({ value: 1, author: '$sys' });
    expect(asked).toBe(2);
    await using refused = connect(rest.url, { credentials: { account: '$sys', token: () => 'bad' } });
    await expect(refused.get(refused.key('/a', 'k'))).rejects.toMatchObject({ code: 'KV4_REJECTED', cause: { code: 'SDK_UNAUTHORIZED' } });
  });

  it('whose token cannot be had fails with that reason, and asks again the next time', async () => {
    await using memory = new MemoryReferenceStore();
    await using rest = await startRest(memory);
    let asked = 0;
    const token = () => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error('no such page')) : freshToken(rest.url);
    };
    await using client = connect(rest.url, { credentials: { account: '$sys', token } });
    await expect(client.get(client.key('/a', 'k'))).rejects.toThrow('no such page');
    expect(await client.get(client.key('/a', 'k'))).toBeUndefined();
  });

  it('over TCP is the token in place of the secret, fresh at each connect', async () => {
    await using memory = new MemoryReferenceStore();
    await using rest = await startRest(memory);
    await using neuron = await startTcpNeuron(memory);
    await using client = connect(neuron.url, { credentials: { account: '$sys', token: () => freshToken(rest.url) } });
    expect(await client.put(client.key('/a', 'k'), 1)).toMatchObject({ record: { author: '$sys' } });
    await using refused = connect(neuron.url, { credentials: { account: '$sys', token: () => 'bad' } });
    await expect(refused.get(refused.key('/a', 'k'))).rejects.toMatchObject({ code: 'KV4_REJECTED', cause: { code: 'SDK_UNAUTHORIZED' } });
  });

  it.each(['HTTP', 'a WebSocket', 'TCP'])('over %s whose token does not come ends in time, watches too, and is asked for again', async (kind) => {
    await using memory = new MemoryReferenceStore();
    await using rest = await startRest(memory);
    await using socket = await startSocketNeuron(memory);
    await using tcp = await startTcpNeuron(memory);
    const url = kind === 'HTTP' ? rest.url : kind === 'TCP' ? tcp.url : socket.url;
    let asked = 0;
    const token = () => {
      asked += 1;
      return asked === 1 ? new Promise<string>(() => undefined) : freshToken(rest.url);
    };
    await using client = connect(url, { credentials: { account: '$sys', token }, requestTimeoutMs: 300, webSocket: testSocket });
    const address = client.key('/a', 'k');
    const events = client.watch({ type: 'key', address })[Symbol.asyncIterator]();
    const ended = await Promise.allSettled([client.put(address, 1, { signal: AbortSignal.timeout(20) }), client.put(address, 1), events.next()]);
    // Nothing was sent, so nothing is unknown.
    expect(ended).toMatchObject([{ reason: { name: 'TimeoutError' } }, { reason: { code: 'KV4_UNAVAILABLE' } }, { reason: { code: 'KV4_UNAVAILABLE' } }]);
    expect(await client.get(address)).toBeUndefined();
    expect(asked).toBe(2);
  });

  it.each(['HTTP', 'a WebSocket', 'TCP'])('over %s whose token does not come ends with close', async (kind) => {
    const url = kind === 'HTTP' ? 'http://127.0.0.1:1' : undefined;
    await using memory = new MemoryReferenceStore();
    await using socket = await startSocketNeuron(memory);
    await using tcp = await startTcpNeuron(memory);
    await using client = connect(url ?? (kind === 'TCP' ? tcp.url : socket.url), { credentials: { account: '$sys', token: () => new Promise<string>(() => undefined) }, webSocket: testSocket });
    const events = client.watch({ type: 'subtree', address: client.path('/') })[Symbol.asyncIterator]();
    const ended = Promise.allSettled([client.get(client.key('/a', 'k')), events.next()]);
    await client.close();
    expect(await ended).toMatchObject([{ reason: { code: 'KV4_CLOSED' } }, { reason: { code: 'KV4_CLOSED' } }]);
  });
});
