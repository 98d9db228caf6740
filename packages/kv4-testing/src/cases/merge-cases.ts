import assert from 'node:assert/strict';
import type { JsonValue } from '@xir/kv4-core';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { expectCode } from '../suite/expect-code.ts';

async function expectMerged(c: CaseContext, before: JsonValue, over: JsonValue, after: JsonValue): Promise<void> {
  await c.store.put(c.key('merged'), before);
  const written = await c.store.put(c.key('merged'), over, { merge: true });
  assert.deepEqual(await c.value(c.key('merged')), after);
  assert.deepEqual(written.record?.value, after);
}

/** Fields laid over an object, and additional keys. */
export const mergeCases: readonly Kv4StoreCase[] = [
  kv4Case('merge: the fields given are set, the others stay', [], (c) => expectMerged(c, { a: 1, b: 2 }, { b: 3, c: 4 }, { a: 1, b: 3, c: 4 })),
  kv4Case('merge: null sets a field to null', [], (c) => expectMerged(c, { a: 1, b: 2 }, { a: null }, { a: null, b: 2 })),
  kv4Case('merge: only the top level is merged', [], (c) => expectMerged(c, { a: { x: 1, y: 2 } }, { a: { x: 3 } }, { a: { x: 3 } })),
  kv4Case('merge: an empty object changes nothing', [], (c) => expectMerged(c, { a: 1 }, {}, { a: 1 })),
  kv4Case('merge: a value that is no object is replaced, and replaces', ['scalars'], async (c) => {
    await expectMerged(c, 'text', { a: 1 }, { a: 1 });
    await expectMerged(c, { a: 1 }, [1, 2], [1, 2]);
  }),
  kv4Case('merge: a key that is not there is created', [], async (c) => {
    await c.store.put(c.key('new'), { a: 1 }, { merge: true });
    assert.deepEqual(await c.value(c.key('new')), { a: 1 });
  }),
  kv4Case('merge: a deleted value leaves nothing to merge with', [], async (c) => {
    await c.store.put(c.key('again'), { a: 1 });
    await c.store.delete(c.key('again'));
    await c.store.put(c.key('again'), { b: 2 }, { merge: true });
    assert.deepEqual(await c.value(c.key('again')), { b: 2 });
  }),
  kv4Case('merge: conditions hold for merges too', [], async (c) => {
    const { version } = await c.store.put(c.key('guarded'), { a: 1 });
    await c.store.put(c.key('guarded'), { b: 2 }, { merge: true, condition: { type: 'version', version } });
    const stale = c.store.put(c.key('guarded'), { c: 3 }, { merge: true, condition: { type: 'version', version } });
    await expectCode(stale, 'KV4_VERSION_CONFLICT');
    assert.deepEqual(await c.value(c.key('guarded')), { a: 1, b: 2 });
  }),

  kv4Case('secondary: a record is found by each of its additional keys', [], async (c) => {
    await c.store.put(c.key('elena'), { n: 1 }, { secondary: { k2: 'elena@example.org', k3: 'third', k4: 'fourth' } });
    for (const [name, value] of [['k2', 'elena@example.org'], ['k3', 'third'], ['k4', 'fourth']] as const) {
      const found = await c.store.find(c.path(), name, value);
      assert.equal(found?.address.key, 'elena');
      assert.deepEqual(found?.value, { n: 1 });
    }
    assert.deepEqual((await c.record(c.key('elena'))).secondary, { k2: 'elena@example.org', k3: 'third', k4: 'fourth' });
  }),
  kv4Case('secondary: nothing is found by another name, another value or another path', [], async (c) => {
    await c.store.put(c.key('elena'), { n: 1 }, { secondary: { k2: 'mail' } });
    assert.equal(await c.store.find(c.path(), 'k3', 'mail'), undefined);
    assert.equal(await c.store.find(c.path(), 'k2', 'mai'), undefined);
    assert.equal(await c.store.find(c.path('/beneath'), 'k2', 'mail'), undefined);
    await c.store.put(c.key('lily', '/beneath'), { n: 1 }, { secondary: { k2: 'other' } });
    assert.equal(await c.store.find(c.path(), 'k2', 'other'), undefined);
  }),
  kv4Case('secondary: without additional keys given, those of the version before stay', [], async (c) => {
    await c.store.put(c.key('elena'), { n: 1 }, { secondary: { k2: 'mail' } });
    await c.store.put(c.key('elena'), { n: 2 });
    assert.deepEqual((await c.store.find(c.path(), 'k2', 'mail'))?.value, { n: 2 });
  }),
  kv4Case('secondary: changed additional keys are found, former ones no more', [], async (c) => {
    await c.store.put(c.key('elena'), { n: 1 }, { secondary: { k2: 'old', k3: 'same' } });
    assert.equal((await c.store.find(c.path(), 'k2', 'old'))?.address.key, 'elena');
    await c.store.put(c.key('elena'), { n: 2 }, { secondary: { k2: 'new' } });
    assert.equal(await c.store.find(c.path(), 'k2', 'old'), undefined);
    assert.equal(await c.store.find(c.path(), 'k3', 'same'), undefined);
    assert.equal((await c.store.find(c.path(), 'k2', 'new'))?.address.key, 'elena');
  }),
  kv4Case('secondary: an empty set removes them', [], async (c) => {
    await c.store.put(c.key('elena'), { n: 1 }, { secondary: { k2: 'mail' } });
    await c.store.put(c.key('elena'), { n: 2 }, { secondary: {} });
    assert.equal(await c.store.find(c.path(), 'k2', 'mail'), undefined);
    assert.deepEqual((await c.record(c.key('elena'))).secondary, {});
  }),
  kv4Case('secondary: of several records the first in key order is found', [], async (c) => {
    for (const key of ['m', 'z', 'a', 'q']) await c.store.put(c.key(key), { n: 1 }, { secondary: { k3: 'shared' } });
    assert.equal((await c.store.find(c.path(), 'k3', 'shared'))?.address.key, 'a');
    await c.store.delete(c.key('a'));
    assert.equal((await c.store.find(c.path(), 'k3', 'shared'))?.address.key, 'm');
  }),
  kv4Case('secondary: a deleted record is not found, nor do its additional keys come back with the key', [], async (c) => {
    await c.store.put(c.key('elena'), { n: 1 }, { secondary: { k2: 'mail' } });
    await c.store.delete(c.key('elena'));
    assert.equal(await c.store.find(c.path(), 'k2', 'mail'), undefined);
    await c.store.put(c.key('elena'), { n: 2 });
    assert.equal(await c.store.find(c.path(), 'k2', 'mail'), undefined);
  }),
];
