import assert from 'node:assert/strict';
import type { JsonValue } from '@xir/kv4-core';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';

const OBJECTS: readonly (readonly [what: string, value: JsonValue])[] = [
  ['an empty object', {}],
  ['an empty string in a field', { text: '' }],
  ['a field with an empty name', { '': 1 }],
  ['null, false and 0 in fields', { a: null, b: false, c: 0 }],
  ['empty arrays and objects in fields', { a: [], b: {}, c: [[]], d: [{}] }],
  ['nested arrays and objects', { a: { b: { c: [1, [2, [3, { d: null }]]] } } }],
  ['numbers of all kinds', { a: -1, b: 1.5, c: 1e21, d: 2.2250738585072014e-308, e: Number.MAX_SAFE_INTEGER, f: -1.7976931348623157e308 }],
  ['text of all kinds', { a: 'ä€😀', b: '"\\/\b\f\n\r\t', c: '\u0000\u0001\u007f', d: '\u2028\u2029', e: '</script>', f: 'a\ufeff' }],
  ['fields named after what objects inherit', { constructor: 1, toString: 2, hasOwnProperty: 3, valueOf: null }],
  ['fields that a document has too', { _id: 'x', _rev: '1-x', _deleted: true, _attachments: {}, v: 1, ver: 2, gone: true, tail: [], m: {}, x: 1 }],
  ['fields whose names look like numbers', { '1': 'a', '0': 'b', '-1': 'c', '1.5': 'd' }],
];

const SCALARS: readonly (readonly [what: string, value: JsonValue])[] = [
  ['an empty string', ''],
  ['a string', 'text'],
  ['a string that reads like JSON', '{"a":1}'],
  ['zero', 0],
  ['a negative fraction', -0.25],
  ['false', false],
  ['true', true],
  ['null', null],
  ['an empty array', []],
  ['an array', [1, 'two', null, { three: 3 }]],
];

function roundTrip([what, value]: readonly [what: string, value: JsonValue], needs: readonly ['scalars'] | readonly []): Kv4StoreCase {
  return kv4Case(`value: ${what} comes back as it was`, needs, async (c) => {
    const written = await c.store.put(c.key('value'), value);
    const record = await c.record(c.key('value'));
    assert.deepEqual(record.value, value);
    assert.deepEqual(JSON.parse(record.valueText), value);
    assert.deepEqual(written.record?.value, value);
    assert.deepEqual((await c.store.list(c.path())).items.map((item) => item.value), [value]);
  });
}

/** What values may be. */
export const valueCases: readonly Kv4StoreCase[] = [
  ...OBJECTS.map((entry) => roundTrip(entry, [])),
  ...SCALARS.map((entry) => roundTrip(entry, ['scalars'])),

  kv4Case('value: a field named __proto__ is a field like any other', [], async (c) => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"a":{"__proto__":1}}') as JsonValue;
    await c.store.put(c.key('proto'), value);
    const record = await c.record(c.key('proto'));
    assert.deepEqual(JSON.parse(record.valueText), value);
    assert.ok(Object.hasOwn(record.value as object, '__proto__'));
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  }),

  kv4Case('value: merging a field named __proto__ sets that field and no prototype', [], async (c) => {
    await c.store.put(c.key('proto'), { a: 1 });
    await c.store.put(c.key('proto'), JSON.parse('{"__proto__":{"polluted":true}}') as JsonValue, { merge: true });
    const record = await c.record(c.key('proto'));
    assert.deepEqual(JSON.parse(record.valueText), JSON.parse('{"a":1,"__proto__":{"polluted":true}}'));
  }),

  kv4Case('value: half a mebibyte comes back whole', [], async (c) => {
    const text = 'ä0123456789'.repeat(43_690);
    await c.store.put(c.key('big'), { text });
    assert.equal((((await c.value(c.key('big'))) ?? {}) as { text?: string }).text, text);
  }),

  kv4Case('value: several large values in a row are all in the series', ['history'], async (c) => {
    for (let n = 0; n < 6; n += 1) await c.store.put(c.key('big'), { n, text: String(n).repeat(60_000) });
    const series = await c.versions(c.key('big'));
    assert.deepEqual(series.map((version) => (version.value as { n: number }).n), [5, 4, 3, 2, 1, 0]);
    for (const { value } of series) {
      const { n, text } = value as { n: number; text: string };
      assert.equal(text, String(n).repeat(60_000));
    }
  }),
];
