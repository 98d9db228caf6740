import { formatVersion, headId, type HeadDocument, type KeyAddress } from '@xir/kv4-core';
import { describe, expect, it } from 'vitest';
import { openCouchStore } from '../src/index.ts';
import { writeNextSegment } from '../src/spill.ts';
import { segmentsOf } from './support/history-check.ts';
import { testServers } from './support/servers.ts';

const key: KeyAddress = { bucket: 'cool', layer: '*data', path: '/a', key: 'k' };
const id = headId(key);
const version = (timeMs: number): string => formatVersion({ timeMs, counter: 0, neuron: 'far' });
const LIMITS = { keep: { versions: 1, characters: 1_000 }, segment: { versions: 50, characters: 100_000 } };
const gone = (newest: number, before: number): HeadDocument => ({ _id: id, ver: version(newest), by: 'eve', gone: true, tail: [[version(before), 'eve', before]] });

for (const server of testServers) {
  describe(`versions below the history of their key on ${server.name}`, () => {
    it('H8 are moved into segments only once their head was written again as it is, and not out of a head that is another by then', async () => {
      await using database = await server.open();
      const raw = database.client.database(database.name);
      await using store = await openCouchStore({ client: database.client, database: database.name, neuron: 'one', upkeep: { delayMs: 1_000_000 } });
      const { rev } = await raw.put(id, gone(60, 50));
      expect(await writeNextSegment(raw, { ...gone(60, 50), _rev: rev }, LIMITS)).toEqual([version(50), version(60)]);
      expect((await raw.get(id))?._rev).toBe(rev);
      // Somebody creates the key anew below that, and is about to make it again above: those who move it first keep him from it.
      for (const [newest, before] of [[30, 20], [58, 52]] as const) {
        const created = await raw.put(id, { ...gone(newest, before), _rev: (await raw.get(id))?._rev ?? '' });
        const head = { ...gone(newest, before), _rev: created.rev };
        expect(await writeNextSegment(raw, head, LIMITS)).toEqual([version(before), version(newest)]);
        const kept = await raw.get<HeadDocument>(id);
        expect(kept).toMatchObject({ ver: version(newest), same: true });
        expect(kept?._rev).not.toBe(created.rev);
        await expect(raw.put(id, { ...head, v: 'raised' })).rejects.toMatchObject({ code: 'COUCH_CONFLICT' });
      }
      const outdated = { ...gone(55, 40), _rev: rev };
      expect(await writeNextSegment(raw, outdated, LIMITS)).toEqual([]);
      expect(await segmentsOf(store, key)).toEqual([[version(20), version(30)], [version(50), version(60)]]);
    });
  });
}
