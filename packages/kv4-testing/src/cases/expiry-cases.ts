import assert from 'node:assert/strict';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';

/** Short enough to wait for where time cannot be driven, long enough to be seen before. */
const SOON_MS = 400;
const LATE_MS = 3_600_000;

/** Lets a key of the case expire. */
async function expire(c: CaseContext, key: string): Promise<void> {
  if (c.drivesTime) await c.pass(SOON_MS);
  await c.eventually(async () => assert.equal(await c.store.get(c.key(key)), undefined, 'the key should have expired'));
}

/** Keys that end by themselves. */
export const expiryCases: readonly Kv4StoreCase[] = [
  kv4Case('expiry: the time is stated in milliseconds, and the key is there until then', ['expiry'], async (c) => {
    const before = await c.store.put(c.key('k'), { n: 1 }, { expiresInMs: LATE_MS });
    const { expiresAtMs } = await c.record(c.key('k'));
    assert.ok(expiresAtMs !== undefined && Math.abs(expiresAtMs - before.timeMs - LATE_MS) < 60_000, `expires at ${expiresAtMs}`);
    assert.deepEqual(await c.value(c.key('k')), { n: 1 });
  }),

  kv4Case('expiry: the key goes when its time has come, not before', ['expiry'], async (c) => {
    await c.store.put(c.key('k'), { n: 1 }, { expiresInMs: SOON_MS });
    if (c.drivesTime) {
      await c.pass(SOON_MS - 1);
      assert.deepEqual(await c.value(c.key('k')), { n: 1 });
      await c.pass(1);
      assert.equal(await c.store.get(c.key('k')), undefined);
    } else {
      await expire(c, 'k');
    }
  }),

  kv4Case('expiry: an expired key is in no listing and is not found', ['expiry'], async (c) => {
    await c.store.put(c.key('k'), { n: 1 }, { expiresInMs: SOON_MS, secondary: { k2: 'mail' } });
    await c.store.put(c.key('stays'), { n: 2 });
    await expire(c, 'k');
    assert.deepEqual((await c.store.keys(c.path())).items, ['stays']);
    assert.deepEqual((await c.store.list(c.path())).items.map((record) => record.address.key), ['stays']);
    assert.deepEqual((await c.store.tree(c.path())).items.map((record) => record.address.key), ['stays']);
    assert.equal(await c.store.find(c.path(), 'k2', 'mail'), undefined);
    assert.equal(await c.store.delete(c.key('k')), undefined);
  }),

  kv4Case('expiry: an expired key counts as absent for conditions and merges', ['expiry'], async (c) => {
    await c.store.put(c.key('k'), { a: 1 }, { expiresInMs: SOON_MS });
    await expire(c, 'k');
    await c.store.put(c.key('k'), { b: 2 }, { condition: { type: 'absent' }, merge: true });
    assert.deepEqual(await c.value(c.key('k')), { b: 2 });
  }),

  kv4Case('expiry: a write without one lifts it', ['expiry'], async (c) => {
    await c.store.put(c.key('k'), { n: 1 }, { expiresInMs: SOON_MS });
    await c.store.put(c.key('k'), { n: 2 });
    await c.store.put(c.key('other'), { n: 3 }, { expiresInMs: SOON_MS });
    assert.equal((await c.record(c.key('k'))).expiresAtMs, undefined);
    await expire(c, 'other');
    assert.deepEqual(await c.value(c.key('k')), { n: 2 });
  }),

  kv4Case('expiry: a write with a new one puts it off', ['expiry'], async (c) => {
    await c.store.put(c.key('k'), { n: 1 }, { expiresInMs: SOON_MS });
    await c.store.put(c.key('k'), { n: 2 }, { expiresInMs: LATE_MS });
    await c.store.put(c.key('other'), { n: 3 }, { expiresInMs: SOON_MS });
    await expire(c, 'other');
    assert.deepEqual(await c.value(c.key('k')), { n: 2 });
  }),

  kv4Case('expiry: the history of an expired key stays readable', ['expiry', 'history'], async (c) => {
    const { version } = await c.store.put(c.key('k'), { n: 1 }, { expiresInMs: SOON_MS });
    await expire(c, 'k');
    const series = await c.versions(c.key('k'));
    assert.deepEqual(series.find((entry) => entry.version === version)?.value, { n: 1 });
    const again = await c.store.put(c.key('k'), { n: 2 });
    assert.ok(again.version > version);
    assert.deepEqual((await c.versions(c.key('k'))).filter((entry) => !entry.deleted).map((entry) => entry.value), [{ n: 2 }, { n: 1 }]);
  }),
];
