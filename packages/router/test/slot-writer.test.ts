import { systemClock, type Clock } from '@xir/couch-client';
import { Kv4Error } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it, vi } from 'vitest';

import { encodeSlot, MAX_SLOT_SUBSCRIPTIONS, type Subscription } from '../src/index.ts';
import { slotAddress } from '../src/subscriptions/slot-address.ts';
import { SlotWriter } from '../src/subscriptions/slot-writer.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { ManualClock } from './support/manual-clock.ts';
import { seededRandom, testSeed } from './seeded-random.ts';
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

/** A store in which writes of a slot hang until they are let go, or fail as long as the slot is among the broken. */
class TroubledStore extends MemoryReferenceStore {
  readonly hanging = new Map<string, Promise<void>>();
  readonly broken = new Set<string>();
  isAway = false;
  readonly written = new Set<string>();

  /** Writes of a slot hang until what this answers with is called. */
  hang(slot: number): () => void {
    let letGo = (): void => {};
    this.hanging.set(String(slot), new Promise((resolve) => (letGo = resolve)));
    return () => letGo();
  }

  override async put(...parts: Parameters<MemoryReferenceStore['put']>) {
    const { key } = parts[0];
    this.written.add(key);
    if (this.isAway || this.broken.has(key)) throw new Kv4Error('KV4_UNAVAILABLE', 'the database is away');
    await this.hanging.get(key);
    return super.put(...parts);
  }
}

function opened(store: MemoryReferenceStore, incarnation = '1', stored = new Map<number, string>(), clock: Clock = systemClock) {
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
  expect(writer.writes).toBe(1);
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
  await writer.stored();
  expect(writer.writes).toBe(writes + 1);
  expect(await users()).toBeUndefined();
  await writer.close();
});

it('S9: what was stored late, in a version below those of later writes, or while a deletion was acknowledged, is deleted', async () => {
  const waiting: (() => void)[] = [];
  class SlowToAcknowledge extends FailingStore {
    override async delete(...parts: Parameters<MemoryReferenceStore['delete']>) {
      const result = await super.delete(...parts);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return result;
    }
  }
  const store = new SlowToAcknowledge();
  const { writer, users } = opened(store);
  const acknowledged = async () => {
    await vi.waitFor(() => expect(waiting).not.toEqual([]), { timeout: 3000 });
    waiting.shift()?.();
  };
  const only = writer.join(peer(1));
  await writer.stored();
  writer.leave(only);
  await until(() => waiting.length > 0);
  // The deletion is done, and its answer on the way, when an earlier write arrives.
  await store.put(slotAddress('a', 0), encodeSlot({ incarnation: '1', subscriptions: [peer(1)] }));
  writer.observe(0, { incarnation: '1', version: '0000000000000001-a' });
  await acknowledged();
  await acknowledged();
  await writer.stored();
  expect(await users()).toBeUndefined();
  await store.put(slotAddress('a', 0), encodeSlot({ incarnation: '1', subscriptions: [peer(1)] }));
  writer.observe(0, { incarnation: '1', version: '0000000000000001-a' });
  await acknowledged();
  await writer.stored();
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
  await writer.stored();
  expect(writer.writes).toBe(1);
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

it('S17: a slot whose write hangs holds up no other, and takes in nobody until it is written', async () => {
  const store = new TroubledStore();
  const clock = new ManualClock();
  const { writer, users } = opened(store, '1', new Map(), clock);
  const others = Array.from({ length: MAX_SLOT_SUBSCRIPTIONS }, (_, number) => writer.join(peer(1000 + number)));
  writer.join(peer(2));
  await writer.stored();
  const letGo = store.hang(1);
  writer.join(peer(3));
  const waiting = writer.stored();
  await clock.advance(10);
  writer.leave(others[0] as (typeof others)[0]);
  await clock.advance(10);
  expect(await users(0)).not.toContain('user1000');
  for (const other of others.slice(1, 10)) writer.leave(other);
  // Slots 0 and 1 have room; so long as it is not known that slot 1 is slow, either may take in who comes.
  await clock.advance(1000);
  expect(writer.unwritten).toBe(1);
  for (let number = 10; number < 20; number += 1) writer.join(peer(number));
  writer.join(peer(20));
  await clock.advance(10);
  expect(await users(0)).toHaveLength(MAX_SLOT_SUBSCRIPTIONS);
  expect(await users(1)).toEqual(['user2']);
  expect(await users(2)).toEqual(['user20']);
  letGo();
  await waiting;
  expect(await users(1)).toEqual(['user2', 'user3']);
  expect(writer.unwritten).toBe(0);
  writer.join(peer(4));
  await clock.advance(1000);
  expect([...((await users(1)) ?? []), ...((await users(2)) ?? [])]).toContain('user4');
  await writer.close();
});

it('S17: a slot that cannot be written takes in nobody until it can be, and those who came meanwhile are stored', async () => {
  const store = new TroubledStore();
  const clock = new ManualClock();
  const { writer, users } = opened(store, '1', new Map(), clock);
  store.broken.add('0');
  writer.join(peer(1));
  await clock.advance(0);
  await clock.advance(1000);
  expect(writer.unwritten).toBe(1);
  const second = writer.join(peer(2));
  await clock.advance(0);
  expect(await users(1)).toEqual(['user2']);
  store.broken.clear();
  await clock.advance(5000);
  expect(await users(0)).toEqual(['user1']);
  expect(writer.unwritten).toBe(0);
  // The other slot is gone with its peer: who comes goes into the one that was in trouble.
  writer.leave(second);
  await clock.advance(0);
  writer.join(peer(3));
  await clock.advance(0);
  expect(await users(0)).toEqual(['user1', 'user3']);
  await writer.close();
});

it('S14, S17: in a crowd, slots that are full do not wait for one that hangs', async () => {
  const store = new TroubledStore();
  const clock = new ManualClock();
  const { writer, users } = opened(store, '1', new Map(), clock);
  const letGo = store.hang(0);
  for (let number = 1; number <= 3 * MAX_SLOT_SUBSCRIPTIONS; number += 1) {
    writer.join(peer(number));
    if (number % 5 === 0) await clock.advance(4);
  }
  // The crowd is not over yet.
  await clock.advance(400);
  expect(await users(0)).toBeUndefined();
  expect(await users(1)).toHaveLength(MAX_SLOT_SUBSCRIPTIONS);
  expect(await users(2)).toHaveLength(MAX_SLOT_SUBSCRIPTIONS);
  letGo();
  await writer.close();
});

it('S17: where the database is away, those who come do not spread over more and more slots, and are stored when it is back', async () => {
  const store = new TroubledStore();
  const clock = new ManualClock();
  const { writer, users } = opened(store, '1', new Map(), clock);
  store.isAway = true;
  for (let number = 0; number < 60; number += 1) {
    writer.join(peer(number));
    await clock.advance(1000);
  }
  expect(store.written.size).toBeLessThanOrEqual(5);
  store.isAway = false;
  await clock.advance(5000);
  const stored = await Promise.all([...store.written].map((slot) => users(Number(slot))));
  expect(stored.flat()).toHaveLength(60);
  await writer.close();
});

it('S9, S17: whatever comes and goes while slots fail, hang and are overwritten, what is stored in the end is who is there', async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const clock = new ManualClock();
  /** Each write and read takes its time, and fails before or behind it now and then. */
  class UnsteadyStore extends MemoryReferenceStore {
    isSteady = false;

    async #pass(): Promise<void> {
      if (this.isSteady) return;
      await new Promise<void>((resolve) => clock.schedule(random() < 0.1 ? 3000 * random() : 5 * random(), resolve));
      if (random() < 0.15) throw new Kv4Error('KV4_OUTCOME_UNKNOWN', 'the connection was lost');
    }

    override async get(...parts: Parameters<MemoryReferenceStore['get']>) {
      await this.#pass();
      return super.get(...parts);
    }

    override async put(...parts: Parameters<MemoryReferenceStore['put']>) {
      await this.#pass();
      const result = await super.put(...parts);
      await this.#pass();
      return result;
    }

    override async delete(...parts: Parameters<MemoryReferenceStore['delete']>) {
      await this.#pass();
      const result = await super.delete(...parts);
      await this.#pass();
      return result;
    }
  }
  const store = new UnsteadyStore();
  const { writer, users } = opened(store, '1', new Map(), clock);
  const present: ReturnType<typeof writer.join>[] = [];
  let most = 0;
  let isStored: Promise<void> = Promise.resolve();
  for (let step = 0; step < 400; step += 1) {
    const joins = random() < 0.5 + 0.4 * Math.cos(step / 40);
    for (let each = Math.floor(random() * 30); each >= 0; each -= 1) {
      if (joins) present.push(writer.join(peer(step * 100 + each)));
      else for (const gone of present.splice(Math.floor(random() * present.length), 1)) writer.leave(gone);
    }
    most = Math.max(most, present.length);
    if (random() < 0.1) isStored = writer.stored();
    await clock.advance(random() * 60);
  }
  store.isSteady = true;
  await clock.advance(10_000);
  await isStored;
  const slots = Array.from({ length: Math.ceil(most / MAX_SLOT_SUBSCRIPTIONS) + 8 }, (_, slot) => slot);
  const stored = (await Promise.all(slots.map((slot) => users(slot)))).flatMap((inSlot) => inSlot ?? []);
  expect(stored.toSorted(), `seed ${seed}`).toEqual(present.map(({ subscription }) => subscription.user).toSorted());
  await writer.close();
});
