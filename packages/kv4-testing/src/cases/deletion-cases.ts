import assert from 'node:assert/strict';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';

/** Keys around a base, with siblings whose names begin alike. */
const NEIGHBOURS = ['k', '/a/k', '/a/b/k', '/a/b/l', '/a/b/c/k', '/a/b-c/k', '/a/bc/k', '/a/b!c/k', '/a/b c/k', '/a/b"/k', '/ab/k'];

/** Deleting keys, paths and subtrees. */
export const deletionCases: readonly Kv4StoreCase[] = [
  kv4Case('delete: the key is gone, and the deletion has a version of its own', [], async (c) => {
    const put = await c.store.put(c.key('doomed'), { n: 1 });
    const deleted = await c.store.delete(c.key('doomed'));
    assert.ok(deleted);
    assert.ok(deleted.version > put.version);
    assert.equal(deleted.record, undefined);
    assert.deepEqual(deleted.address, c.key('doomed'));
    assert.equal(await c.store.get(c.key('doomed')), undefined);
  }),

  kv4Case('delete: a key that is not there is undefined, also the second time', [], async (c) => {
    assert.equal(await c.store.delete(c.key('nobody')), undefined);
    await c.store.put(c.key('once'), { n: 1 });
    assert.ok(await c.store.delete(c.key('once')));
    assert.equal(await c.store.delete(c.key('once')), undefined);
  }),

  kv4Case('delete: leaves keys alone that begin alike, and the same key elsewhere', [], async (c) => {
    await c.fill(['k', 'k2', 'kk', '/k/k', '/a/k']);
    await c.store.delete(c.key('k'));
    assert.equal(await c.store.get(c.key('k')), undefined);
    for (const name of ['k2', 'kk', '/k/k', '/a/k']) assert.deepEqual(await c.value(c.named(name)), { name });
  }),

  kv4Case('delete: a deleted key is in no listing', [], async (c) => {
    await c.fill(['a', 'b', '/p/c']);
    await c.store.delete(c.key('a'));
    await c.store.delete(c.key('c', '/p'));
    assert.deepEqual((await c.store.keys(c.path())).items, ['b']);
    assert.deepEqual((await c.store.list(c.path())).items.map((record) => record.address.key), ['b']);
    assert.deepEqual((await c.store.tree(c.path())).items.map((record) => c.nameOf(record.address)), ['b']);
    assert.deepEqual((await c.store.paths(c.path())).items.map((path) => c.below(path)), ['']);
  }),

  kv4Case('delete: a key can be written again, with a version above the deletion', [], async (c) => {
    await c.store.put(c.key('phoenix'), { n: 1 });
    const deleted = await c.store.delete(c.key('phoenix'));
    const again = await c.store.put(c.key('phoenix'), { n: 2 });
    assert.ok(deleted && again.version > deleted.version);
    assert.deepEqual(await c.value(c.key('phoenix')), { n: 2 });
    assert.deepEqual((await c.store.keys(c.path())).items, ['phoenix']);
  }),

  kv4Case('delete: the history before it stays readable, and ends with the deletion', ['history'], async (c) => {
    await c.store.put(c.key('doomed'), { n: 1 });
    await c.store.put(c.key('doomed'), { n: 2 });
    const deleted = await c.store.delete(c.key('doomed'));
    const series = await c.versions(c.key('doomed'));
    assert.deepEqual(series.map((version) => [version.deleted, version.value]), [[true, null], [false, { n: 2 }], [false, { n: 1 }]]);
    assert.equal(series[0]?.version, deleted?.version);
  }),

  kv4Case('delete: the history goes on when the key is written again', ['history'], async (c) => {
    for (let n = 0; n < 3; n += 1) {
      await c.store.put(c.key('phoenix'), { n });
      await c.store.delete(c.key('phoenix'));
    }
    await c.store.put(c.key('phoenix'), { n: 3 });
    const series = await c.versions(c.key('phoenix'));
    assert.deepEqual(series.map((version) => version.value), [{ n: 3 }, null, { n: 2 }, null, { n: 1 }, null, { n: 0 }]);
  }),

  kv4Case('delete: the author of a deletion is kept', ['history', 'author'], async (c) => {
    await c.store.put(c.key('doomed'), { n: 1 }, { author: 'elena' });
    await c.store.delete(c.key('doomed'), { author: 'lily' });
    assert.deepEqual((await c.versions(c.key('doomed'))).map((version) => version.author), ['lily', 'elena']);
  }),

  kv4Case('deletePath: deletes the keys at the path, and nothing beneath or beside it', [], async (c) => {
    await c.fill(NEIGHBOURS);
    assert.equal(await c.store.deletePath(c.path('/a/b')), 2);
    for (const name of NEIGHBOURS) {
      const expected = name === '/a/b/k' || name === '/a/b/l' ? undefined : { name };
      assert.deepEqual(await c.value(c.named(name)), expected, name);
    }
  }),

  kv4Case('deleteSubtree: deletes the keys at the path and beneath it, and nothing beside it', [], async (c) => {
    await c.fill(NEIGHBOURS);
    assert.equal(await c.store.deleteSubtree(c.path('/a/b')), 3);
    for (const name of NEIGHBOURS) {
      assert.deepEqual(await c.value(c.named(name)), name.startsWith('/a/b/') ? undefined : { name }, name);
    }
  }),

  kv4Case('deletePath and deleteSubtree: where there is nothing, 0', [], async (c) => {
    assert.equal(await c.store.deletePath(c.path('/empty')), 0);
    assert.equal(await c.store.deleteSubtree(c.path('/empty')), 0);
    await c.fill(['/gone/k']);
    await c.store.delete(c.key('k', '/gone'));
    assert.equal(await c.store.deletePath(c.path('/gone')), 0);
    assert.equal(await c.store.deleteSubtree(c.path('/gone')), 0);
    await c.fill(['/parent/child/k']);
    assert.equal(await c.store.deletePath(c.path('/parent')), 0);
    assert.deepEqual(await c.value(c.named('/parent/child/k')), { name: '/parent/child/k' });
  }),

  kv4Case('deletePath and deleteSubtree: leave other layers alone', ['layers'], async (c) => {
    const elsewhere = { ...c.key('k', '/a'), layer: c.layers[1] as string };
    await c.store.put(c.key('k', '/a'), { n: 1 });
    await c.store.put(elsewhere, { n: 2 });
    assert.equal(await c.store.deletePath(c.path('/a')), 1);
    assert.equal(await c.store.deleteSubtree(c.path()), 0);
    assert.deepEqual(await c.value(elsewhere), { n: 2 });
  }),

  kv4Case('deleteSubtree: deletes more keys than a page holds by default', [], async (c) => {
    const names = Array.from({ length: 1100 }, (_, n) => `/p${n % 7}/k${n}`);
    for (let start = 0; start < names.length; start += 100) {
      await Promise.all(names.slice(start, start + 100).map((name) => c.store.put(c.named(name), {})));
    }
    assert.equal(await c.store.deleteSubtree(c.path()), names.length);
    assert.deepEqual((await c.store.paths(c.path())).items, []);
  }),

  kv4Case('deleteSubtree: the history of what was deleted stays readable', ['history'], async (c) => {
    await c.fill(['/a/k', '/a/b/k']);
    await c.store.deleteSubtree(c.path('/a'));
    for (const name of ['/a/k', '/a/b/k']) {
      assert.deepEqual((await c.versions(c.named(name))).map((version) => version.value), [null, { name }]);
    }
  }),
];
