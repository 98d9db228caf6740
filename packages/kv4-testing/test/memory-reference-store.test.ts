import { describe, expect, it } from 'vitest';
import { MemoryReferenceStore } from '../src/index.ts';

const address = { bucket: 'cool', layer: '*data', path: '/users', key: 'elena' };

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe('MemoryReferenceStore', () => {
  it('takes its time from the clock it is given', async () => {
    await using store = new MemoryReferenceStore({ clock: { now: () => 1_700_000_000_000 } });
    const { timeMs } = await store.put(address, { name: 'Elena' });
    expect(timeMs).toBe(1_700_000_000_000);
  });

  it('ends the history of an expired key with a deletion dated at the expiry', async () => {
    let now = 1000;
    await using store = new MemoryReferenceStore({ clock: { now: () => now } });
    await store.put(address, { name: 'Elena' }, { expiresInMs: 500 });
    now = 9000;
    const versions = await collect(store.series(address));
    expect(versions.map(({ deleted, timeMs, author }) => ({ deleted, timeMs, author }))).toEqual([
      { deleted: true, timeMs: 1500, author: '$expiry' },
      { deleted: false, timeMs: 1000, author: '$sys' },
    ]);
    expect(await store.at(address, 1499)).toMatchObject({ deleted: false });
    expect(await store.at(address, 1500)).toBeUndefined();
  });

  it('keeps one version in layers without history, and none of a deleted key', async () => {
    await using store = new MemoryReferenceStore();
    const subscription = { ...address, layer: '*subs:cluster' };
    await store.put(subscription, 1);
    await store.put(subscription, 2);
    expect(await collect(store.series(subscription))).toHaveLength(1);
    await store.delete(subscription);
    expect(await collect(store.series(subscription))).toHaveLength(0);
  });
});
