import { formatVersion, headId, type HeadDocument, type KeyAddress, type StoredVersion, type WriteResult } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';
import { openCouchStore, type CouchStore, type CouchStoreOptions } from '../src/index.ts';
import { Crash, faultyClientOptions, Held } from './support/faulty-transport.ts';
import { segmentBelow } from '../src/segments.ts';
import { writeNextSegment } from '../src/spill.ts';
import { HandClock } from './support/hand-clock.ts';
import { historyOf, segmentsOf } from './support/history-check.ts';
import { testServers, type TestDatabase } from './support/servers.ts';

const key: KeyAddress = { bucket: 'cool', layer: '*data', path: '/a/b', key: 'k' };

/** Small limits, so that few writes go through every stage of a history. */
const SMALL = {
  spillAt: { versions: 4, characters: 100_000 },
  spillKeep: { versions: 1, characters: 100_000 },
  segment: { versions: 3, characters: 100_000 },
  limits: { hardTail: { versions: 6, characters: 100_000 } },
} satisfies Partial<CouchStoreOptions>;

function open(database: TestDatabase, more: Partial<CouchStoreOptions> = {}): Promise<CouchStore> {
  return openCouchStore({ client: database.client, database: database.name, neuron: 'one', ...SMALL, ...more });
}

for (const server of testServers) {
  describe(`history on ${server.name}`, () => {
    it('H1 moves to segments, leaves for good with a deleted key, and is told whole at every stage', async () => {
      await using database = await server.open();
      await using store = await open(database);
      const written: string[] = [];
      for (let n = 0; n < 20; n += 1) {
        written.unshift((await store.put(key, { n })).version);
        if (n % 7 === 6) await store.idle();
        expect((await historyOf(store, key)).map((version) => version.version)).toEqual(written);
      }
      const deletion = await store.delete(key);
      written.unshift(deletion?.version ?? '');
      await store.idle();
      const { state } = await store.heads.readHead('d!cool!*data!a!b!!k');
      expect(state).toBe('deleted');
      const history = await historyOf(store, key);
      expect(history.map((version) => version.version)).toEqual(written);
      expect(history.map((version) => version.value)).toEqual([null, ...Array.from({ length: 20 }, (_, n) => ({ n: 19 - n }))]);
      expect((await segmentsOf(store, key)).length).toBeGreaterThan(5);
      expect(store.stats().hardSpills).toBeGreaterThan(0);
      expect(store.stats().upkeep).toMatchObject({ removals: 1, failures: 0, waiting: 0 });
      for (const version of history) {
        const at = await store.at(key, version.timeMs);
        const newest = history.find((other) => other.timeMs <= version.timeMs);
        expect(at?.version).toBe(newest?.deleted === true ? undefined : newest?.version);
      }
    });

    it('is found by time and by version behind documents that have the ids of segments and are none', async () => {
      await using database = await server.open();
      await using store = await open(database);
      for (let n = 0; n < 12; n += 1) await store.put(key, { n });
      await store.delete(key);
      await store.idle();
      const history = await historyOf(store, key);
      const segments = await segmentsOf(store, key);
      expect([history.length, segments.length > 2]).toEqual([13, true]);
      const ids = ['zz', 'fffffffffff00000-n', ...segments.map(([first]) => `${first}z`)].map((end) => `s!cool!*data!a!b!!k!${end}`);
      for (const _id of [...ids, 's!cool!*data!a!b!']) await database.client.database(database.name).put(_id, { _id, v: 1 });
      for (const { timeMs } of history) {
        const newest = history.find((other) => other.timeMs <= timeMs);
        const then = newest?.deleted === true ? [] : [newest?.value];
        expect((await store.treeAt({ ...key, path: '/' }, timeMs)).items.map(({ value }) => value)).toEqual(then);
        expect((await segmentBelow(database.client.database(database.name), key, newest?.version))?.versions.map(([version]) => version)).toContain(newest?.version);
      }
      expect(await historyOf(store, key)).toEqual(history);
    });

    it('H2 is complete after a crash at every request, whether that was carried out or not, and is put in order by whoever comes next', async () => {
      await using database = await server.open();
      await using clean = await open(database, { neuron: 'two' });
      let crashes = 0;
      for (const carriedOut of [false, true]) {
        for (let at = 1; ; at += 1) {
          const address = { ...key, key: `k${carriedOut ? 'c' : 'n'}${at}` };
          const crash = new Crash(at, carriedOut);
          const acknowledged = await live(database, address, crash);
          crashes += 1;
          const seen = new Set((await historyOf(clean, address)).map((version) => version.version));
          for (const { version } of acknowledged) expect(seen.has(version), `crash at ${at}: ${version} is told`).toBe(true);
          await clean.put(address, 'after');
          await clean.delete(address);
          await clean.idle();
          const after = await historyOf(clean, address);
          expect(after.map((version) => version.version).filter((version) => seen.has(version)).length).toBe(seen.size);
          await segmentsOf(clean, address);
          if (!crash.happened) break;
        }
      }
      expect(crashes).toBeGreaterThan(20);
    }, 120_000);

    it('H3 survives two writers that spill, trim, delete and create the same keys at once', async () => {
      await using database = await server.open();
      await using one = await open(database);
      await using two = await open(database, { neuron: 'two', client: database.connect() });
      const written: WriteResult[] = [];
      for (let round = 0; round < 6; round += 1) {
        const writes = [one, two].flatMap((store) => Array.from({ length: 8 }, (_, n) => store.put(key, { round, n })));
        written.push(...(await Promise.all(writes)));
        const deleted = round % 2 === 1 ? await one.delete(key) : undefined;
        if (deleted !== undefined) written.push(deleted);
        await Promise.all([one.idle(), two.idle(), one.heads.readHead('d!cool!*data!a!b!!k'), two.idle()]);
      }
      const history = await historyOf(two, key);
      expect(history.map((version) => version.version)).toEqual(written.map((result) => result.version).sort().reverse());
      await segmentsOf(one, key);
    });

    it('H3 a spill that comes second, with more of the tail, reports only what the first one stored', async () => {
      await using database = await server.open();
      await using store = await open(database);
      const stored = (n: number): StoredVersion => [formatVersion({ timeMs: n, counter: 0, neuron: 'one' }), 'ann', n];
      const headOf = (...tail: number[]): HeadDocument => ({ _id: headId(key), v: 9, ver: stored(99)[0], by: 'ann', tail: tail.map(stored) });
      const limits = { keep: { versions: 0, characters: 0 }, segment: { versions: 100, characters: 100_000 } };
      const held = new Held('"versions"');
      const options = faultyClientOptions(database.url, held);
      const slow = database.connect(options).database(database.name);
      const second = writeNextSegment(slow, headOf(4, 3, 2, 1), limits);
      await held.met;
      expect(await writeNextSegment(store.heads.database, headOf(2, 1), limits)).toEqual([stored(1)[0], stored(2)[0]]);
      held.release();
      expect(await second).toEqual([stored(1)[0], stored(2)[0]]);
      expect(await writeNextSegment(slow, headOf(4, 3), limits)).toEqual([stored(3)[0], stored(4)[0]]);
      expect(await segmentsOf(store, key)).toHaveLength(2);
      await options.transport.close();
    });

    it('H4 keeps versions growing when a deleted key is created by a writer whose clock is behind', async () => {
      await using database = await server.open();
      const behind = new HandClock();
      behind.advance(-86_400_000);
      await using one = await open(database);
      await using two = await open(database, { neuron: 'two', clock: behind });
      await one.put(key, 1);
      const deleted = await one.delete(key);
      await one.idle();
      const created = await two.put(key, 2);
      expect(created.version > (deleted?.version ?? '~')).toBe(true);
      expect(two.stats().commit.raises).toBe(1);
      expect((await historyOf(one, key)).map((version) => version.value)).toEqual([2, null, 1]);
    });

    it('H4 keeps versions growing above the segments when a stranger has deleted the head', async () => {
      await using database = await server.open();
      await using store = await open(database);
      const behind = new HandClock();
      behind.advance(-86_400_000);
      await using late = await open(database, { neuron: 'two', clock: behind });
      for (let n = 0; n < 8; n += 1) await store.put(key, n);
      await store.idle();
      const { rev } = await store.heads.readHead('d!cool!*data!a!b!!k');
      await store.heads.database.json({ method: 'POST', path: '/_bulk_docs', body: { docs: [{ _id: 'd!cool!*data!a!b!!k', _rev: rev, _deleted: true }] } });
      const newest = (await historyOf(store, key))[0]?.version ?? '~';
      expect((await late.put(key, 'again')).version > newest).toBe(true);
    });

    it('H5 is pruned by retention, whole segments at a time, and shows no more than is kept', async () => {
      await using database = await server.open();
      const clock = new HandClock();
      await using store = await open(database, { clock, layers: { '*last': { versions: 9 }, '*day': { durationMs: 1_000 } } });
      const last = { ...key, layer: '*last' };
      const day = { ...key, layer: '*day' };
      for (let n = 0; n < 40; n += 1) {
        clock.advance(50);
        await store.put(last, n);
        await store.put(day, n);
        await store.idle();
        expect(await historyOf(store, last)).toHaveLength(Math.min(n + 1, 9));
      }
      expect((await historyOf(store, last)).map((version) => version.value)).toEqual(Array.from({ length: 9 }, (_, n) => 39 - n));
      const kept = (await historyOf(store, day)).map((version) => version.value as number);
      expect(kept.length).toBeGreaterThanOrEqual(20);
      expect(kept.length).toBeLessThan(30);
      expect(store.stats().upkeep.prunedSegments).toBeGreaterThan(0);
      expect((await segmentsOf(store, last)).length).toBeLessThan(6);
    });

    it('H6 turns an expired key into a deleted one, dated at its expiry', async () => {
      await using database = await server.open();
      const clock = new HandClock();
      await using store = await open(database, { clock });
      const { timeMs } = await store.put(key, 1, { expiresInMs: 500 });
      clock.advance(2_000);
      expect(await store.get(key)).toBeUndefined();
      const before = await historyOf(store, key);
      expect(before.map((version) => [version.deleted, version.timeMs])).toEqual([[true, timeMs + 500], [false, timeMs]]);
      await store.idle();
      expect(store.stats().upkeep).toMatchObject({ expiries: 1, removals: 1 });
      expect(await historyOf(store, key)).toEqual(before);
      expect((await store.at(key, timeMs + 499))?.value).toBe(1);
      expect(await store.at(key, timeMs + 500)).toBeUndefined();
    });

    it('H7 tells a subtree as it was, deleted keys and spilled versions included, page by page', async () => {
      await using database = await server.open();
      const clock = new HandClock();
      await using store = await open(database, { clock });
      const then: Record<string, number> = {};
      let middle = 0;
      for (let n = 0; n < 30; n += 1) {
        clock.advance(10);
        const name = `k${n % 6}`;
        await store.put({ ...key, path: n % 2 === 0 ? '/a' : '/a/b', key: name }, n);
        if (n === 14) middle = clock.now();
        if (n <= 14) then[name] = n;
      }
      clock.advance(10);
      expect(await store.deleteSubtree({ ...key, path: '/a' })).toBe(6);
      await store.idle();
      expect((await store.tree({ ...key, path: '/' })).items).toEqual([]);
      const found: Record<string, unknown> = {};
      let after: string | undefined;
      let pages = 0;
      do {
        const page = await store.treeAt({ ...key, path: '/a' }, middle, { limit: 2, ...(after === undefined ? {} : { after }) });
        for (const version of page.items) found[version.address.key] = version.value;
        after = page.next;
        pages += 1;
      } while (after !== undefined);
      expect(found).toEqual(then);
      expect(pages).toBe(3);
      expect((await store.treeAt({ ...key, path: '/a' }, clock.now())).items).toEqual([]);
    });
  });
}

/** Writes, spills, deletes and writes again until the crash; answers with what was acknowledged before. */
async function live(database: TestDatabase, address: KeyAddress, crash: Crash): Promise<WriteResult[]> {
  const options = faultyClientOptions(database.url);
  const client = database.connect(options);
  const { transport } = options;
  const acknowledged: WriteResult[] = [];
  try {
    await using store = await open(database, { client, limits: { ...SMALL.limits, maxRetries: 0 } });
    transport.fault = crash;
    for (let n = 0; n < 9 && !crash.happened; n += 1) {
      acknowledged.push(await store.put(address, n));
      if (n % 5 === 4) await store.idle();
    }
    const deleted = await store.delete(address);
    if (deleted !== undefined) acknowledged.push(deleted);
    await store.idle();
    acknowledged.push(await store.put(address, 'again'));
    await store.idle();
  } catch (error) {
    if (!crash.happened) throw error;
  } finally {
    await transport.close();
  }
  return acknowledged;
}
