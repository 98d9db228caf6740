import type { KeyAddress, PathAddress } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptedPair } from './support/scripted-pair.ts';
import { textResponse } from './support/scripted-transport.ts';
import { embeddedServer } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

const place: PathAddress = { bucket: 'b', layer: '*data', path: '/a' };
const key = (name: string): KeyAddress => ({ ...place, key: name });

/** A memory whose cache holds some keys of a path, and not the whole. */
async function crowdedPair() {
  const both = await scriptedPair(server.url, { maxCacheBytes: 20_000 });
  await Promise.all(Array.from({ length: 40 }, (_, index) => both.writer.put(key(`x${index}`), 'x'.repeat(500))));
  await Promise.all(['a', 'b'].map((name) => both.writer.put(key(name), 'old', { secondary: { k2: name } })));
  await both.memory.prove();
  // What is watched is not evicted.
  for (const name of ['a', 'b', 'new']) await both.memory.watch({ type: 'key', address: key(name) }).next();
  return both;
}

describe('a listing that does not fit into the cache', () => {
  it('M25: is followed by no read that goes back behind it', async () => {
    await using both = await crowdedPair();
    const { memory, writer, transport } = both;
    transport.freezeFeed();
    await writer.put(key('a'), 'later');
    await writer.delete(key('b'));
    await writer.put(key('new'), 'made');
    const { items } = await memory.list(place, { limit: 100 });
    expect(items.length).toBe(42);
    expect(items[0]).toMatchObject({ value: 'later' });
    expect((await memory.get(key('a')))?.value).toBe('later');
    expect(await memory.get(key('b'))).toBeUndefined();
    expect((await memory.get(key('new')))?.value).toBe('made');
  });

  it('M25: shows what was read and written before, though a replica that lags answers it', async () => {
    await using both = await crowdedPair();
    const { memory, writer, transport } = both;
    const stale = JSON.stringify((await both.database.database.json({ path: '/_all_docs', query: { include_docs: true, startkey: '"d!b!*data!a!!"', endkey: '"d!b!*data!a!\\""' } })).body);
    await memory.list(place);
    transport.freezeFeed();
    await memory.put(key('a'), 'mine');
    await memory.delete(key('b'));
    await memory.put(key('new'), 'mine too');
    for (const look of ['list', 'tree', 'keys'] as const) {
      transport.next('/_all_docs', async () => textResponse(200, stale));
      const { items } = await memory[look](place, { limit: 100 });
      expect(items.slice(0, 2).map((item) => (typeof item === 'string' ? item : item.value))).toEqual(look === 'keys' ? ['a', 'new'] : ['mine', 'mine too']);
    }
    transport.next('/_all_docs', async () => textResponse(200, stale));
    expect((await memory.list(place, { limit: 1 })).items.map(({ value }) => value)).toEqual(['mine']);
    await writer.close();
  });

  it('M25: finds by a secondary key what stands, and nothing that a read before went beyond', async () => {
    await using both = await crowdedPair();
    const { memory, writer, transport } = both;
    await memory.list(place);
    transport.freezeFeed();
    await writer.put(key('a'), 'later', { secondary: { k2: 'a' } });
    expect((await memory.find(place, 'k2', 'a'))?.value).toBe('later');
    expect((await memory.get(key('a')))?.value).toBe('later');
    await writer.put(key('b'), 'elsewhere', { secondary: { k2: 'c' } });
    expect(await memory.find(place, 'k2', 'b')).toBeUndefined();
    expect((await memory.get(key('b')))?.value).toBe('elsewhere');
  });

  it('M25: is refused where what is cached otherwise cannot be compared with the database', async () => {
    await using both = await crowdedPair();
    const { memory, writer, transport } = both;
    transport.freezeFeed();
    await writer.put(key('a'), 'later');
    transport.next('revs=true', async () => textResponse(500, '{"error":"internal_server_error"}'));
    transport.next('/_bulk_get', async () => textResponse(500, '{"error":"internal_server_error"}'));
    await expect(memory.list(place)).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
  });
});
