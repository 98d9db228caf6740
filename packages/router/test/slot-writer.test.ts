import { systemClock, type Clock } from '@xir/couch-client';
import { Kv4Error } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it } from 'vitest';

import { encodeSlot, MAX_SLOT_SUBSCRIPTIONS, type Subscription } from '../src/index.ts';
import { slotAddress } from '../src/subscriptions/slot-address.ts';
import { SlotWriter } from '../src/subscriptions/slot-writer.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { ManualClock } from './support/manual-clock.ts';
import { openSystem, until } from './system-fixture.ts';

const peer = (number: number): Subscription => ({ bucket: 'cool', path: '/room', user: `user${number}`, device: 'd', joinedAtMs: number });

/** A store whose next writes fail: before they happen, or behind them, so that nobody knows. */
class FailingStore extends MemoryReferenceStore {
  failures: ('before' | 'behind')[] = [];
  puts = 0;
  reads = 0;
  /** Reads that fail. */
  unreadable = 0;

  override async get(...parts: Parameters<MemoryReferenceStore['get']>) {
    this.reads += 1;
    this.unreadable -= 1;
    if (this.unreadable >= 0) throw new Kv4Error('KV4_UNAVAILABLE', 'the database is away');
    return super.get(...parts);
  }

  override async put(...parts: Parameters<MemoryReferenceStore['put']>) {
    this.puts += 1;
    const failure = this.failures.shift();
    if (failure === 'before') throw new Kv4Error('KV4_UNAVAILABLE', 'the database is away');
    const result = await super.put(...parts);
    if (failure === 'behind') throw new Kv4Error('KV4_OUTCOME_UNKNOWN', 'the connection was lost');
    return result;
  }
}

function opened(store: FailingStore, incarnation = '1', stored = new Map<number, string>(), clock: Clock = systemClock) {
  const errors: unknown[] = [];
  const writer = new SlotWriter({ store, neuron: 'a', incarnation, stored, clock, random: () => 0, onError: (error) => errors.push(error) });
  const users = async (slot = 0) => {
    const record = await store.get(slotAddress('a', slot));
    return record === undefined ? undefined : JSON.stringify(record.value).match(/user\d+/g)?.toSorted();
  };
  return { errors, writer, users };
}

it('S8: joins of a tick are one write', async () => {
  const store = new FailingStore();
  const { writer, users } = opened(store);
  for (let number = 0; number < 200; number += 1) writer.join(peer(number));
  await writer.stored();
  expect(store.puts).toBe(1);
  expect(await users()).toHaveLength(200);
  await writer.close();
});

it('S9: what was not written is written again, also when nobody knows whether it was', async () => {
  const store = new FailingStore();
  const { writer, users, errors } = opened(store);
  store.failures = ['before', 'behind'];
  const first = writer.join(peer(1));
  await writer.stored();
  expect(await users()).toEqual(['user1']);
  store.failures = ['behind'];
  writer.join(peer(2));
  writer.leave(first);
  await writer.stored();
  expect(await users()).toEqual(['user2']);
  expect(errors.length).toBeGreaterThanOrEqual(3);
  await writer.close();
});

it('S9: what was stored perhaps, and could not be read since, is deleted when nobody is there any more', async () => {
  const store = new FailingStore();
  const { writer, users } = opened(store);
  store.failures = ['behind'];
  store.unreadable = 1;
  const only = writer.join(peer(1));
  await until(() => store.puts === 1);
  writer.leave(only);
  await writer.stored();
  await until(() => writer.writes >= 2);
  expect(await users()).toBeUndefined();
  await writer.close();
});

it('S9: what was stored late, when nobody was there any more, is deleted; rows of what was deleted since are not read again', async () => {
  const store = new FailingStore();
  const { writer, users } = opened(store);
  const only = writer.join(peer(1));
  await writer.stored();
  const before = (await store.get(slotAddress('a', 0)))?.version ?? '';
  writer.leave(only);
  await writer.stored();
  const { reads, writes } = { reads: store.reads, writes: writer.writes };
  writer.observe(0, { incarnation: '1', version: before });
  await writer.stored();
  expect([store.reads, writer.writes]).toEqual([reads, writes]);
  const { version } = await store.put(slotAddress('a', 0), encodeSlot({ incarnation: '1', subscriptions: [peer(1)] }));
  writer.observe(0, { incarnation: '1', version });
  await until(() => writer.writes >= writes + 2);
  expect(await users()).toBeUndefined();
  await writer.close();
});

it('S15: who asks right behind another whether what it said is stored does not wait for ever', async () => {
  const store = new FailingStore();
  const { writer } = opened(store);
  writer.join(peer(1));
  await writer.stored();
  await writer.stored();
  expect(store.puts).toBe(1);
  await writer.close();
});

it('S10: what an earlier life has left is overwritten or deleted', async () => {
  const store = new FailingStore();
  const stored = new Map<number, string>();
  for (const slot of [0, 1]) stored.set(slot, (await store.put(slotAddress('a', slot), encodeSlot({ incarnation: '1', subscriptions: [peer(slot)] }))).version);
  const { writer, users } = opened(store, '2', stored);
  writer.join(peer(7));
  await writer.stored();
  expect(await users(0)).toEqual(['user7']);
  expect(await users(1)).toBeUndefined();
  await writer.close();
});

it('S10: what an earlier life has left is deleted also where it was stored only after the start', async () => {
  const store = new FailingStore();
  const { writer, users } = opened(store, '2');
  const { version } = await store.put(slotAddress('a', 3), encodeSlot({ incarnation: '1', subscriptions: [peer(1)] }));
  writer.observe(3, { incarnation: '1', version });
  await until(() => writer.writes >= 2);
  expect(await users(3)).toBeUndefined();
  await writer.close();
});

it('S11: a life that another has followed writes no more, and does not harm it', async () => {
  const store = new FailingStore();
  const old = opened(store, '1');
  old.writer.join(peer(1));
  await old.writer.stored();
  const version = (await store.get(slotAddress('a', 0)))?.version ?? '';
  const next = opened(store, '2', new Map([[0, version]]));
  next.writer.join(peer(2));
  await next.writer.stored();
  old.writer.join(peer(3));
  await until(() => old.writer.isSuperseded);
  expect(await next.users()).toEqual(['user2']);
  // The old process comes back in a later life: now it may.
  old.writer.reincarnate('3');
  await old.writer.stored();
  expect(await next.users()).toEqual(['user1', 'user3']);
  await Promise.all([old.writer.close(), next.writer.close()]);
});

it('S12: a slot that somebody deletes or overwrites comes back', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  a.router.join({ bucket: 'cool', path: '/room', user: 'alex' }, new ReceiverRecord());
  const count = () => b.router.count({ bucket: 'cool', path: '/room' }).users;
  await until(() => count() === 1);
  for (const harm of ['delete', 'overwrite']) {
    const version = (await b.store.get(slotAddress('a', 0), { fresh: true }))?.version;
    if (harm === 'delete') await b.store.delete(slotAddress('a', 0));
    else await b.store.put(slotAddress('a', 0), { incarnation: '0', channels: [] });
    await until(() => b.store.peek(slotAddress('a', 0))?.version !== version);
    await until(() => count() === 1 && b.store.peek(slotAddress('a', 0)) !== null && JSON.stringify(b.store.peek(slotAddress('a', 0))?.value).includes('alex'));
    expect(count()).toBe(1);
  }
});

it.each([
  // Five thousand in four seconds.
  ['a crowd costs little more than one write for each full slot, and ends up stored', 5, 4],
  // As clients come that try again each 250 ms.
  ['a crowd that comes in bursts, with nobody between them, costs no more', 128, 250],
])('S14: %s', async (_, together, pauseMs) => {
  const store = new FailingStore();
  const clock = new ManualClock();
  const { writer, users } = opened(store, '1', new Map(), clock);
  const count = 20 * MAX_SLOT_SUBSCRIPTIONS;
  for (let number = 1; number <= count; number += 1) {
    writer.join(peer(number));
    if (number % together === 0) await clock.advance(pauseMs);
  }
  await clock.advance(2000);
  expect(await users(19)).toHaveLength(MAX_SLOT_SUBSCRIPTIONS);
  expect(count / store.puts).toBeGreaterThan(200);
  await writer.close();
});

it('S15: who waits for what it said to be stored does not wait for what others say later', async () => {
  const store = new FailingStore();
  const clock = new ManualClock();
  const { writer } = opened(store, '1', new Map(), clock);
  const stored = new Set<number>();
  for (let number = 0; number < 1000; number += 1) {
    writer.join(peer(number));
    if (number % 300 === 0) void writer.stored().then(() => stored.add(number));
    await clock.advance(1);
    if (number === 299 || number === 599 || number === 899) expect([...stored]).toContain(number - 299);
  }
  await clock.advance(1000);
  expect([...stored]).toEqual([0, 300, 600, 900]);
  await writer.close();
});
