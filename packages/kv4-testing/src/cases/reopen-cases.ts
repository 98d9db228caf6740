import assert from 'node:assert/strict';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { expectCode } from '../suite/expect-code.ts';

/** Two stores on the same data, as two neurons are. */
export const reopenCases: readonly Kv4StoreCase[] = [
  kv4Case('two stores: what one writes the other reads', ['reopen'], async (c) => {
    await c.store.put(c.key('k'), { n: 1 }, { secondary: { k2: 'two' } });
    const other = await c.reopen();
    const record = await other.get(c.key('k'), { fresh: true });
    assert.deepEqual([record?.value, record?.secondary, record?.version], [{ n: 1 }, { k2: 'two' }, (await c.record(c.key('k'))).version]);
    await other.put(c.key('k'), { n: 2 });
    assert.deepEqual((await c.store.get(c.key('k'), { fresh: true }))?.value, { n: 2 });
    await other.delete(c.key('k'));
    assert.equal(await c.store.get(c.key('k'), { fresh: true }), undefined);
  }),

  kv4Case('two stores: what one read before comes to show what the other wrote', ['reopen'], async (c) => {
    const other = await c.reopen();
    assert.equal(await c.store.get(c.key('k')), undefined);
    assert.deepEqual((await c.store.keys(c.path())).items, []);
    await other.put(c.key('k'), { n: 1 });
    await c.eventually(async () => assert.deepEqual(await c.value(c.key('k')), { n: 1 }));
    await c.eventually(async () => assert.deepEqual((await c.store.keys(c.path())).items, ['k']));
    await other.delete(c.key('k'));
    await c.eventually(async () => assert.equal(await c.store.get(c.key('k')), undefined));
  }),

  kv4Case('two stores: of writers with the same version exactly one succeeds', ['reopen'], async (c) => {
    const other = await c.reopen();
    for (let round = 0; round < 5; round += 1) {
      const { version } = await c.store.put(c.key('k'), { round });
      await other.get(c.key('k'));
      const condition = { type: 'version', version } as const;
      const attempts = [c.store.put(c.key('k'), { by: 'one' }, { condition }), other.put(c.key('k'), { by: 'two' }, { condition })];
      const settled = await Promise.allSettled(attempts);
      const winner = settled.findIndex((result) => result.status === 'fulfilled');
      assert.equal(settled.filter((result) => result.status === 'fulfilled').length, 1, 'exactly one succeeds');
      await expectCode(attempts[1 - winner] as Promise<unknown>, 'KV4_VERSION_CONFLICT');
      assert.deepEqual((await other.get(c.key('k'), { fresh: true }))?.value, { by: winner === 0 ? 'one' : 'two' });
    }
  }),

  kv4Case('two stores: versions of a key grow, whichever of them writes, and all are in the series', ['reopen', 'history'], async (c) => {
    const stores = [c.store, await c.reopen()] as const;
    const versions: string[] = [];
    for (let n = 0; n < 12; n += 1) versions.push((await (stores[n % 2] as typeof c.store).put(c.key('k'), { n })).version);
    assert.deepEqual(versions, [...versions].sort());
    assert.deepEqual((await c.versions(c.key('k'))).map((version) => version.version), [...versions].reverse());
  }),

  kv4Case('two stores: a watch on one tells what the other writes', ['reopen', 'watch'], async (c) => {
    const other = await c.reopen();
    const recorder = c.watch({ type: 'subtree', address: c.path() });
    await recorder.live();
    const put = await other.put(c.key('k', '/deep'), { n: 1 });
    const seen = await recorder.version(put.version);
    assert.ok(seen.type === 'put');
    assert.deepEqual(seen.record.value, { n: 1 });
    await other.delete(c.key('k', '/deep'));
    await recorder.until((event) => event.type === 'delete' && event.address.key === 'k', 'the deletion by the other store');
    assert.deepEqual(recorder.violations(), []);
  }),

  kv4Case('two stores: a position of one is resumed on the other, or a reset tells all values', ['reopen', 'watch'], async (c) => {
    const recorder = c.watch({ type: 'subtree', address: c.path() });
    await recorder.live();
    const mark = await c.store.put(c.key('mark'), {});
    const { position } = await recorder.version(mark.version);
    await recorder.stop();
    const next = await c.store.put(c.key('next'), {});
    const resumed = c.watch({ type: 'subtree', address: c.path() }, { after: position }, await c.reopen());
    await resumed.version(next.version);
    if (resumed.events[0]?.type === 'reset') await resumed.version(mark.version);
    assert.deepEqual(resumed.violations(), []);
  }),
];
