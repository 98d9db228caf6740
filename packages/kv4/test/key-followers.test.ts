import { headId, type HeadDocument, type KeyAddress } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { embeddedServer, TestDatabase, type TestServer } from './support/servers.ts';

const key = (name: string): KeyAddress => ({ bucket: 'b', layer: '*data', path: '/a', key: name });

/** What a follower was told. */
function recorder() {
  const told: string[] = [];
  return { told, listener: { changed: ({ key: name }: KeyAddress, version: string | undefined) => void told.push(`${name} ${version ?? 'none'}`), lost: () => void told.push('lost') } };
}

describe('keys that are followed', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await embeddedServer();
  });
  afterAll(() => server.close());

  it('M26: are told of writes here and elsewhere, of deletions and expiries, and of nothing else', async () => {
    await using database = new TestDatabase(server.url);
    const [a, b] = [await database.open(), await database.open()];
    const first = await a.put(key('k'), 1);
    // Its row is past: one that comes while the key is being read counts as a change.
    await b.prove();
    const { told, listener } = recorder();
    const follower = b.followKeys(listener);
    follower.follow(key('k'));
    follower.follow(key('k'));
    follower.follow(key('none'));
    expect(follower.size).toBe(2);
    expect((await b.get(key('k')))?.version).toBe(first.version);
    expect(await b.get(key('none'))).toBeUndefined();
    expect(told).toEqual([]);
    const second = await a.put(key('k'), 2);
    await vi.waitFor(() => expect(told).toEqual([`k ${second.version}`]));
    const own = await b.put(key('none'), 1);
    expect(told).toContain(`none ${own.version}`);
    const gone = await a.delete(key('k'));
    await vi.waitFor(() => expect(told).toContain(`k ${gone?.version}`));
    follower.unfollow(key('none'));
    await a.put(key('none'), 2);
    const short = await a.put(key('k'), 3, { expiresInMs: 20 });
    await vi.waitFor(() => expect(told.slice(-2)).toEqual([`k ${short.version}`, 'k none']), { timeout: 5_000 });
    expect(told.filter((line) => line.startsWith('none'))).toHaveLength(1);
    follower.close();
    await a.put(key('k'), 4);
    await vi.waitFor(async () => expect((await b.get(key('k')))?.value).toBe(4));
    expect(told.at(-1)).toBe('k none');
  });

  it('M26: stay in a cache that is too small for them, until they are followed no more', async () => {
    await using database = new TestDatabase(server.url);
    const memory = await database.open({ maxCacheBytes: 20_000 });
    const { told, listener } = recorder();
    const follower = memory.followKeys(listener);
    for (let number = 0; number < 200; number += 1) {
      await memory.put(key(`k${number}`), 'x'.repeat(100));
      await memory.get(key(`k${number}`));
      follower.follow(key(`k${number}`));
    }
    expect(memory.peek(key('k0'))?.value).toBe('x'.repeat(100));
    told.length = 0;
    const { version } = await memory.put(key('k0'), 'y');
    expect(told).toEqual([`k0 ${version}`]);
    follower.close();
    await memory.get(key('other'));
    expect(memory.stats().bytes).toBeLessThanOrEqual(20_000);
  });

  it('M28: in a scope, are told of before an own write is acknowledged, and not by a row that leaves everything as it was', async () => {
    await using database = new TestDatabase(server.url);
    const [memory, other] = [await database.open(), await database.open()];
    const { told, listener } = recorder();
    const path = { bucket: 'b', layer: '*data', path: '/a' };
    await memory.list(path);
    const unfollow = memory.followScope({ type: 'path', address: path }, listener.changed);
    memory.followScope({ type: 'layer', bucket: 'c', layer: '*data' }, listener.changed);
    const own = await memory.put(key('k'), 1);
    expect(told).toEqual([`k ${own.version}`]);
    const head = (await database.database.get(headId(key('k')))) as unknown as HeadDocument;
    await database.database.put(head._id, { ...head, same: true });
    const { version } = await other.put(key('fence'), 1);
    await vi.waitFor(() => expect(told).toContain(`fence ${version}`));
    expect(told).toHaveLength(2);
    const gone = await memory.delete(key('k'));
    expect(told.at(-1)).toBe(`k ${gone?.version}`);
    unfollow();
    await memory.put(key('k'), 2);
    expect(told).toHaveLength(3);
    expect(() => memory.followScope({ type: 'path', address: { ...path, bucket: '' } }, listener.changed)).toThrow(expect.objectContaining({ code: 'KV4_BAD_ADDRESS' }));
  });

  it('M26: are all lost when the database is another', async () => {
    await using database = new TestDatabase(server.url);
    const memory = await database.open({ inspectIntervalMs: 20, feedMaxBackoffMs: 50 });
    const { told, listener } = recorder();
    const follower = memory.followKeys(listener);
    await memory.put(key('k'), 1);
    follower.follow(key('k'));
    told.length = 0;
    await database.database.remove();
    await database.database.create();
    await vi.waitFor(() => expect(told).toContain('lost'), { timeout: 15_000 });
    expect(follower.size).toBe(0);
  });
});
