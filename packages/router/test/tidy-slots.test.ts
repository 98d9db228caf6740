import type { DeleteOptions, KeyAddress } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it } from 'vitest';

import { encodeSlot, tidySlots } from '../src/index.ts';
import { slotAddress } from '../src/subscriptions/slot-address.ts';

const slot = (incarnation: string) => encodeSlot({ incarnation, subscriptions: [{ bucket: 'cool', path: '/room', user: 'alex', device: 'd', joinedAtMs: 1 }] });

it('S13: what a dead life has left is deleted, by whoever comes first, and what a later life writes stays', async () => {
  const store = new MemoryReferenceStore();
  for (const [number, life] of ['1', '2', '3'].entries()) await store.put(slotAddress('a', number), slot(life));
  await store.put(slotAddress('b', 0), slot('1'));
  const counts = await Promise.all([tidySlots(store, { neuron: 'a', incarnation: '2' }), tidySlots(store, { neuron: 'a', incarnation: '2' })]);
  expect(counts[0] + counts[1]).toBe(2);
  expect((await store.list({ bucket: '$sys', layer: '*subs:slots', path: '/a' })).items.map(({ address }) => address.key)).toEqual(['2']);
  expect(await store.get(slotAddress('b', 0))).toBeDefined();
});

it('S13: a slot that is registered anew between the look and the deletion stays', async () => {
  class BusyStore extends MemoryReferenceStore {
    override async delete(address: KeyAddress, options?: DeleteOptions) {
      await this.put(address, slot('2'));
      return super.delete(address, options);
    }
  }
  const store = new BusyStore();
  await store.put(slotAddress('a', 0), slot('1'));
  expect(await tidySlots(store, { neuron: 'a', incarnation: '1' })).toBe(0);
  expect(await store.get(slotAddress('a', 0))).toBeDefined();
});
