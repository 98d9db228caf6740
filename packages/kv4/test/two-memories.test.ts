import { type KeyAddress, type WatchEvent } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Memory } from '../src/index.ts';
import { embeddedServer, serversToTest, TestDatabase, type TestServer } from './support/servers.ts';

const key = (name: string, path = '/a'): KeyAddress => ({ bucket: 'b', layer: '*data', path, key: name });
const place = { bucket: 'b', layer: '*data', path: '/a' };

async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await fact()).toBe(true), { timeout: 15_000, interval: 5 });
}

async function collect(events: AsyncIterable<WatchEvent>, done: (event: WatchEvent) => boolean): Promise<WatchEvent[]> {
  const all: WatchEvent[] = [];
  for await (const event of events) {
    all.push(event);
    if (done(event)) break;
  }
  return all;
}

const isPutOf = (value: unknown) => (event: WatchEvent): boolean => event.type === 'put' && event.record.value === value;
const putsOf = (events: readonly WatchEvent[]): unknown[] => events.flatMap((event) => (event.type === 'put' ? [event.record.value] : []));

for (const { name, start } of serversToTest()) {
  describe(`two memories on ${name}`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.close());

    it('M11: show each other’s writes, in single reads and in listings', async () => {
      await using database = new TestDatabase(server.url);
      const [a, b] = [await database.open(), await database.open()];
      await a.get(key('k'));
      await b.keys(place);
      await a.put(key('k'), 'from a');
      await until(() => b.peek(key('k'))?.value === 'from a');
      await b.put(key('k'), 'from b');
      await until(() => a.peek(key('k'))?.value === 'from b');
      expect((await b.keys(place)).items).toEqual(['k']);
      await a.delete(key('k'));
      await until(async () => (await b.keys(place)).items.length === 0);
    });

    it('M11: let one of several compare-and-set writers win, and agree on who it was', async () => {
      await using database = new TestDatabase(server.url);
      const memories: Memory[] = [await database.open(), await database.open()];
      const { version } = await (memories[0] as Memory).put(key('k'), 0);
      const results = await Promise.allSettled([0, 1, 2, 3].map((index) => (memories[index % 2] as Memory).put(key('k'), index + 1, { condition: { type: 'version', version } })));
      const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.version] : []));
      expect(won.length).toBe(1);
      for (const memory of memories) expect((await memory.get(key('k'), { fresh: true }))?.version).toBe(won[0]);
    });

    it('M11: converge after random writes from both, to what the database holds', async () => {
      await using database = new TestDatabase(server.url);
      const [a, b] = [await database.open(), await database.open()];
      await Promise.all([a.keys(place), b.tree({ ...place, path: '/' })]);
      const writes: Promise<unknown>[] = [];
      for (let round = 0; round < 200; round += 1) {
        const memory = round % 2 === 0 ? a : b;
        const address = key(`k${round % 7}`);
        writes.push(round % 5 === 4 ? memory.delete(address) : memory.put(address, round));
      }
      await Promise.all(writes);
      const truth = (await a.store.list(place)).items.map((record) => [record.address.key, record.version]);
      for (const memory of [a, b]) {
        expect((await memory.list(place, { fresh: true })).items.map((record) => [record.address.key, record.version])).toEqual(truth);
        expect((await memory.audit()).diverged).toBe(0);
      }
    });

    it('M12: hand a watch over: what follows a position of one comes from the other, each version once', async () => {
      await using database = new TestDatabase(server.url);
      const [a, b] = [await database.open(), await database.open()];
      await a.put(key('k'), 0);
      const scope = { type: 'path', address: place } as const;
      const begin = a.watch(scope);
      const opening = await collect(begin, (event) => event.type === 'end-of-initial');
      const { position } = opening.at(-1) as WatchEvent;
      for (let index = 1; index <= 5; index += 1) await a.put(key(`k${index}`), index);
      const seen = new Set<unknown>();
      // The order of different keys is the database's: the last event need not be the last write's.
      const live = collect(b.watch(scope, { after: position }), (event) => {
        if (event.type === 'put') seen.add(event.record.value);
        return seen.size === 6;
      });
      await until(() => b.stats().watchers === 1);
      await a.put(key('k'), 'last');
      const events = await live;
      expect(events.every((event) => event.type === 'put')).toBe(true);
      expect(putsOf(events).sort()).toEqual([1, 2, 3, 4, 5, 'last']);
      const middle = events[2] as WatchEvent;
      let count = 0;
      const rest = await collect(a.watch(scope, { after: middle.position }), () => (count += 1) === 3);
      expect(putsOf(rest).sort()).toEqual(putsOf(events.slice(3)).sort());
    });

    it('M12: with history, tell every version although the feed leaves some out', async () => {
      await using database = new TestDatabase(server.url);
      const [a, b] = [await database.open(), await database.open()];
      await a.put(key('k'), 0);
      const all = collect(b.watch({ type: 'key', address: key('k') }, { history: true }), isPutOf(100));
      await until(() => b.stats().watchers === 1 && b.peek(key('k')) !== undefined);
      await b.prove();
      await Promise.all(Array.from({ length: 100 }, (_, index) => a.put(key('k'), index + 1)));
      const values = putsOf(await all);
      expect(values.slice(-3)).toEqual([98, 99, 100]);
      expect(values).toEqual(Array.from({ length: values.length }, (_, index) => 101 - values.length + index));
      expect(values.length).toBeGreaterThanOrEqual(100);
    });

    it('M13: tell a watch of a key that expires, once', async () => {
      await using database = new TestDatabase(server.url);
      const [a, b] = [await database.open(), await database.open()];
      await a.put(key('k'), 1, { expiresInMs: 300 });
      const seen: WatchEvent[] = [];
      const watching = collect(b.watch({ type: 'key', address: key('k') }), (event) => {
        seen.push(event);
        return isPutOf('again')(event);
      });
      await until(() => seen.some((event) => event.type === 'delete'));
      expect(b.peek(key('k'))).toBe(null);
      await a.put(key('k'), 'again');
      expect((await watching).map((event) => event.type)).toEqual(['put', 'end-of-initial', 'delete', 'put']);
    });
  });
}

describe('a memory whose database goes away', () => {
  it('M14: serves what it has with a growing age, refuses the rest, and converges when the database is back', async () => {
    const first = await embeddedServer();
    const port = Number(new URL(first.url).port);
    await using database = new TestDatabase(first.url);
    const memory = await database.open({ healthyAgeMs: 200 });
    await memory.put(key('k'), 1);
    await memory.keys(place);
    await first.server.close();
    await until(() => !memory.health().healthy);
    expect((await memory.get(key('k')))?.value).toBe(1);
    expect((await memory.keys(place)).items).toEqual(['k']);
    expect(memory.ageMs()).toBeGreaterThan(200);
    await expect(memory.get(key('elsewhere', '/z'))).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
    await expect(memory.get(key('k'), { fresh: true, signal: AbortSignal.timeout(50) })).rejects.toThrow();
    const second = await embeddedServer(port, first.directory);
    const other = await database.open();
    await other.put(key('k'), 2);
    await other.put(key('l'), 3);
    await until(() => memory.peek(key('k'))?.value === 2);
    expect((await memory.keys(place, { fresh: true })).items).toEqual(['k', 'l']);
    await until(() => memory.health().healthy);
    expect((await memory.audit()).diverged).toBe(0);
    await database[Symbol.asyncDispose]();
    await second.close();
    await first.close();
  });
});

describe('a memory smaller than its data', () => {
  it('M15: keeps to its bytes, and what was evicted and changed elsewhere is read anew', async () => {
    const server = await embeddedServer();
    await using database = new TestDatabase(server.url);
    const [small, writer] = [await database.open({ maxCacheBytes: 20_000 }), await database.open()];
    const names = Array.from({ length: 200 }, (_, index) => `k${index}`);
    await Promise.all(names.map((each) => writer.put(key(each), 'old')));
    await Promise.all(names.map((each) => small.get(key(each))));
    expect(small.stats().bytes).toBeLessThanOrEqual(20_000);
    expect(small.stats().evictions).toBeGreaterThan(100);
    await Promise.all(names.map((each) => writer.put(key(each), 'new')));
    await small.prove();
    for (const each of names) expect((await small.get(key(each)))?.value).toBe('new');
    expect((await small.keys(place)).items.length).toBe(200);
    await database[Symbol.asyncDispose]();
    await server.close();
  });
});
