import type { KeyAddress, WatchEvent, WatchScope } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Memory } from '../src/index.ts';
import { decodePosition, encodePosition } from '../src/watch-position.ts';
import { ToldVersions } from '../src/watch-told.ts';
import { serversToTest, TestDatabase, type TestServer } from './support/servers.ts';

const key = (name: string): KeyAddress => ({ bucket: 'b', layer: '*data', path: '/a', key: name });
const scope: WatchScope = { type: 'path', address: key('') };

/** What a watch behind a position tells, up to and with the put of a value. */
async function behind(memory: Memory, after: string, last: unknown): Promise<WatchEvent[]> {
  const seen: WatchEvent[] = [];
  for await (const event of memory.watch(scope, { after, history: true })) {
    seen.push(event);
    if (event.type === 'put' && event.record.value === last) break;
  }
  return seen;
}

async function positionNow(memory: Memory): Promise<string> {
  for await (const event of memory.watch(scope, { history: true })) if (event.type === 'end-of-initial') return event.position;
  throw new Error('the watch ended');
}

const told = (events: readonly WatchEvent[], name = 'k'): unknown[] =>
  events.flatMap((event): unknown[] => {
    if (event.type === 'put') return event.record.address.key === name ? [event.record.value] : [];
    if (event.type === 'delete') return event.address.key === name ? ['deleted'] : [];
    return [event.type];
  });

for (const { name, start } of serversToTest()) {
  describe(`a watch with history, resumed on ${name}`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.close());

    it('M16: tells versions that were spilled to segments, each once, and none from before the position', async () => {
      await using database = new TestDatabase(server.url);
      const [a, b] = [await database.open(), await database.open()];
      for (let index = 0; index < 20; index += 1) await a.put(key('k'), `old ${index}`);
      const position = await positionNow(a);
      for (let index = 0; index < 100; index += 1) await a.put(key('k'), index);
      await vi.waitFor(async () => expect(JSON.stringify((await database.database.json({ path: '/_all_docs' })).body)).toContain('"s!'), { timeout: 8_000 });
      await a.put(key('k'), 'last');
      for (const memory of [a, b]) expect(told(await behind(memory, position, 'last'))).toEqual([...Array.from({ length: 100 }, (_, index) => index), 'last']);
    });

    it('M16: tells every put and every deletion between two rows, in order', async () => {
      await using database = new TestDatabase(server.url);
      const [a, b] = [await database.open(), await database.open()];
      await a.put(key('k'), 'before');
      const position = await positionNow(b);
      await a.delete(key('k'));
      await a.put(key('k'), 1);
      await a.delete(key('k'));
      await a.put(key('other'), 'last');
      const events = await behind(b, position, 'last');
      expect(told(events)).toEqual(['deleted', 1, 'deleted']);
      expect(events.every((event) => event.type !== 'delete' || event.version !== undefined)).toBe(true);
    });

    it('M16: tells a deletion whose document has left, and once it was told, not again', async () => {
      await using database = new TestDatabase(server.url);
      const [a, b] = [await database.open(), await database.open()];
      await a.put(key('k'), 1);
      const position = await positionNow(b);
      await a.delete(key('k'));
      const changes = async () => JSON.stringify((await database.database.json({ path: '/_changes' })).body);
      await vi.waitFor(async () => expect(await changes()).toContain('"deleted":true'), { timeout: 8_000 });
      await a.put(key('other'), 'last');
      const events = await behind(b, position, 'last');
      expect(told(events)).toEqual(['deleted']);
      await a.put(key('other'), 'later');
      expect(told(await behind(a, (events.at(-1) as WatchEvent).position, 'later'))).toEqual([]);
    });

    it('M16: can be resumed behind any event it told, from the catch-up and from the feed alike', async () => {
      await using database = new TestDatabase(server.url);
      const [a, b] = [await database.open(), await database.open()];
      await a.put(key('k'), 'before');
      const position = await positionNow(a);
      const live = (async () => {
        const seen: WatchEvent[] = [];
        for await (const event of b.watch(scope, { history: true, initial: false })) {
          seen.push(event);
          if (event.type === 'put' && event.record.value === 'last') return seen;
        }
        return seen;
      })();
      await vi.waitFor(() => expect([b.stats().watchers, b.peek(key('k'))?.value]).toEqual([1, 'before']));
      // Together, so that several versions come with one row.
      await Promise.all(Array.from({ length: 20 }, (_, index) => a.put(key(`k${index % 2}`), index)));
      await a.put(key('k0'), 'last');
      const byKey = (events: readonly WatchEvent[]) => ['k', 'k0', 'k1'].map((each) => told(events, each));
      const all = await behind(b, position, 'last');
      const fromFeed = await live;
      expect(byKey(fromFeed)).toEqual(byKey(all));
      expect(all).toHaveLength(21);
      for (const events of [all, fromFeed]) {
        for (const cut of [0, 4, 9, 13, 17]) {
          const rest = await behind(cut % 2 === 0 ? a : b, (events[cut] as WatchEvent).position, 'last');
          expect(byKey([...events.slice(0, cut + 1), ...rest]), `cut behind event ${cut}`).toEqual(byKey(all));
        }
      }
    });

    it('M16: with more behind a position than may wait, begins anew', async () => {
      await using database = new TestDatabase(server.url);
      const a = await database.open();
      await a.put(key('k'), 0);
      const position = await positionNow(a);
      for (let index = 1; index < 8; index += 1) await a.put(key('k'), index);
      const seen: WatchEvent[] = [];
      for await (const event of a.watch(scope, { after: position, history: true, maxQueuedEvents: 5 })) {
        seen.push(event);
        if (event.type === 'end-of-initial') break;
      }
      expect(told(seen)).toEqual(['reset', 7, 'end-of-initial']);
    });
  });
}

describe('positions of watches', () => {
  const version = (timeMs: number, neuron: string, counter = 0): string => `${timeMs.toString(16).padStart(12, '0')}${counter.toString(16).padStart(4, '0')}-${neuron}`;
  const read = (told: ToldVersions): ToldVersions => {
    const position = decodePosition(encodePosition({ epoch: 'e', purges: '0', expiredMs: 5, told, seq: '5-a.b,c:d' }));
    expect(position).toMatchObject({ epoch: 'e', purges: '0', expiredMs: 5, seq: '5-a.b,c:d' });
    return position?.told as ToldVersions;
  };

  it('M17 T36: name the last version told of each key, whatever the hosts’ clocks say', () => {
    const told = ToldVersions.at(1_000);
    told.note('a', version(300_000, 'ahead'));
    told.note('b', version(2_000, 'behind', 65_535));
    told.note('b', version(2_100, 'behind', 1));
    const again = read(told);
    const versions = [version(300_000, 'ahead'), version(2_100, 'behind', 1), version(2_000, 'behind', 65_535), version(2_101, 'behind')];
    expect(versions.map((each) => again.names('b', each))).toEqual([false, true, true, false]);
    expect(again.names('a', version(300_000, 'ahead'))).toBe(true);
    expect(again.firstUntold('b', [version(2_000, 'behind', 65_535), version(2_100, 'behind', 1), version(2_200, 'ahead')], 0)).toBe(2);
    expect(again.firstUntold('c', [version(900, 'unknown'), version(1_001, 'unknown')], 0)).toBe(1);
  });

  it('M17 T36: judge a writer that makes news below the beginning by what it had made then, for its clock is slow', () => {
    const told = ToldVersions.at(400_000);
    told.note('a', version(80_000, 'slow'));
    told.note('b', version(390_000, 'right'));
    const made = [version(90_000, 'slow'), version(100_000, 'slow'), version(110_000, 'slow')];
    expect(told.firstUntold('c', made, 0)).toBe(3);
    // Older than what it had made: merely late.
    told.learnSlowness(version(70_000, 'slow'));
    expect(told.firstUntold('c', made, 0)).toBe(3);
    told.learnSlowness(version(110_000, 'slow'));
    told.note('d', version(110_000, 'slow'));
    for (const each of [told, read(told), told.copy()]) {
      expect(each.firstUntold('c', made, 0)).toBe(0);
      expect(each.covers(version(80_000, 'slow'))).toBe(true);
      expect(each.covers(version(395_000, 'right'))).toBe(true);
      expect(each.names('d', version(110_000, 'slow'))).toBe(true);
    }
    const elsewhere = ToldVersions.at(395_000);
    elsewhere.absorb(read(told), new Set());
    expect(read(elsewhere).firstUntold('c', made, 0)).toBe(0);
  });

  it('M17 T36: believe in no clock that is slower than ten minutes', () => {
    const told = ToldVersions.at(10_000_000);
    const old = version(9_000_000, 'unknown');
    told.learnSlowness(old);
    expect(told.covers(old)).toBe(true);
    told.learnSlowness(version(9_500_000, 'unknown'));
    expect([told.covers(version(9_400_000, 'unknown')), told.covers(version(9_400_001, 'unknown'))]).toEqual([true, false]);
  });

  it('M17: can be read again after what was told elsewhere raised a floor above names', () => {
    const [told, other] = [ToldVersions.at(0), ToldVersions.at(0)];
    told.note('k', version(1_000, 'a'));
    for (let index = 0; index < 300; index += 1) other.note(`k${index}`, version(2_000 + index, 'a'));
    told.absorb(read(other), new Set());
    expect(read(told).covers(version(1_000, 'a'))).toBe(true);
  });

  it('M17 T36: name what was told last, also where the version of another key lies minutes above it', () => {
    const told = ToldVersions.at(0);
    told.note('ahead', version(400_000, 'a'));
    told.note('k', version(100_000, 'a'));
    expect(read(told).names('k', version(100_000, 'a'))).toBe(true);
    for (let index = 0; index < 20; index += 1) told.note(`k${index}`, version(400_001 + index, 'a'));
    expect([read(told).names('k', version(100_000, 'a')), read(told).covers(version(100_000, 'a'))]).toEqual([false, true]);
  });

  it('M17: hold at most 128 names and 64 writers; what was told and is not named lies beneath its writer’s floor', () => {
    const told = ToldVersions.at(0);
    for (let index = 0; index < 1_000; index += 1) told.note(`k${index}`, version(10_000 + index, index % 3 === 0 ? 'a' : 'b'));
    const again = read(told);
    const all = Array.from({ length: 1_000 }, (_, index) => version(10_000 + index, index % 3 === 0 ? 'a' : 'b'));
    expect(all.filter((each, index) => !again.names(`k${index}`, each) && !again.covers(each))).toEqual([]);
    expect(all.filter((each, index) => again.names(`k${index}`, each)).length).toBe(128);
    for (const neuron of ['a', 'b']) expect(again.covers(version(11_000, neuron))).toBe(false);
    for (let index = 0; index < 100; index += 1) told.note(`n${index}`, version(0xffff_ffff_0000 + index, `n${index}`));
    expect(read(told).names('n99', version(0xffff_ffff_0000 + 99, 'n99'))).toBe(true);
    expect(encodePosition({ epoch: 'e', purges: '0', expiredMs: 5, told, seq: 's' }).length).toBeLessThan(4_000);
  });

  it('M17: an expiry was told when the version that expired was, up to the time it was told until', () => {
    const told = ToldVersions.at(0);
    told.note('k', version(1_000, 'a'));
    const expiring = [version(1_000, 'a'), version(5_000, 'expiry')];
    expect([told.firstUntold('k', expiring, 4_999), told.firstUntold('k', expiring, 5_000), told.firstUntold('k', [version(2_000, 'a'), version(5_000, 'expiry')], 5_000)]).toEqual([1, 2, 0]);
  });

  it('M17: other texts are no positions', () => {
    const text = encodePosition({ epoch: 'e', purges: '0', expiredMs: 5, told: ToldVersions.at(0), seq: 's' });
    for (const other of ['', 'e.s', 'e.00.s', `${text.slice(0, 10)}`, 'x'.repeat(20_000), text.replace('.s', ',a:00.s')]) expect(decodePosition(other)).toBe(undefined);
  });
});
