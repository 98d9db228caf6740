import assert from 'node:assert/strict';
import { compareIds, headId, type Page, type PageOptions } from '@xir/kv4-core';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { expectCode } from '../suite/expect-code.ts';

/** A tree with siblings that begin alike; in the order in which `tree` lists it. */
const TREE = ['a', 'b', '/p/a', '/p/b', '/p/q/a', '/p/q/r/a', '/p/q-/a', '/p/qq/a', '/pp/a', '/z/y/x/w/a'];

async function fillTree(c: CaseContext): Promise<void> {
  await c.fill([...TREE].reverse());
}

/** A listing as names of the case: what each method lists, in one shape. */
const LISTINGS: Readonly<Record<'keys' | 'list' | 'tree' | 'paths', (c: CaseContext, options: PageOptions) => Promise<Page<string>>>> = {
  keys: (c, options) => c.store.keys(c.path(), options),
  async list(c, options) {
    const page = await c.store.list(c.path(), options);
    return { ...page, items: page.items.map((record) => record.address.key) };
  },
  async tree(c, options) {
    const page = await c.store.tree(c.path(), options);
    return { ...page, items: page.items.map((record) => c.nameOf(record.address)) };
  },
  async paths(c, options) {
    const page = await c.store.paths(c.path(), options);
    return { ...page, items: page.items.map((path) => c.below(path)) };
  },
};

/** All pages of a listing, one after the other. */
async function pagesOf(list: (options: PageOptions) => Promise<Page<string>>, limit: number): Promise<(readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let after: string | undefined;
  do {
    const page = await list(after === undefined ? { limit } : { limit, after });
    pages.push(page.items);
    after = page.next;
    assert.ok(pages.length < 1000, 'the listing never ends');
  } while (after !== undefined);
  return pages;
}

const pagingCases = (['keys', 'list', 'tree', 'paths'] as const).flatMap((method): Kv4StoreCase[] => [
  kv4Case(`${method}: pages of any size together are the whole, in order, each item once`, [], async (c) => {
    await c.fill(['a', 'b', 'c', 'd', 'e', 'f', '/p/a', '/p/b', '/q/r/a', '/s/a', '/t/a', '/u/a']);
    const whole = (await LISTINGS[method](c, {})).items;
    assert.equal(whole.length, method === 'tree' ? 12 : 6);
    for (const limit of [1, 2, 3, 5, 6, 12, 100]) {
      const pages = await pagesOf((options) => LISTINGS[method](c, options), limit);
      assert.deepEqual(pages.flat(), whole, `pages of ${limit}`);
      assert.equal(pages.length, Math.ceil(whole.length / limit), `number of pages of ${limit}`);
      assert.ok(pages.every((page) => page.length <= limit));
    }
  }),

  kv4Case(`${method}: a cursor holds while items come and go around it`, [], async (c) => {
    const place = (name: string): string => (method === 'paths' ? `/${name}/k` : name);
    const item = (name: string): string => (method === 'paths' ? `/${name}` : name);
    await c.fill(['b', 'd', 'f', 'h'].map(place));
    const first = await LISTINGS[method](c, { limit: 2 });
    assert.deepEqual(first.items, ['b', 'd'].map(item));
    // The item the cursor stands on goes, items come on both sides of it.
    await c.store.delete(c.named(place('d')));
    await c.fill(['a', 'c', 'e', 'i'].map(place));
    await c.store.delete(c.named(place('h')));
    const second = await LISTINGS[method](c, { limit: 2, after: first.next as string });
    assert.deepEqual(second.items, ['e', 'f'].map(item));
    const third = await LISTINGS[method](c, { limit: 2, after: second.next as string });
    assert.deepEqual(third, { items: ['i'].map(item) });
  }),

  kv4Case(`${method}: a limit or a cursor that makes no sense is refused with KV4_BAD_OPTION`, [], async (c) => {
    await c.fill(['a', 'b']);
    for (const limit of [0, -1, 1.5, Number.NaN, 10_001]) await expectCode(LISTINGS[method](c, { limit }), 'KV4_BAD_OPTION');
    for (const after of ['', 'nonsense', 'bm9uc2Vuc2U', '%%%', '😀']) await expectCode(LISTINGS[method](c, { after }), 'KV4_BAD_OPTION');
  }),

  kv4Case(`${method}: a place without keys is an empty page`, [], async (c) => {
    assert.deepEqual(await LISTINGS[method](c, {}), { items: [] });
    await c.fill(['gone', '/gone/k']);
    await c.store.deleteSubtree(c.path());
    assert.deepEqual(await LISTINGS[method](c, {}), { items: [] });
  }),

  kv4Case(`${method}: shows at once what was written and deleted`, [], async (c) => {
    const place = (name: string): string => (method === 'paths' ? `/${name}/k` : name);
    const shown = (): Promise<readonly string[]> => LISTINGS[method](c, {}).then((page) => page.items.map((name) => name.replace('/', '')));
    assert.deepEqual(await shown(), []);
    await c.fill([place('b')]);
    assert.deepEqual(await shown(), ['b']);
    await c.fill([place('a')]);
    assert.deepEqual(await shown(), ['a', 'b']);
    await c.store.delete(c.named(place('b')));
    assert.deepEqual(await shown(), ['a']);
  }),
]);

/** Listing keys, records, subtrees, paths and layers. */
export const listingCases: readonly Kv4StoreCase[] = [
  ...pagingCases,

  kv4Case('keys: the keys at the path in order, none from beneath or beside it', [], async (c) => {
    await fillTree(c);
    assert.deepEqual((await c.store.keys(c.path())).items, ['a', 'b']);
    assert.deepEqual((await c.store.keys(c.path('/p'))).items, ['a', 'b']);
    assert.deepEqual((await c.store.keys(c.path('/p/q'))).items, ['a']);
    assert.deepEqual((await c.store.keys(c.path('/z'))).items, []);
  }),

  kv4Case('list: the records are those that get gives', [], async (c) => {
    await c.store.put(c.key('b'), { n: 2 }, { secondary: { k2: 'two' } });
    await c.store.put(c.key('a'), { n: 1 });
    const { items } = await c.store.list(c.path());
    for (const [index, key] of ['a', 'b'].entries()) {
      const one = await c.record(c.key(key));
      const listed = items[index];
      assert.ok(listed);
      assert.deepEqual(
        [listed.address, listed.value, listed.version, listed.timeMs, listed.author, listed.secondary],
        [one.address, one.value, one.version, one.timeMs, one.author, one.secondary],
      );
    }
  }),

  kv4Case('list: shows the value written last', [], async (c) => {
    await c.store.put(c.key('a'), { n: 1 });
    await c.store.list(c.path());
    await c.store.put(c.key('a'), { n: 2 });
    assert.deepEqual((await c.store.list(c.path())).items.map((record) => record.value), [{ n: 2 }]);
  }),

  kv4Case('tree: the records at the path and beneath it, parents before children', [], async (c) => {
    await fillTree(c);
    const names = async (below: string): Promise<string[]> => (await c.store.tree(c.path(below))).items.map((record) => c.nameOf(record.address));
    assert.deepEqual(await names(''), [...TREE].sort((a, b) => compareIds(headId(c.named(a)), headId(c.named(b)))));
    assert.deepEqual(await names('/p'), ['/p/a', '/p/b', '/p/q/a', '/p/q/r/a', '/p/q-/a', '/p/qq/a']);
    assert.deepEqual(await names('/p/q'), ['/p/q/a', '/p/q/r/a']);
    assert.deepEqual(await names('/z/y'), ['/z/y/x/w/a']);
  }),

  kv4Case('tree and paths: go down to the depth asked for', [], async (c) => {
    await fillTree(c);
    const tree = async (depth: number): Promise<string[]> => (await c.store.tree(c.path(), { depth })).items.map((record) => c.nameOf(record.address));
    const paths = async (depth: number): Promise<string[]> => (await c.store.paths(c.path(), { depth })).items.map((path) => c.below(path));
    assert.deepEqual(await tree(0), ['a', 'b']);
    assert.deepEqual(await paths(0), ['']);
    assert.deepEqual(await tree(1), ['a', 'b', '/p/a', '/p/b', '/pp/a']);
    assert.deepEqual(await paths(1), ['', '/p', '/pp']);
    assert.deepEqual(await tree(2), ['a', 'b', '/p/a', '/p/b', '/p/q/a', '/p/q-/a', '/p/qq/a', '/pp/a']);
    assert.deepEqual(await paths(2), ['', '/p', '/p/q', '/p/q-', '/p/qq', '/pp']);
    assert.equal((await tree(3)).length, 9);
    assert.equal((await tree(4)).length, 10);
    assert.deepEqual(await paths(4), ['', '/p', '/p/q', '/p/q/r', '/p/q-', '/p/qq', '/pp', '/z/y/x/w']);
  }),

  kv4Case('tree and paths: depth and pages work together', [], async (c) => {
    await fillTree(c);
    const tree = await pagesOf(async (options) => {
      const page = await c.store.tree(c.path(), { ...options, depth: 1 });
      return { ...page, items: page.items.map((record) => c.nameOf(record.address)) };
    }, 2);
    assert.deepEqual(tree, [['a', 'b'], ['/p/a', '/p/b'], ['/pp/a']]);
    const paths = await pagesOf(async (options) => {
      const page = await c.store.paths(c.path(), { ...options, depth: 1 });
      return { ...page, items: page.items.map((path) => c.below(path)) };
    }, 2);
    assert.deepEqual(paths, [['', '/p'], ['/pp']]);
  }),

  kv4Case('tree and paths: a depth that makes no sense is refused with KV4_BAD_OPTION', [], async (c) => {
    for (const depth of [-1, 0.5, Number.NaN]) {
      await expectCode(c.store.tree(c.path(), { depth }), 'KV4_BAD_OPTION');
      await expectCode(c.store.paths(c.path(), { depth }), 'KV4_BAD_OPTION');
    }
  }),

  kv4Case('paths: a path is there as long as it holds keys', [], async (c) => {
    await c.fill(['/a/b/k', '/a/b/l']);
    const paths = async (): Promise<string[]> => (await c.store.paths(c.path())).items.map((path) => c.below(path));
    assert.deepEqual(await paths(), ['/a/b']);
    await c.store.delete(c.key('k', '/a/b'));
    assert.deepEqual(await paths(), ['/a/b']);
    await c.store.delete(c.key('l', '/a/b'));
    assert.deepEqual(await paths(), []);
  }),

  kv4Case('keys: more keys than a page holds by default take two', [], async (c) => {
    const keys = Array.from({ length: 1003 }, (_, n) => `k${String(n).padStart(5, '0')}`);
    for (let start = 0; start < keys.length; start += 100) {
      await Promise.all(keys.slice(start, start + 100).map((key) => c.store.put(c.key(key), {})));
    }
    const first = await c.store.keys(c.path());
    assert.equal(first.items.length, 1000);
    const second = await c.store.keys(c.path(), { after: first.next as string });
    assert.deepEqual([...first.items, ...second.items], keys);
    assert.equal(second.next, undefined);
    assert.equal((await c.store.keys(c.path(), { limit: 10_000 })).items.length, 1003);
  }),

  kv4Case('layers: are separate, and listed while they hold keys', ['layers'], async (c) => {
    const [one, two] = c.layers as [string, string];
    await c.store.put({ ...c.key('k'), layer: one }, { in: one });
    await c.store.put({ ...c.key('k'), layer: two }, { in: two });
    assert.deepEqual(await c.value({ ...c.key('k'), layer: one }), { in: one });
    assert.deepEqual(await c.value({ ...c.key('k'), layer: two }), { in: two });
    assert.deepEqual((await c.store.tree({ ...c.path(), layer: one })).items.map((record) => record.value), [{ in: one }]);
    const layers = await c.store.layers(c.bucket);
    assert.ok(layers.includes(one) && layers.includes(two));
    assert.deepEqual(layers, [...new Set(layers)].sort(compareIds));
  }),

  kv4Case('layers: a bucket of its own lists exactly its layers', ['buckets', 'layers'], async (c) => {
    const [one, two] = c.layers as [string, string];
    assert.deepEqual(await c.store.layers(c.bucket), []);
    await c.store.put({ ...c.key('k'), layer: two }, {});
    await c.store.put({ ...c.key('k', '/a'), layer: two }, {});
    assert.deepEqual(await c.store.layers(c.bucket), [two]);
    await c.store.put({ ...c.key('k'), layer: one }, {});
    assert.deepEqual(await c.store.layers(c.bucket), [one, two].sort(compareIds));
    await c.store.deleteSubtree({ ...c.path(), layer: two });
    assert.deepEqual(await c.store.layers(c.bucket), [one]);
  }),

  kv4Case('buckets: do not leak into one another', ['buckets'], async (c) => {
    const buckets = ['', ')woot', 'x', '!', '"', ' ', '$', '!x'].map((ending) => `${c.bucket}${ending}`);
    const at = (bucket: string): { bucket: string; layer: string; path: string } => ({ ...c.path(), bucket });
    for (const bucket of buckets) await c.store.put({ ...at(bucket), key: 'k' }, { bucket });
    for (const bucket of buckets) {
      assert.deepEqual(await c.value({ ...at(bucket), key: 'k' }), { bucket });
      assert.deepEqual((await c.store.tree({ ...at(bucket), path: '/' })).items.map((record) => record.value), [{ bucket }]);
      assert.deepEqual((await c.store.paths({ ...at(bucket), path: '/' })).items, [c.path().path]);
    }
    assert.equal(await c.store.deleteSubtree({ ...at(c.bucket), path: '/' }), 1);
    for (const bucket of buckets.slice(1)) assert.deepEqual(await c.value({ ...at(bucket), key: 'k' }), { bucket });
  }),

  kv4Case('root: is a path like any other', ['buckets'], async (c) => {
    const root = { ...c.path(), path: '/' };
    await c.store.put({ ...root, key: 'k' }, { n: 1 });
    await c.store.put(c.key('below'), { n: 2 });
    assert.deepEqual((await c.store.keys(root)).items, ['k']);
    assert.deepEqual((await c.store.tree(root)).items.map((record) => record.address.path), ['/', c.path().path]);
    assert.deepEqual((await c.store.paths(root)).items, ['/', c.path().path]);
    assert.equal(await c.store.deletePath(root), 1);
    assert.deepEqual((await c.store.paths(root)).items, [c.path().path]);
  }),
];
