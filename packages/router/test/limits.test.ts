import { expect, it } from 'vitest';

import { MAX_SLOT_SUBSCRIPTIONS } from '../src/index.ts';
import { completeLimits } from '../src/limits.ts';
import { slotAddress } from '../src/subscriptions/slot-address.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { openSystem, until } from './system-fixture.ts';

it('a limit that is no positive number is refused, and so are slots beyond what a document may hold', () => {
  for (const limits of [{ maxHeldMessages: 0 }, { idWindowMs: Number.NaN }, { maxSlotSubscriptions: 1.5 }, { maxSlotSubscriptions: MAX_SLOT_SUBSCRIPTIONS + 1 }]) {
    expect(() => completeLimits(limits), JSON.stringify(limits)).toThrow(TypeError);
  }
  expect(completeLimits({ maxSlotSubscriptions: 3 })).toEqual({ ...completeLimits(), maxSlotSubscriptions: 3 });
});

it('S1: a slot holds as many as its router is told', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a', { limits: { maxSlotSubscriptions: 2 } }), await system.open('b')];
  for (const user of ['alex', 'bob', 'cleo', 'dora', 'emil']) a.router.join({ bucket: 'cool', path: '/room', user }, new ReceiverRecord());
  await until(() => b.router.count({ bucket: 'cool', path: '/room' }).users === 5);
  const stored = await Promise.all([0, 1, 2, 3].map((slot) => a.store.get(slotAddress('a', slot))));
  expect(stored.map((record) => record !== undefined)).toEqual([true, true, true, false]);
});
