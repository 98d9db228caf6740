import assert from 'node:assert/strict';
import { timeGroupOf, type JsonValue, type TimeUnit } from '@xir/kv4-core';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { expectCode } from '../suite/expect-code.ts';

async function write(c: CaseContext, values: readonly JsonValue[]): Promise<void> {
  for (const value of values) await c.store.put(c.key('load'), value);
}

/** Measures over a series. */
export const aggregateCases: readonly Kv4StoreCase[] = [
  kv4Case('aggregate: sum, min, max, count, avg and percentiles over a series', ['history'], async (c) => {
    await write(c, [5, 1, 4, 2, 3, 10, 9, 6, 8, 7].map((value) => ({ value })));
    const { total, groups } = await c.store.aggregate(c.key('load'), {});
    assert.deepEqual(total, { sum: 55, min: 1, max: 10, count: 10, avg: 5.5, p50: 5, p95: 10, p99: 10 });
    assert.equal(groups, undefined);
  }),

  kv4Case('aggregate: takes the number from the field named', ['history'], async (c) => {
    await write(c, [{ in: 1, out: 10 }, { in: 2, out: 20 }]);
    assert.equal((await c.store.aggregate(c.key('load'), { field: 'in' })).total?.sum, 3);
    assert.equal((await c.store.aggregate(c.key('load'), { field: 'out' })).total?.sum, 30);
    assert.equal((await c.store.aggregate(c.key('load'), { field: 'none' })).total, undefined);
  }),

  kv4Case('aggregate: passes over deletions and what is no number', ['history'], async (c) => {
    await write(c, [{ value: 1 }, { value: 'two' }, { other: 3 }, { value: null }]);
    await c.store.delete(c.key('load'));
    await write(c, [{ value: 4 }]);
    const { total } = await c.store.aggregate(c.key('load'), {});
    assert.deepEqual([total?.count, total?.sum], [2, 5]);
  }),

  kv4Case('aggregate: a value that is a number counts as it is', ['history', 'scalars'], async (c) => {
    await write(c, [1, 2.5, 'text', { value: 3 }, [4]]);
    const { total } = await c.store.aggregate(c.key('load'), {});
    assert.deepEqual([total?.count, total?.sum], [3, 6.5]);
  }),

  kv4Case('aggregate: of nothing there is no total', ['history'], async (c) => {
    assert.equal((await c.store.aggregate(c.key('nobody'), {})).total, undefined);
    const grouped = await c.store.aggregate(c.key('nobody'), { groupBy: 'hour' });
    assert.deepEqual([grouped.total, grouped.groups?.size], [undefined, 0]);
  }),

  kv4Case('aggregate: keeps to the times given, both inclusive', ['history'], async (c) => {
    const times: number[] = [];
    for (const value of [1, 2, 4, 8]) times.push((await c.putLater(c.key('load'), { value })).timeMs);
    const sum = async (fromMs: number, toMs: number): Promise<number | undefined> => (await c.store.aggregate(c.key('load'), { fromMs, toMs })).total?.sum;
    assert.equal(await sum(times[1] as number, times[2] as number), 6);
    assert.equal(await sum((times[1] as number) + 1, times[3] as number), 12);
    assert.equal(await sum(0, (times[0] as number) - 1), undefined);
  }),

  kv4Case('aggregate: groups by any unit of time add up to the total', ['history'], async (c) => {
    for (const value of [1, 2, 3, 4, 5, 6]) {
      await c.store.put(c.key('load'), { value });
      await (c.drivesTime ? c.pass(700) : c.later());
    }
    const series = (await c.versions(c.key('load'))).reverse();
    for (const groupBy of ['year', 'month', 'day', 'hour', 'minute', 'second'] satisfies TimeUnit[]) {
      const { total, groups } = await c.store.aggregate(c.key('load'), { groupBy });
      assert.ok(total && groups);
      assert.deepEqual([...groups.keys()], [...new Set(series.map((version) => timeGroupOf(version.timeMs, groupBy)))]);
      for (const [name, group] of groups) {
        const values = series.filter((version) => timeGroupOf(version.timeMs, groupBy) === name).map((version) => (version.value as { value: number }).value);
        assert.deepEqual([group.count, group.sum, group.min, group.max], [values.length, values.reduce((a, b) => a + b), Math.min(...values), Math.max(...values)]);
      }
      assert.equal([...groups.values()].reduce((sum, group) => sum + group.count, 0), total.count);
      assert.equal(total.sum, 21);
    }
  }),

  kv4Case('aggregate: options that make no sense are refused with KV4_BAD_OPTION', ['history'], async (c) => {
    await expectCode(c.store.aggregate(c.key('load'), { groupBy: 'week' as unknown as TimeUnit }), 'KV4_BAD_OPTION');
    await expectCode(c.store.aggregate(c.key('load'), { fromMs: Number.NaN }), 'KV4_BAD_OPTION');
  }),
];
