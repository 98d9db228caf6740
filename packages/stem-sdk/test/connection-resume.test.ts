import { KV4_ERROR_CODES, type WatchEvent } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { connect, SdkError } from '@xir/stem-sdk';
import { describe, expect, it } from 'vitest';
import { startProxy } from './cut-proxy.ts';
import { TEST_SECRET } from './rest-neuron.ts';
import { startSocketNeuron, testSocket } from './socket-neuron.ts';
import { startTcpNeuron } from './tcp-neuron.ts';

const options = { credentials: { account: '$sys', secret: TEST_SECRET }, webSocket: testSocket, watchMaxRetryMs: 20 };
const carriers = [
  { carrier: 'a WebSocket', scheme: 'ws', start: startSocketNeuron },
  { carrier: 'TCP', scheme: 'redis', start: startTcpNeuron },
];

async function nextOf(events: AsyncIterator<WatchEvent>): Promise<WatchEvent> {
  const { value, done } = await events.next();
  if (done === true) throw new Error('the watch has ended');
  return value;
}

describe.each(carriers)('over $carrier', ({ scheme, start }) => {
  it('a watch goes on behind the last event when its connection is cut, without a gap and without a repetition', async () => {
    await using memory = new MemoryReferenceStore();
    await using neuron = await start(memory);
    await using proxy = await startProxy(neuron.port);
    await using client = connect(proxy.url.replace('http', scheme), options);
    const events = client.watch({ type: 'path', address: client.path('/a') })[Symbol.asyncIterator]();
    expect((await nextOf(events)).type).toBe('end-of-initial');
    const seen: unknown[] = [];
    for (let n = 0; n < 20; n += 1) {
      await memory.put(client.key('/a', `k${n % 3}`), { n });
      if (n % 4 === 1) proxy.cut();
      const event = await nextOf(events);
      seen.push(event.type === 'put' ? event.record.value : event.type);
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => ({ n })));
    await events.return?.();
  });

  it('a watch grants as it is read: many more events than it may hold come in order', async () => {
    await using memory = new MemoryReferenceStore();
    await using neuron = await start(memory);
    await using client = connect(neuron.url, options);
    for (let n = 0; n < 700; n += 1) await memory.put(client.key('/many', String(n).padStart(4, '0')), n);
    const seen: unknown[] = [];
    for await (const event of client.watch({ type: 'path', address: client.path('/many') })) {
      if (event.type === 'end-of-initial') break;
      if (event.type === 'put') seen.push(event.record.value);
    }
    expect(seen).toEqual(Array.from({ length: 700 }, (_, n) => n));
    // Leaving the loop has stopped it, and the connection serves on.
    expect(await client.get(client.key('/many', '0000'))).toMatchObject({ value: 0 });
    expect(neuron.watches()).toBe(0);
  });

  it('a connection that has ended is opened again, and one from which the neuron sends its clients away is left', async () => {
    await using memory = new MemoryReferenceStore();
    const first = await start(memory);
    await using client = connect(`${scheme}://127.0.0.1:${first.port}`, options);
    await client.put(client.key('/a', 'k'), 1);
    await first[Symbol.asyncDispose]();
    await expect(client.get(client.key('/a', 'k'))).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    await using _second = await start(memory, first.port);
    expect(await client.get(client.key('/a', 'k'))).toMatchObject({ value: 1, author: '$sys' });
    expect(await client.update(client.key('/a', 'k'), (value) => Number(value) + 1)).toMatchObject({ record: { value: 2 } });
  });

  it('a refused login is told, and tried again with the next request', async () => {
    await using memory = new MemoryReferenceStore();
    await using neuron = await start(memory);
    await using client = connect(neuron.url, { ...options, credentials: { account: '$sys', secret: 'wrong' } });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error: unknown = await client.get(client.key('/a', 'k')).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'KV4_REJECTED', cause: { code: 'SDK_UNAUTHORIZED' } });
    }
    expect(KV4_ERROR_CODES).toContain('KV4_REJECTED');
  });

  it('a write whose connection breaks under it has an unknown outcome', async () => {
    await using memory = new MemoryReferenceStore();
    await using neuron = await start(memory);
    await using proxy = await startProxy(neuron.port);
    await using client = connect(proxy.url.replace('http', scheme), options);
    await client.get(client.key('/a', 'k'));
    const writing = client.put(client.key('/a', 'k'), 1);
    // Sent behind what is asked already, so that it is on its way.
    await Promise.resolve();
    proxy.cut();
    await expect(writing).rejects.toMatchObject({ code: 'KV4_OUTCOME_UNKNOWN' });
  });
});

it('a platform without WebSockets needs one handed in', () => {
    const { WebSocket } = globalThis as { readonly WebSocket?: unknown };
    if (WebSocket === undefined) expect(() => connect('ws://127.0.0.1:4005')).toThrow(SdkError);
    else expect(connect('ws://127.0.0.1:4005').url).toBe('ws://127.0.0.1:4005');
  });
