import type { WatchEvent } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { connect } from '@xir/stem-sdk';
import { describe, expect, it } from 'vitest';
import { startProxy } from './cut-proxy.ts';
import { startRest, TEST_SECRET } from './rest-neuron.ts';

const credentials = { account: '$sys', secret: TEST_SECRET };

/** An address at which nothing listens. */
async function closedUrl(): Promise<string> {
  await using proxy = await startProxy(9);
  return proxy.url;
}

async function nextOf(events: AsyncIterator<WatchEvent>): Promise<WatchEvent> {
  const { value, done } = await events.next();
  if (done === true) throw new Error('the watch has ended');
  return value;
}

describe('a watch', () => {
  it('goes on behind the last event when its connection is cut, without a gap and without a repetition', async () => {
    await using memory = new MemoryReferenceStore();
    await using rest = await startRest(memory);
    await using proxy = await startProxy(Number(new URL(rest.url).port));
    await using client = connect(proxy.url, { credentials, watchMaxRetryMs: 20 });
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

  it('begins again with a reset when it is cut among initial values', async () => {
    await using memory = new MemoryReferenceStore();
    await using rest = await startRest(memory);
    await using proxy = await startProxy(Number(new URL(rest.url).port));
    await using client = connect(proxy.url, { credentials, watchMaxRetryMs: 20 });
    const text = 'x'.repeat(300_000);
    for (let n = 0; n < 40; n += 1) await memory.put(client.key('/big', `k${String(n).padStart(2, '0')}`), { n, text });
    const events = client.watch({ type: 'path', address: client.path('/big') })[Symbol.asyncIterator]();
    expect((await nextOf(events)).type).toBe('put');
    proxy.cut();
    let event = await nextOf(events);
    while (event.type === 'put') event = await nextOf(events);
    expect(event).toMatchObject({ type: 'reset', reason: 'resync' });
    const values: unknown[] = [];
    for (event = await nextOf(events); event.type === 'put'; event = await nextOf(events)) values.push(event.record.address.key);
    expect(event.type).toBe('end-of-initial');
    expect(values).toHaveLength(40);
    await events.return?.();
  });

  it('cannot begin where there is no neuron: KV4_UNAVAILABLE', async () => {
    await using client = connect(await closedUrl(), { credentials });
    await expect(client.watch({ type: 'layer', bucket: '$sys', layer: '*data' })[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
  });
});

describe('the client', () => {
  it('says by code what went wrong: no neuron, a wrong login, something that is no neuron', async () => {
    await using memory = new MemoryReferenceStore();
    await using rest = await startRest(memory);
    await using nobody = connect(await closedUrl(), { credentials });
    await expect(nobody.get(nobody.key('/a', 'k'))).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    await expect(nobody.put(nobody.key('/a', 'k'), {})).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    await using wrong = connect(rest.url, { credentials: { account: '$sys', secret: 'hunter2' } });
    const refused: unknown = await wrong.get(wrong.key('/a', 'k')).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'KV4_REJECTED', cause: { code: 'SDK_UNAUTHORIZED', errorString: 'unauthorized' } });
    expect(String(refused)).not.toContain('hunter2');
    await using other = connect(rest.url, { credentials, fetch: async () => new Response('<html>') });
    await expect(other.get(other.key('/a', 'k'))).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE', cause: { code: 'SDK_BAD_RESPONSE' } });
    await expect(other.put(other.key('/a', 'k'), {})).rejects.toMatchObject({ code: 'KV4_OUTCOME_UNKNOWN' });
  });

  it('names the login’s own data: the bucket of an account and of a sub-account', () => {
    expect(connect('http://cool:s@h').key('a//b/', 'k')).toEqual({ bucket: 'cool', layer: '*data', path: '/a/b', key: 'k' });
    expect(connect('http://elena%23lily:s@h').bucket).toBe('elena)lily');
    expect(connect('http://cool:hunter2@h').url).toBe('http://h');
  });

  it('updates through the wire: ten writers, and nobody’s change is lost', async () => {
    await using memory = new MemoryReferenceStore();
    await using rest = await startRest(memory);
    await using client = connect(rest.url, { credentials });
    const address = client.key('/counter', 'n');
    const add = (value: unknown) => ({ n: typeof value === 'object' && value !== null && 'n' in value ? Number(value.n) + 1 : 1 });
    await Promise.all(Array.from({ length: 10 }, () => client.update(address, add, { attempts: 100 })));
    expect((await client.get(address))?.value).toEqual({ n: 10 });
  });
});
