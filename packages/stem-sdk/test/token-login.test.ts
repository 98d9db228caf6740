import { connect } from '@xir/stem-sdk';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';
import { basicAuthorization } from '../src/location.ts';
import { startProxy } from './cut-proxy.ts';
import { startRest, TEST_SECRET } from './rest-neuron.ts';
import { startSocketNeuron, testSocket } from './socket-neuron.ts';

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

  it('is refused over TCP, whose protocol has none', () => {
    expect(() => connect('redis://127.0.0.1', { credentials: { account: '$sys', token: () => 'x' } })).toThrow(TypeError);
  });
});
