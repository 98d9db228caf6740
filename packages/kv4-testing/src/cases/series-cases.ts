import assert from 'node:assert/strict';
import type { Kv4Version, SeriesOptions, WriteResult } from '@xir/kv4-core';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { expectCode } from '../suite/expect-code.ts';

async function numbers(c: CaseContext, options?: SeriesOptions): Promise<number[]> {
  const found: number[] = [];
  for await (const { value } of c.store.series(c.key('k'), options)) found.push((value as { n: number }).n);
  return found;
}

async function write(c: CaseContext, count: number): Promise<WriteResult[]> {
  const results: WriteResult[] = [];
  for (let n = 0; n < count; n += 1) results.push(await c.store.put(c.key('k'), { n }));
  return results;
}

/** Writes of which each is in a later millisecond than the one before. */
async function writeApart(c: CaseContext, count: number): Promise<WriteResult[]> {
  const results: WriteResult[] = [];
  for (let n = 0; n < count; n += 1) results.push(await c.putLater(c.key('k'), { n }));
  for (let n = 1; n < count; n += 1) assert.ok((results[n] as WriteResult).timeMs > (results[n - 1] as WriteResult).timeMs, 'the clock should have moved on');
  return results;
}

/** A key's versions. */
export const seriesCases: readonly Kv4StoreCase[] = [
  kv4Case('series: every version, newest first, as it was written', ['history'], async (c) => {
    const results = await write(c, 5);
    const series = await c.versions(c.key('k'));
    assert.deepEqual(
      series.map(({ address, version, timeMs, deleted, value }) => ({ address, version, timeMs, deleted, value })),
      results.map(({ version, timeMs }, n) => ({ address: c.key('k'), version, timeMs, deleted: false, value: { n } })).reverse(),
    );
  }),

  kv4Case('series: the authors are kept', ['history', 'author'], async (c) => {
    await c.store.put(c.key('k'), { n: 1 }, { author: 'elena' });
    await c.store.put(c.key('k'), { n: 2 }, { author: 'lily' });
    assert.deepEqual((await c.versions(c.key('k'))).map((version) => version.author), ['lily', 'elena']);
  }),

  kv4Case('series: ascending is the same, oldest first', ['history'], async (c) => {
    await write(c, 5);
    assert.deepEqual(await numbers(c, { ascending: true }), [0, 1, 2, 3, 4]);
    assert.deepEqual(await numbers(c, { ascending: false }), [4, 3, 2, 1, 0]);
  }),

  kv4Case('series: limit takes the first so many of the order asked for', ['history'], async (c) => {
    await write(c, 5);
    assert.deepEqual(await numbers(c, { limit: 2 }), [4, 3]);
    assert.deepEqual(await numbers(c, { limit: 2, ascending: true }), [0, 1]);
    assert.deepEqual(await numbers(c, { limit: 9 }), [4, 3, 2, 1, 0]);
  }),

  kv4Case('series: fromMs and toMs are inclusive', ['history'], async (c) => {
    const times = (await writeApart(c, 5)).map((result) => result.timeMs) as [number, number, number, number, number];
    assert.deepEqual(await numbers(c, { fromMs: times[1], toMs: times[3] }), [3, 2, 1]);
    assert.deepEqual(await numbers(c, { fromMs: times[1] + 1, toMs: times[3] - 1 }), [2]);
    assert.deepEqual(await numbers(c, { fromMs: times[3] }), [4, 3]);
    assert.deepEqual(await numbers(c, { toMs: times[1] }), [1, 0]);
    assert.deepEqual(await numbers(c, { fromMs: times[2], toMs: times[2] }), [2]);
    assert.deepEqual(await numbers(c, { fromMs: times[3], toMs: times[1] }), []);
    assert.deepEqual(await numbers(c, { toMs: times[0] - 1 }), []);
    assert.deepEqual(await numbers(c, { fromMs: times[1], toMs: times[3], limit: 2, ascending: true }), [1, 2]);
  }),

  kv4Case('series: a key that was never written has none', ['history'], async (c) => {
    assert.deepEqual(await c.versions(c.key('nobody')), []);
  }),

  kv4Case('series: a long history is whole, in order and without repeats', ['history'], async (c) => {
    const results = await write(c, 150);
    assert.deepEqual(await numbers(c), Array.from({ length: 150 }, (_, n) => 149 - n));
    assert.deepEqual((await c.versions(c.key('k'))).map((version) => version.version), results.map((result) => result.version).reverse());
    assert.deepEqual(await numbers(c, { ascending: true, limit: 70 }), Array.from({ length: 70 }, (_, n) => n));
  }),

  kv4Case('series: stays whole while it is read and written at once', ['history'], async (c) => {
    await write(c, 40);
    const writing = (async () => {
      for (let n = 40; n < 100; n += 1) await c.store.put(c.key('k'), { n });
    })();
    for (let round = 0; round < 8; round += 1) {
      const found = await numbers(c, { ascending: true });
      assert.deepEqual(found, found.map((_, n) => n), 'no version is missing, repeated or out of place');
      assert.ok(found.length >= 40);
    }
    await writing;
    assert.deepEqual(await numbers(c, { ascending: true }), Array.from({ length: 100 }, (_, n) => n));
  }),

  kv4Case('series: keys that begin alike keep their versions apart', ['history'], async (c) => {
    for (let n = 0; n < 20; n += 1) await Promise.all(['k', 'k!', 'kk', 'k"'].map((key) => c.store.put(c.key(key), { n, key })));
    for (const key of ['k', 'k!', 'kk', 'k"']) {
      assert.deepEqual((await c.versions(c.key(key))).map((version) => version.value), Array.from({ length: 20 }, (_, n) => ({ n: 19 - n, key })));
    }
  }),

  kv4Case('series: reading may stop at any version', ['history'], async (c) => {
    await write(c, 5);
    const seen: Kv4Version[] = [];
    for await (const version of c.store.series(c.key('k'))) {
      seen.push(version);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen.map((version) => version.value), [{ n: 4 }, { n: 3 }]);
    assert.equal((await c.versions(c.key('k'))).length, 5);
  }),

  kv4Case('series: options that make no sense are refused with KV4_BAD_OPTION', ['history'], async (c) => {
    for (const options of [{ limit: 0 }, { limit: 1.5 }, { fromMs: Number.NaN }, { toMs: Number.NaN }]) await expectCode(numbers(c, options), 'KV4_BAD_OPTION');
  }),

  kv4Case('at: the value that stood at a time', ['history'], async (c) => {
    const results = await writeApart(c, 3);
    const [first, second, third] = results.map((result) => result.timeMs) as [number, number, number];
    const valueAt = async (timeMs: number): Promise<unknown> => (await c.store.at(c.key('k'), timeMs))?.value;
    assert.equal(await valueAt(first - 1), undefined);
    assert.deepEqual(await valueAt(first), { n: 0 });
    assert.deepEqual(await valueAt(second - 1), { n: 0 });
    assert.deepEqual(await valueAt(second), { n: 1 });
    assert.deepEqual(await valueAt(third), { n: 2 });
    assert.deepEqual(await valueAt(third + 1_000_000), { n: 2 });
    assert.equal(await valueAt(0), undefined);
    assert.equal((await c.store.at(c.key('k'), second))?.version, results[1]?.version);
  }),

  kv4Case('at: nothing after a deletion, until the key is written again', ['history'], async (c) => {
    const put = await c.putLater(c.key('k'), { n: 1 });
    await c.later();
    const deleted = await c.store.delete(c.key('k'));
    const again = await c.putLater(c.key('k'), { n: 2 });
    assert.ok(deleted && put.timeMs < deleted.timeMs && deleted.timeMs < again.timeMs, 'the clock should have moved on');
    assert.deepEqual((await c.store.at(c.key('k'), deleted.timeMs - 1))?.value, { n: 1 });
    assert.equal(await c.store.at(c.key('k'), deleted.timeMs), undefined);
    assert.equal(await c.store.at(c.key('k'), again.timeMs - 1), undefined);
    assert.deepEqual((await c.store.at(c.key('k'), again.timeMs))?.value, { n: 2 });
  }),

  kv4Case('at: reaches back through a long history', ['history'], async (c) => {
    const early = await c.putLater(c.key('k'), { n: -1 });
    await c.later();
    await write(c, 120);
    assert.deepEqual((await c.store.at(c.key('k'), early.timeMs))?.value, { n: -1 });
  }),

  kv4Case('at and treeAt: a time that is no number is refused with KV4_BAD_OPTION', ['history'], async (c) => {
    await expectCode(c.store.at(c.key('k'), Number.NaN), 'KV4_BAD_OPTION');
    await expectCode(c.store.treeAt(c.path(), Number.NaN), 'KV4_BAD_OPTION');
  }),

  kv4Case('treeAt: the subtree as it was, with what was deleted since and without what came since', ['history'], async (c) => {
    await c.fill(['a', '/p/b', '/p/q/c', '/pp/d']);
    await c.later();
    const { timeMs } = await c.store.put(c.key('z'), { name: 'z' });
    await c.later();
    await c.store.delete(c.key('b', '/p'));
    await c.store.put(c.key('c', '/p/q'), { name: 'changed' });
    await c.store.deleteSubtree(c.path('/pp'));
    await c.fill(['new', '/p/new']);
    const before = await c.store.treeAt(c.path(), timeMs);
    assert.deepEqual(before.items.map((version) => c.nameOf(version.address)), ['a', 'z', '/p/b', '/p/q/c', '/pp/d']);
    for (const version of before.items) assert.deepEqual([version.deleted, version.value], [false, { name: c.nameOf(version.address) }]);
    assert.deepEqual((await c.store.treeAt(c.path('/p'), timeMs)).items.map((version) => c.nameOf(version.address)), ['/p/b', '/p/q/c']);
    const now = await c.store.treeAt(c.path(), timeMs + 1_000_000);
    assert.deepEqual(now.items.map((version) => c.nameOf(version.address)), ['a', 'new', 'z', '/p/new', '/p/q/c']);
    assert.deepEqual((await c.store.treeAt(c.path(), 0)).items, []);
  }),

  kv4Case('treeAt: reaches back through long histories', ['history'], async (c) => {
    await c.fill(['long', 'short']);
    await c.later();
    const { timeMs } = await c.store.put(c.key('mark'), { name: 'mark' });
    await c.later();
    for (let n = 0; n < 80; n += 1) await c.store.put(c.key('long'), { n });
    await c.store.delete(c.key('long'));
    const { items } = await c.store.treeAt(c.path(), timeMs);
    assert.deepEqual(items.map((version) => version.value), [{ name: 'long' }, { name: 'mark' }, { name: 'short' }]);
  }),

  kv4Case('treeAt: keeps to a depth, and comes in pages', ['history'], async (c) => {
    await c.fill(['a', 'b', '/p/c', '/p/d', '/p/q/e', '/r/f']);
    const { timeMs } = await c.store.put(c.key('z', '/z'), { name: '/z/z' });
    await c.later();
    await c.store.deleteSubtree(c.path());
    const shallow = await c.store.treeAt(c.path(), timeMs, { depth: 1 });
    assert.deepEqual(shallow.items.map((version) => c.nameOf(version.address)), ['a', 'b', '/p/c', '/p/d', '/r/f', '/z/z']);
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await c.store.treeAt(c.path(), timeMs, after === undefined ? { limit: 2 } : { limit: 2, after });
      assert.ok(page.items.length <= 2);
      found.push(...page.items.map((version) => c.nameOf(version.address)));
      after = page.next;
    } while (after !== undefined && found.length < 20);
    assert.deepEqual(found, ['a', 'b', '/p/c', '/p/d', '/p/q/e', '/r/f', '/z/z']);
  }),
];
