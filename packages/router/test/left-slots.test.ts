import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it } from 'vitest';

import { encodeSlot, InMemoryNetwork, openRouter, type LiveNeuron, type Membership } from '../src/index.ts';
import { encodeLease, leaseAddress } from '../src/membership/lease.ts';
import { Directory } from '../src/subscriptions/directory.ts';
import { LEFT_SLOTS_INTERVAL_MS, LEFT_SLOTS_PATIENCE_MS, LeftSlots } from '../src/subscriptions/left-slots.ts';
import { slotAddress } from '../src/subscriptions/slot-address.ts';
import { decodeSlot } from '../src/subscriptions/slot-document.ts';
import { ManualClock } from './support/manual-clock.ts';

const LIFE = '019b76daa84b0001';
const LATER = '019b76daa84b0002';

/** A database, and what the neuron of this name knows of it and of who is alive. */
function system(self: string, alive: readonly LiveNeuron[]) {
  const store = new MemoryReferenceStore();
  const isLive = (neuron: string, incarnation: string) => alive.some((each) => each.neuron === neuron && each.incarnation === incarnation);
  const membership: Membership = { self: { neuron: self, incarnation: '1' }, isLive, neurons: () => alive, onChange: () => () => undefined };
  const directory = new Directory({ isLive, onChange: () => undefined });
  const errors: unknown[] = [];
  const left = new LeftSlots({ store, membership, directory, onError: (error) => errors.push(error) });
  const put = async (neuron: string, incarnation: string, number = 0): Promise<void> => {
    const value = encodeSlot({ incarnation, subscriptions: [{ bucket: 'cool', path: '/room', user: 'alex', device: 'd', joinedAtMs: 1 }] });
    await store.put(slotAddress(neuron, number), value);
    directory.setSlot(neuron, number, decodeSlot(value));
  };
  /** Looks now and then until it has to be done. */
  const look = async (): Promise<void> => {
    for (let nowMs = 0; nowMs <= 2 * LEFT_SLOTS_PATIENCE_MS; nowMs += LEFT_SLOTS_INTERVAL_MS) {
      left.look(nowMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await left.close();
  };
  const stored = async (neuron: string) => (await store.list({ bucket: '$sys', layer: '*subs:slots', path: `/${neuron}` })).items.map(({ address }) => address.key);
  return { store, put, look, stored, errors };
}

it('S16: a slot of a life that is over and holds no lease, stored when everything of it had been deleted, is deleted', async () => {
  const { put, look, stored, errors } = system('b', [{ neuron: 'b', incarnation: '1' }]);
  await put('a', LIFE);
  await look();
  expect(await stored('a')).toEqual([]);
  expect(errors).toEqual([]);
});

it('S16: what is alive, holds a lease, or was registered anew stays', async () => {
  const { store, put, look, stored } = system('b', [{ neuron: 'b', incarnation: '1' }, { neuron: 'c', incarnation: LIFE }]);
  await put('c', LIFE);
  await put('d', LIFE);
  await store.put(leaseAddress('d'), encodeLease({ neuron: 'd', incarnation: LIFE, renewal: 1, process: 'p', load: 0, clients: 0, draining: false, left: false }));
  await put('e', LIFE);
  await store.put(slotAddress('e', 0), encodeSlot({ incarnation: LATER, subscriptions: [] }));
  await look();
  expect([await stored('c'), await stored('d'), await stored('e')]).toEqual([['0'], ['0'], ['0']]);
});

it('S16: the neuron with the lowest name looks, and no other', async () => {
  const { put, look, stored } = system('b', [{ neuron: 'a', incarnation: '1' }, { neuron: 'b', incarnation: '1' }]);
  await put('c', LIFE);
  await look();
  expect(await stored('c')).toEqual(['0']);
});

it('S16: a router looks for slots that were left', async () => {
  await using store = new MemoryReferenceStore();
  const clock = new ManualClock();
  await using router = await openRouter({ store, clock, ...new InMemoryNetwork().start('b') });
  await store.put(slotAddress('a', 0), encodeSlot({ incarnation: LIFE, subscriptions: [{ bucket: 'cool', path: '/room', user: 'alex', device: 'd', joinedAtMs: 1 }] }));
  await router.refresh();
  const isStored = async () => (await store.get(slotAddress('a', 0))) !== undefined;
  for (let elapsedMs = 0; elapsedMs <= 2 * LEFT_SLOTS_PATIENCE_MS && (await isStored()); elapsedMs += 1_000) await clock.advance(1_000);
  expect(await isStored()).toBe(false);
});
