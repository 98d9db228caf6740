import { describe, expect, it } from 'vitest';
import { openCouchStore } from '../src/index.ts';
import { historyOf } from './support/history-check.ts';
import { testServers } from './support/servers.ts';

for (const server of testServers) {
  describe(`erasing a bucket on ${server.name}`, () => {
    it('O17 removes values, histories, deleted keys and conflicting leaves of the bucket, and nothing of another', async () => {
      await using database = await server.open();
      await using store = await openCouchStore({ client: database.client, database: database.name, neuron: 'one', spillAt: { versions: 2, characters: 1_000 } });
      const key = { bucket: 'cool', layer: '*data', path: '/a', key: 'k' };
      const others = [{ ...key, bucket: 'cool)woot' }, { ...key, bucket: 'coo' }, { ...key, bucket: 'coolest' }];
      for (let n = 0; n < 6; n += 1) await store.put(key, { n });
      await store.put({ ...key, layer: '*acc', key: 'gone' }, 1);
      await store.delete({ ...key, layer: '*acc', key: 'gone' });
      for (const other of others) await store.put(other, { kept: true });
      await store.idle();
      const conflict = { _id: 'd!cool!*data!a!!k', _rev: '9-0123456789abcdef0123456789abcdef', ver: '000000000001000a-far', by: 'x', v: 1 };
      await database.client.database(database.name).json({ method: 'POST', path: '/_bulk_docs', body: { docs: [conflict], new_edits: false } });

      expect(await store.eraseBucket('cool')).toBeGreaterThan(2);

      expect(await store.layers('cool')).toEqual([]);
      expect(await historyOf(store, key)).toEqual([]);
      expect(await historyOf(store, { ...key, layer: '*acc', key: 'gone' })).toEqual([]);
      for (const other of others) expect((await store.get(other))?.value).toEqual({ kept: true });
      const { body } = await database.client.database(database.name).json<{ rows: { id: string }[] }>({ path: '/_all_docs' });
      expect(body.rows.map(({ id }) => id).filter((id) => /^[ds]!cool!/.test(id))).toEqual([]);
      await store.put(key, { again: true });
      expect((await historyOf(store, key)).length).toBe(1);
    });
  });
}
