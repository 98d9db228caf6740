import { formatVersion, headId, segmentId, type HeadDocument, type KeyAddress, type StoredVersion } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';
import { openCouchStore, type CouchStore } from '../src/index.ts';
import { historyOf, segmentsOf } from './support/history-check.ts';
import { testServers, type TestDatabase } from './support/servers.ts';

const key: KeyAddress = { bucket: 'cool', layer: '*data', path: '/a', key: 'k' };
const id = headId(key);
const version = (timeMs: number): string => formatVersion({ timeMs, counter: 0, neuron: 'far' });
const stored = (n: number): StoredVersion => [version(n), 'eve', n];

/** What a replicator does: leaves side by side, whatever stands. */
async function replicate(database: TestDatabase, docs: readonly object[]): Promise<void> {
  await database.client.database(database.name).json({ method: 'POST', path: '/_bulk_docs', body: { new_edits: false, docs } });
}

const leaf = (rev: string, n: number, tail: readonly number[] = []): HeadDocument => ({
  _id: id,
  _rev: rev,
  v: n,
  ver: version(n),
  by: 'eve',
  ...(tail.length > 0 ? { tail: tail.map(stored) } : {}),
});

async function liveLeaves(store: CouchStore): Promise<number> {
  return (await store.heads.readLeaves(id)).filter((found) => !found.deleted).length;
}

for (const server of testServers) {
  const open = (database: TestDatabase): Promise<CouchStore> => openCouchStore({ client: database.client, database: database.name, neuron: 'one' });

  describe(`conflicts on ${server.name}`, () => {
    it('C1 T6 shows the highest version at once, in every kind of read, whichever leaf CouchDB shows', async () => {
      await using database = await server.open();
      await using store = await open(database);
      await replicate(database, [leaf('1-aaa', 30, [10]), leaf('1-zzz', 20, [10])]);
      expect((await store.get(key))?.value).toBe(30);
      expect((await store.list(key)).items.map((record) => record.value)).toEqual([30]);
      expect((await store.treeAt({ ...key, path: '/' }, 25)).items.map((found) => found.value)).toEqual([20]);
      expect((await historyOf(store, key)).map((entry) => entry.value)).toEqual([30, 20, 10]);
      expect(store.stats().conflictsSeen).toBeGreaterThan(0);
    });

    it('under the id of no head is nobody’s conflict', async () => {
      await using database = await server.open();
      await using store = await open(database);
      await replicate(database, ['1-aaa', '1-zzz'].map((_rev) => ({ _id: 'd!cool!*data!a!', _rev, v: 1 })));
      expect((await store.tree({ ...key, path: '/' })).items).toEqual([]);
      await store.idle();
      expect(store.stats()).toMatchObject({ conflictsSeen: 0, upkeep: { failures: 0 } });
    });

    it('C2 is repaired after a read: one leaf is left, and no version is lost', async () => {
      await using database = await server.open();
      await using store = await open(database);
      await replicate(database, [leaf('2-aaa', 30, [10]), leaf('1-zzz', 20, [10]), leaf('2-bbb', 40, [15, 10])]);
      await store.get(key);
      await store.idle();
      expect(await liveLeaves(store)).toBe(1);
      expect(store.stats().upkeep.repairs).toBe(1);
      expect((await historyOf(store, key)).map((entry) => entry.value)).toEqual([40, 30, 20, 15, 10]);
      expect((await store.get(key))?.version).toBe(version(40));
    });

    it('C3 is repaired by the next write, which counts as made on the united head', async () => {
      await using database = await server.open();
      await using store = await open(database);
      await replicate(database, [leaf('1-aaa', 30), leaf('1-zzz', 20)]);
      await expect(store.put(key, 'no', { condition: { type: 'version', version: version(20) } })).rejects.toMatchObject({ code: 'KV4_VERSION_CONFLICT', currentVersion: version(30) });
      await store.put(key, 'yes', { condition: { type: 'version', version: version(30) } });
      await expect.poll(() => liveLeaves(store)).toBe(1);
      expect((await historyOf(store, key)).map((entry) => entry.value)).toEqual(['yes', 30, 20]);
    });

    it('C3 two stores that repair at the same time lose nothing', async () => {
      await using database = await server.open();
      await using one = await open(database);
      await using two = await openCouchStore({ client: database.connect(), database: database.name, neuron: 'two' });
      for (let round = 0; round < 5; round += 1) {
        const n = 100 * (round + 1);
        await replicate(database, [leaf(`${20 * round + 9}-aaa`, n + 3, [n]), leaf(`${20 * round + 9}-zzz`, n + 2, [n + 1])]);
        await Promise.all([one.get(key), two.get(key)]);
        await Promise.all([one.idle(), two.idle()]);
        await expect.poll(() => liveLeaves(one)).toBe(1);
        await expect.poll(async () => (await historyOf(two, key)).map((entry) => entry.value).slice(0, 4)).toEqual([n + 3, n + 2, n + 1, n]);
      }
      expect(await historyOf(one, key)).toHaveLength(20);
    });

    it('C4 a deletion for good on one side beats an older value on the other, and loses against a newer one', async () => {
      for (const [value, shown] of [[20, undefined], [40, 40]] as const) {
        await using database = await server.open();
        await using store = await open(database);
        await replicate(database, [leaf('1-aaa', value), { _id: id, _rev: '2-zzz', _deleted: true, ver: version(30), by: 'eve', gone: true }]);
        expect((await store.get(key))?.value).toBe(shown);
        await store.idle();
        expect((await store.get(key))?.value).toBe(shown);
        expect((await historyOf(store, key)).some((entry) => entry.value === value)).toBe(true);
      }
    });

    it('C5 segments in conflict are told whole, and united after a read', async () => {
      await using database = await server.open();
      await using store = await open(database);
      const segment = (rev: string, ...numbers: number[]): object => ({
        _id: segmentId(key, version(numbers[0] as number)),
        _rev: rev,
        to: version(numbers.at(-1) as number),
        versions: numbers.map(stored),
      });
      await replicate(database, [leaf('1-aaa', 90), segment('1-aaa', 10, 20), segment('1-bbb', 10, 20, 30)]);
      const values = async (): Promise<unknown[]> => (await historyOf(store, key)).map((entry) => entry.value);
      expect(await values()).toEqual([90, 30, 20, 10]);
      await store.idle();
      expect(await values()).toEqual([90, 30, 20, 10]);
      expect(store.stats().upkeep.repairs).toBe(1);
    });

    it('C6 versions that come late from a conflict are put among those that are spilled', async () => {
      await using database = await server.open();
      await using store = await openCouchStore({
        client: database.client,
        database: database.name,
        neuron: 'one',
        spillAt: { versions: 3, characters: 100_000 },
        spillKeep: { versions: 1, characters: 100_000 },
      });
      await replicate(database, [leaf('1-aaa', 50, [40, 30, 20, 10])]);
      await store.get(key);
      await store.idle();
      await replicate(database, [leaf('9-zzz', 60, [35, 25, 15, 5])]);
      await store.get(key);
      await store.idle();
      await store.get(key);
      await store.idle();
      expect((await historyOf(store, key)).map((entry) => entry.value)).toEqual([60, 50, 40, 35, 30, 25, 20, 15, 10, 5]);
      await segmentsOf(store, key);
      expect(store.stats().upkeep.failures).toBe(0);
    });
  });
}
