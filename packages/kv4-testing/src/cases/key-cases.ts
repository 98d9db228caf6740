import assert from 'node:assert/strict';
import { compareIds } from '@xir/kv4-core';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';

/** Names that break careless escaping, encoding, ordering or lookup; all of them can stand in a URL (`.` and `..` as segments cannot). */
const ODD_NAMES: readonly string[] = [
  ' ', '  ', 'a', ' a', 'a ', 'a b', '!', '!!', 'a!b', '"', '""', '"a', '"`', 'a"b', '#', '%', '%2F', '%252F', '%00', '+', 'a+b', '&a=b', '?', '?k=v', '...', '*', '$sys', ')',
  '_', '_design', '_id', '__proto__', 'constructor', 'toString', 'null', 'undefined', '0', '-1', '\\', '\u0000', '\u0001', '\n', '\u007f', '\u0080', 'ä', 'a\u0308', 'ÿ',
  'z', '\ud7ff', '\ue000', '\ufeff', '\ufffd', '\uffff', '😀', '𐀀', '\u{10ffff}', '漢字',
];
/** As keys, names may also hold slashes. */
const ODD_KEYS: readonly string[] = [...ODD_NAMES, '.', '..', '/', '//', '/a', 'a/', 'a/b', '../x'];

/** Names that keys and paths may have. */
export const keyCases: readonly Kv4StoreCase[] = [
  kv4Case('names: odd keys keep apart, and are listed by code point', [], async (c) => {
    await Promise.all(ODD_KEYS.map((key, n) => c.store.put(c.key(key), { n })));
    for (const [n, key] of ODD_KEYS.entries()) {
      const record = await c.record(c.key(key));
      assert.deepEqual([record.address.key, record.value], [key, { n }]);
    }
    assert.deepEqual((await c.store.keys(c.path())).items, [...ODD_KEYS].sort(compareIds));
  }),

  kv4Case('names: deleting an odd key deletes no other', [], async (c) => {
    await Promise.all(ODD_KEYS.map((key, n) => c.store.put(c.key(key), { n })));
    const rest = [...ODD_KEYS].sort(compareIds);
    for (const key of ['!', '"', '%2F', 'a/b', '__proto__', '😀', ' ']) {
      assert.ok(await c.store.delete(c.key(key)), `${JSON.stringify(key)} should have been there`);
      rest.splice(rest.indexOf(key), 1);
    }
    assert.deepEqual((await c.store.keys(c.path())).items, rest);
  }),

  kv4Case('names: odd segments of paths keep apart, and are listed by code point', [], async (c) => {
    await Promise.all(ODD_NAMES.map((segment, n) => c.store.put(c.key('k', `/${segment}`), { n })));
    const { items } = await c.store.paths(c.path());
    assert.deepEqual(items.map((path) => c.below(path).slice(1)), [...ODD_NAMES].sort(compareIds));
    for (const [n, segment] of ODD_NAMES.entries()) assert.deepEqual(await c.value(c.key('k', `/${segment}`)), { n });
  }),

  kv4Case('names: a listing of an odd path lists that path alone', [], async (c) => {
    await Promise.all(ODD_NAMES.map((segment) => c.store.put(c.key(`in ${segment}`, `/${segment}`), {})));
    for (const segment of ODD_NAMES) assert.deepEqual((await c.store.keys(c.path(`/${segment}`))).items, [`in ${segment}`]);
  }),

  kv4Case('names: odd additional keys are found exactly', [], async (c) => {
    await Promise.all(ODD_KEYS.map((value, n) => c.store.put(c.key(`key${n}`), { n }, { secondary: { k2: value } })));
    for (const [n, value] of ODD_KEYS.entries()) assert.equal((await c.store.find(c.path(), 'k2', value))?.address.key, `key${n}`);
  }),

  kv4Case('names: the longest key and the deepest path are accepted', [], async (c) => {
    const longest = c.key('k'.repeat(1024));
    await c.store.put(longest, { n: 1 });
    assert.deepEqual(await c.value(longest), { n: 1 });
    const used = c.path().path.split('/').length - 1;
    const deepest = c.key('k', '/s'.repeat(32 - used));
    await c.store.put(deepest, { n: 2 });
    assert.deepEqual(await c.value(deepest), { n: 2 });
  }),

  kv4Case('names: case and composition of letters are kept apart', [], async (c) => {
    const names = ['a', 'A', '\u00e9', 'e\u0301', 'ß', 'ss', 'K', '\u212a'];
    await Promise.all(names.map((key) => c.store.put(c.key(key), { key })));
    for (const key of names) assert.deepEqual(await c.value(c.key(key)), { key });
  }),
];
