import { expect, it } from 'vitest';

import { MAX_SLOT_SUBSCRIPTIONS, SlotPlan, type PlannedSubscription, type Subscription } from '../src/index.ts';
import { seededRandom, testSeed } from './seeded-random.ts';

const peer = (number: number): Subscription => ({ bucket: 'cool', path: `/room/${number % 7}`, user: `user${number}`, device: 'd', joinedAtMs: number });

function joined(plan: SlotPlan, count: number): PlannedSubscription[] {
  return Array.from({ length: count }, (_, number) => plan.join(peer(number)));
}

it('S2: joins of a tick that fill two slots are two writes', () => {
  const plan = new SlotPlan('life1');
  joined(plan, 2 * MAX_SLOT_SUBSCRIPTIONS);
  const writes = plan.takeWrites();
  expect(writes.map(({ slot, value }) => [slot, value?.subscriptions.length])).toEqual([
    [0, MAX_SLOT_SUBSCRIPTIONS],
    [1, MAX_SLOT_SUBSCRIPTIONS],
  ]);
  expect(writes[0]?.value?.incarnation).toBe('life1');
  expect(plan.isDirty).toBe(false);
});

it('S2: a join goes into a slot that is to be written anyway', () => {
  const plan = new SlotPlan('life1');
  const all = joined(plan, 3 * MAX_SLOT_SUBSCRIPTIONS);
  plan.takeWrites();
  plan.leave(all[10] as PlannedSubscription);
  plan.takeWrites();
  plan.leave(all[2 * MAX_SLOT_SUBSCRIPTIONS + 50] as PlannedSubscription);
  plan.join(peer(900));
  expect(plan.takeWrites().map(({ slot }) => slot)).toEqual([2]);
});

it('S4: a slot that became empty is deleted, and one that was not written is written again', () => {
  const plan = new SlotPlan('life1');
  const [only] = joined(plan, 1);
  expect(plan.takeWrites()).toHaveLength(1);
  plan.failed(0);
  expect(plan.takeWrites().map(({ value }) => value?.subscriptions.length)).toEqual([1]);
  plan.leave(only as PlannedSubscription);
  plan.leave(only as PlannedSubscription);
  expect(plan.size).toBe(0);
  expect(plan.takeWrites()).toEqual([{ slot: 0, value: undefined }]);
  plan.failed(0);
  expect(plan.takeWrites()).toEqual([{ slot: 0, value: undefined }]);
});

it('S5: what an earlier life has left is overwritten or deleted', () => {
  const plan = new SlotPlan('life2', [0, 3, 5]);
  plan.join(peer(1));
  const writes = plan.takeWrites();
  expect(writes.map(({ slot, value }) => [slot, value?.subscriptions.length])).toEqual([
    [0, 1],
    [3, undefined],
    [5, undefined],
  ]);
});

it('S6: in another life everything is written again', () => {
  const plan = new SlotPlan('life1');
  joined(plan, MAX_SLOT_SUBSCRIPTIONS + 1);
  plan.takeWrites();
  plan.reincarnate('life2');
  expect(plan.takeWrites().map(({ value }) => value?.incarnation)).toEqual(['life2', 'life2']);
});

it('another state is written in the place of the one before, and of a peer that has left not at all', () => {
  const plan = new SlotPlan('life1');
  const [first, second] = joined(plan, 2) as [PlannedSubscription, PlannedSubscription];
  plan.takeWrites();
  plan.update(first, { mood: 'good' });
  expect(plan.takeWrites()[0]?.value?.subscriptions[0]?.state).toEqual({ mood: 'good' });
  plan.update(first, undefined);
  expect(plan.takeWrites()[0]?.value?.subscriptions[0]).not.toHaveProperty('state');
  plan.leave(second);
  plan.takeWrites();
  plan.update(second, 1);
  expect(plan.isDirty).toBe(false);
});

it.each([MAX_SLOT_SUBSCRIPTIONS, 7])('S1, S3: whatever comes, goes and fails, what was written is who is there, and numbers are used again; slots of %i', (capacity) => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const plan = new SlotPlan('life1', [1, 4], capacity);
  const present: PlannedSubscription[] = [];
  const stored = new Map<number, readonly Subscription[]>([
    [1, [peer(-1)]],
    [4, [peer(-2)]],
  ]);
  let most = 0;
  for (let step = 0; step < 3_000; step += 1) {
    const count = Math.floor(random() * 60);
    const joins = random() < 0.5 + 0.3 * Math.cos(step / 300);
    for (let each = 0; each < count; each += 1) {
      if (joins) present.push(plan.join(peer(step * 100 + each)));
      else plan.leave(present.splice(Math.floor(random() * present.length), 1)[0] ?? { subscription: peer(0) });
    }
    most = Math.max(most, present.length);
    if (random() < 0.5) continue;
    for (const { slot, value } of plan.takeWrites()) {
      if (random() < 0.1) plan.failed(slot);
      else if (value === undefined) stored.delete(slot);
      else stored.set(slot, value.subscriptions);
      expect(value?.subscriptions.length ?? 1, `seed ${seed}`).toBeLessThanOrEqual(capacity);
    }
  }
  while (plan.isDirty) {
    for (const { slot, value } of plan.takeWrites()) {
      if (value === undefined) stored.delete(slot);
      else stored.set(slot, value.subscriptions);
    }
  }
  const names = (subscriptions: readonly Subscription[]) => subscriptions.map(({ user }) => user).toSorted();
  expect(names([...stored.values()].flat()), `seed ${seed}`).toEqual(names(present.map(({ subscription }) => subscription)));
  expect(Math.max(...stored.keys()), `seed ${seed}`).toBeLessThanOrEqual(Math.max(4, Math.ceil(most / capacity)));
});

it('S14: in a crowd a slot is written when it is full, or has waited for as long as it may; one whose peers come and go waits too', () => {
  const plan = new SlotPlan('life1');
  const all = joined(plan, MAX_SLOT_SUBSCRIPTIONS + 10);
  const slotsAt = (atMs: number) => plan.takeWrites({ atMs, patienceMs: 400 }).map(({ slot }) => slot);
  expect(slotsAt(1000)).toEqual([0]);
  expect(slotsAt(1300)).toEqual([]);
  plan.leave(all[3] as PlannedSubscription);
  plan.join(peer(5000));
  expect(slotsAt(1399)).toEqual([]);
  expect(slotsAt(1400)).toEqual([1]);
  expect([...plan.dirty()]).toEqual([0]);
  expect(slotsAt(1799)).toEqual([0]);
  expect(plan.isDirty).toBe(false);
});

it('S17: a slot that cannot be written takes in nobody, and nobody gets its number, until it is welcome again', () => {
  const plan = new SlotPlan('life1');
  const [first, second] = joined(plan, 2) as [PlannedSubscription, PlannedSubscription];
  plan.takeWrites();
  plan.avoid(0);
  plan.leave(first);
  plan.join(peer(10));
  expect(plan.takeWrites().map(({ slot }) => slot)).toEqual([0, 1]);
  plan.leave(second);
  expect(plan.takeWrites()).toEqual([{ slot: 0, value: undefined }]);
  joined(plan, MAX_SLOT_SUBSCRIPTIONS);
  expect(plan.takeWrites().map(({ slot }) => slot)).toEqual([1, 2]);
  plan.welcome(0);
  joined(plan, MAX_SLOT_SUBSCRIPTIONS);
  expect(plan.takeWrites().map(({ slot }) => slot)).toEqual([0, 2]);
});

it('S17: what is held is not written, and nothing else waits for it', () => {
  const plan = new SlotPlan('life1');
  joined(plan, 2 * MAX_SLOT_SUBSCRIPTIONS);
  expect(plan.takeWrites(undefined, new Set([0])).map(({ slot }) => slot)).toEqual([1]);
  expect([...plan.dirty()]).toEqual([0]);
});
