import { headId, type KeyAddress, type WatchEvent, type WatchOptions, type WatchScope } from '@xir/kv4-core';
import { watchViolations } from '@xir/kv4-testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Memory } from '../src/index.ts';
import { ScriptedTransport } from './support/scripted-transport.ts';
import { serversToTest, TestDatabase, type TestServer } from './support/servers.ts';
import { CouchClient } from '@xir/couch-client';

const key = (name: string): KeyAddress => ({ bucket: 'b', layer: '*data', path: '/a', key: name });
const scope: WatchScope = { type: 'layer', bucket: 'b', layer: '*data' };

/** A watch that is read in the background. */
class Following {
  readonly events: WatchEvent[] = [];
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;

  constructor(memory: Memory, options: WatchOptions = {}) {
    this.#done = (async () => {
      for await (const event of memory.watch(scope, { ...options, signal: this.#abort.signal })) this.events.push(event);
    })();
  }

  /** Waits until the watch has told something; answers with the event. */
  async until(matches: (event: WatchEvent) => boolean): Promise<WatchEvent> {
    return vi.waitFor(() => {
      const found = this.events.find(matches);
      expect(found).toBeDefined();
      return found as WatchEvent;
    }, { timeout: 10_000, interval: 5 });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  get told(): unknown[] {
    return this.events.map((event) => (event.type === 'put' ? `${event.record.address.key}=${JSON.stringify(event.record.value)}` : event.type === 'delete' ? `${event.address.key} gone` : event.type));
  }
}

const isPut = (value: unknown) => (event: WatchEvent): boolean => event.type === 'put' && event.record.value === value;
const isEnd = (event: WatchEvent): boolean => event.type === 'end-of-initial';
const isGone = (name: string) => (event: WatchEvent): boolean => event.type === 'delete' && event.address.key === name;

for (const { name, start } of serversToTest()) {
  describe(`a resumed watch on ${name}`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.close());

    const rowOf = async (database: TestDatabase, part: string): Promise<void> => {
      await vi.waitFor(async () => expect(JSON.stringify((await database.database.json({ path: '/_changes', query: { include_docs: true } })).body)).toContain(part), { timeout: 8_000 });
    };

    for (const history of [false, true]) {
      const mode = history ? 'with history' : 'without history';

      it(`M16: ${mode}, upkeep that writes a told version again is no event (oracle seeds 1, 2, 3)`, async () => {
        await using database = new TestDatabase(server.url);
        const [a, b] = [await database.open(), await database.open()];
        const first = new Following(a, { history });
        await first.until(isEnd);
        await a.put(key('k'), 1);
        await a.delete(key('k'));
        const { position } = await first.until(isGone('k'));
        await first.stop();
        // The document of the deleted key leaves for good: another row, with the version of the deletion.
        await rowOf(database, '"_deleted":true');
        const second = new Following(b, { after: position, history });
        await b.put(key('last'), 'last');
        await second.until(isPut('last'));
        expect(second.told).toEqual(['last="last"']);
        await second.stop();
      });

      it(`M16: ${mode}, an expiry is told once, on whatever memory, also when upkeep stores it later (oracle seed 3)`, async () => {
        await using database = new TestDatabase(server.url);
        const [a, b] = [await database.open(), await database.open()];
        const first = new Following(a, { history });
        await first.until(isEnd);
        await a.put(key('k'), 1, { expiresInMs: 100 });
        await a.put(key('x'), 1);
        const { position } = await first.until(isGone('k'));
        const early = (await first.until(isPut(1))).position;
        await first.stop();
        const second = new Following(b, { after: position, history });
        const third = new Following(b, { after: early, history });
        await rowOf(database, '"gone":true');
        await b.put(key('last'), 'last');
        for (const following of [second, third]) await following.until(isPut('last'));
        expect(second.told.filter((each) => each !== 'x=1')).toEqual(['last="last"']);
        expect(third.told.filter((each) => each === 'k gone').length).toBe(1);
        expect(watchViolations([...first.events.slice(0, first.events.findIndex((event) => event.position === early) + 1), ...third.events])).toEqual([]);
        await Promise.all([second.stop(), third.stop()]);
      });

      it(`M16 T12: ${mode}, a key whose document was purged meanwhile is told to be gone (oracle seeds 239070, 740812)`, async () => {
        await using database = new TestDatabase(server.url);
        const [a, b] = [await database.open({ inspectIntervalMs: 50 }), await database.open({ inspectIntervalMs: 50 })];
        const first = new Following(a, { history });
        await first.until(isEnd);
        await a.put(key('k'), 1);
        const { position } = await first.until(isPut(1));
        await first.stop();
        const record = await a.get(key('k'));
        await database.database.json({ method: 'POST', path: '/_purge', body: { [headId(key('k'))]: [record?.revision] } });
        const second = new Following(b, { after: position, history });
        await second.until(isGone('k'));
        await b.put(key('last'), 'last');
        const { position: behind } = await second.until(isPut('last'));
        expect(second.told).toEqual(['k gone', 'last="last"']);
        await second.stop();
        await vi.waitFor(() => expect(a.stats().feed.purged + b.stats().feed.purged).toBeGreaterThan(0));
        const third = new Following(b, { after: behind, history });
        await b.put(key('end'), 'end');
        await third.until(isPut('end'));
        expect(third.told).toEqual(['end="end"']);
        await third.stop();
      });
    }

    it('M16: a memory whose feed is behind tells nothing again that was told elsewhere (oracle seed 3)', async () => {
      await using database = new TestDatabase(server.url);
      const transport = new ScriptedTransport(server.url);
      const [a, late] = [await database.open(), await database.open({ client: new CouchClient({ url: server.url, transport }) })];
      const first = new Following(a);
      await first.until(isEnd);
      await late.keys({ bucket: 'b', layer: '*data', path: '/a' });
      const gate = transport.freezeFeed();
      for (let n = 1; n <= 5; n += 1) await a.put(key(`k${n}`), n);
      const { position } = await first.until(isPut(5));
      await first.stop();
      const second = new Following(late, { after: position });
      await a.put(key('last'), 'last');
      gate.open();
      await second.until(isPut('last'));
      await late.prove();
      expect(second.told).toEqual(['last="last"']);
      await second.stop();
    });

    it('M16: versions of a key that was deleted, cleared away and created again between two rows are told (oracle seed 3)', async () => {
      await using database = new TestDatabase(server.url);
      const transport = new ScriptedTransport(server.url);
      const [a, late] = [await database.open(), await database.open({ client: new CouchClient({ url: server.url, transport }) })];
      await a.put(key('k'), 0);
      const live = new Following(late, { history: true });
      const { position } = await live.until(isEnd);
      const gate = transport.freezeFeed();
      await a.put(key('k'), 1);
      await a.delete(key('k'));
      await rowOf(database, '"_deleted":true');
      await a.put(key('k'), 2);
      await a.delete(key('k'));
      await a.put(key('k'), 3);
      gate.open();
      transport.cutFeed();
      await live.until(isPut(3));
      const resumed = new Following(a, { history: true, after: position });
      await resumed.until(isPut(3));
      expect(live.told.slice(2)).toEqual(['k=1', 'k gone', 'k=2', 'k gone', 'k=3']);
      expect(resumed.told).toEqual(['k=1', 'k gone', 'k=2', 'k gone', 'k=3']);
      await Promise.all([live.stop(), resumed.stop()]);
    });

    it('M16: with history, a key that came and went between two rows is told, though it shows nothing before and after', async () => {
      await using database = new TestDatabase(server.url);
      const transport = new ScriptedTransport(server.url);
      const [a, late] = [await database.open(), await database.open({ client: new CouchClient({ url: server.url, transport }) })];
      const live = new Following(late, { history: true });
      await live.until(isEnd);
      const gate = transport.freezeFeed();
      await a.put(key('k'), 1);
      await a.delete(key('k'));
      gate.open();
      transport.cutFeed();
      await live.until(isGone('k'));
      expect(live.told.slice(1)).toEqual(['k=1', 'k gone']);
      await live.stop();
    });

    it('M13: a key written in time, its row on its way, is not told to have expired', async () => {
      await using database = new TestDatabase(server.url);
      const transport = new ScriptedTransport(server.url);
      const [a, late] = [await database.open(), await database.open({ client: new CouchClient({ url: server.url, transport }) })];
      await a.put(key('k'), 1, { expiresInMs: 400 });
      const live = new Following(late);
      await live.until(isEnd);
      const gate = transport.freezeFeed();
      await a.put(key('k'), 2);
      // The proof that the expiry waits for is what brings the row.
      await live.until(isPut(2));
      gate.open();
      await live.stop();
      expect(live.told).toEqual(['k=1', 'end-of-initial', 'k=2']);
      expect(watchViolations(live.events)).toEqual([]);
    });
  });
}
