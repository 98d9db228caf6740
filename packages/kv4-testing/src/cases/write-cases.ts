import assert from 'node:assert/strict';
import type { JsonValue } from '@xir/kv4-core';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { expectCode } from '../suite/expect-code.ts';

/** Reading and writing one key. */
export const writeCases: readonly Kv4StoreCase[] = [
  kv4Case('put: a value written is read back, with its version and time', [], async (c) => {
    const address = c.key('elena');
    const written = await c.store.put(address, { name: 'Elena', age: 30 });
    const record = await c.record(address);
    assert.deepEqual(record.value, { name: 'Elena', age: 30 });
    assert.deepEqual(JSON.parse(record.valueText), record.value);
    assert.deepEqual(record.address, address);
    assert.equal(record.version, written.version);
    assert.equal(record.timeMs, written.timeMs);
    assert.equal(Number.parseInt(written.version.slice(0, 12), 16), written.timeMs);
    assert.deepEqual(record.secondary, {});
    assert.equal(record.expiresAtMs, undefined);
  }),

  kv4Case('put: the result carries the address and the record as stored', [], async (c) => {
    const address = c.key('elena');
    const written = await c.store.put(address, { name: 'Elena' });
    assert.deepEqual(written.address, address);
    assert.equal(typeof written.durable, 'boolean');
    assert.deepEqual(written.record?.value, { name: 'Elena' });
    assert.equal(written.record?.version, written.version);
  }),

  kv4Case('get: a key that was never written is undefined', [], async (c) => {
    assert.equal(await c.store.get(c.key('nobody')), undefined);
    assert.equal(await c.store.get(c.key('nobody', '/nowhere/at/all')), undefined);
  }),

  kv4Case('get: a key read as absent is there once it is written', [], async (c) => {
    const address = c.key('late');
    assert.equal(await c.store.get(address), undefined);
    await c.store.put(address, { n: 1 });
    assert.deepEqual(await c.value(address), { n: 1 });
  }),

  kv4Case('get: a writer reads its own writes, every time', [], async (c) => {
    const address = c.key('counter');
    for (let n = 0; n < 20; n += 1) {
      const { version } = await c.store.put(address, { n });
      const record = await c.record(address);
      assert.deepEqual(record.value, { n });
      assert.equal(record.version, version);
    }
  }),

  kv4Case('get: fresh and maxAgeMs give the value that stands', [], async (c) => {
    const address = c.key('fresh');
    await c.store.put(address, { n: 1 });
    assert.deepEqual((await c.store.get(address, { fresh: true }))?.value, { n: 1 });
    assert.deepEqual((await c.store.get(address, { maxAgeMs: 0 }))?.value, { n: 1 });
    assert.deepEqual((await c.store.get(address, { maxAgeMs: 60_000 }))?.value, { n: 1 });
  }),

  kv4Case('put: a second value replaces the first, fields and all, and versions grow', [], async (c) => {
    const address = c.key('elena');
    const first = await c.store.put(address, { name: 'Elena', age: 30 });
    const second = await c.store.put(address, { name: 'Lily' });
    assert.deepEqual(await c.value(address), { name: 'Lily' });
    assert.ok(second.version > first.version);
    assert.ok(second.timeMs >= first.timeMs);
  }),

  kv4Case('put: keys that begin alike are different keys', [], async (c) => {
    await c.fill(['a', 'ab', 'abc']);
    assert.deepEqual(await c.value(c.key('a')), { name: 'a' });
    assert.deepEqual(await c.value(c.key('ab')), { name: 'ab' });
    assert.deepEqual(await c.value(c.key('abc')), { name: 'abc' });
    assert.equal(await c.store.get(c.key('abcd')), undefined);
  }),

  kv4Case('put: the same key at a parent, a child and a sibling path is another key', [], async (c) => {
    await c.fill(['k', '/a/k', '/a/b/k', '/ab/k']);
    for (const name of ['k', '/a/k', '/a/b/k', '/ab/k']) assert.deepEqual(await c.value(c.named(name)), { name });
  }),

  kv4Case('put: the value is taken as it was at the call; changing the object afterwards changes nothing', [], async (c) => {
    const address = c.key('aliased');
    const value = { name: 'Elena', tags: ['a'] };
    const writing = c.store.put(address, value);
    value.name = 'changed during the write';
    await writing;
    value.tags.push('changed after the write');
    assert.deepEqual(await c.value(address), { name: 'Elena', tags: ['a'] });
  }),

  kv4Case('put: a path is normalised, so that however it is written it is the same place', [], async (c) => {
    const clean = c.key('k', '/a/b');
    const messy = { ...clean, path: `${clean.path.replaceAll('/', '//')}//` };
    await c.store.put(messy, { n: 1 });
    assert.deepEqual(await c.value(clean), { n: 1 });
    assert.equal((await c.record(messy)).address.path, clean.path);
  }),

  kv4Case('put: the author named is kept', ['author'], async (c) => {
    await c.store.put(c.key('signed'), { n: 1 }, { author: 'elena' });
    assert.equal((await c.record(c.key('signed'))).author, 'elena');
    await c.store.put(c.key('signed'), { n: 2 }, { author: 'lily' });
    assert.equal((await c.record(c.key('signed'))).author, 'lily');
  }),

  kv4Case('put: without an author named, the store signs the write', [], async (c) => {
    await c.store.put(c.key('unsigned'), { n: 1 });
    assert.equal(typeof (await c.record(c.key('unsigned'))).author, 'string');
  }),

  kv4Case('put: what JSON cannot carry is refused with KV4_BAD_VALUE and changes nothing', [], async (c) => {
    const address = c.key('guarded');
    await c.store.put(address, { n: 1 });
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const bad: unknown[] = [{ x: undefined }, { x: () => 1 }, { x: 1n }, { x: Number.NaN }, { x: Number.POSITIVE_INFINITY }, { x: '\ud800' }, { '\udfff': 1 }, cycle, { x: new Date(0) }];
    for (const value of bad) await expectCode(c.store.put(address, value as JsonValue), 'KV4_BAD_VALUE');
    await expectCode(c.store.put(address, undefined as unknown as JsonValue), 'KV4_BAD_VALUE');
    assert.deepEqual(await c.value(address), { n: 1 });
  }),

  kv4Case('put: a value nested deeper than 256 is refused with KV4_BAD_VALUE', [], async (c) => {
    let deep: JsonValue = {};
    for (let depth = 0; depth < 300; depth += 1) deep = { deep };
    await expectCode(c.store.put(c.key('deep'), deep), 'KV4_BAD_VALUE');
    assert.equal(await c.store.get(c.key('deep')), undefined);
  }),

  kv4Case('put: a value above the limit is refused with KV4_VALUE_TOO_LARGE and changes nothing', [], async (c) => {
    const address = c.key('large');
    await c.store.put(address, { n: 1 });
    await expectCode(c.store.put(address, { text: 'x'.repeat(1_048_577) }), 'KV4_VALUE_TOO_LARGE');
    assert.deepEqual(await c.value(address), { n: 1 });
  }),

  kv4Case('put: options that make no sense are refused with KV4_BAD_OPTION and change nothing', [], async (c) => {
    const address = c.key('guarded');
    await c.store.put(address, { n: 1 });
    const write = c.store.put(address, { n: 2 }, { condition: { type: 'sometimes' } as unknown as { type: 'any' } });
    await expectCode(write, 'KV4_BAD_OPTION');
    await expectCode(c.store.put(address, { n: 2 }, { expiresInMs: -1 }), 'KV4_BAD_OPTION');
    await expectCode(c.store.put(address, { n: 2 }, { expiresInMs: Number.NaN }), 'KV4_BAD_OPTION');
    await expectCode(c.store.delete(address, { condition: { type: 'absent' } }), 'KV4_BAD_OPTION');
    assert.deepEqual(await c.value(address), { n: 1 });
  }),

  kv4Case('put: many keys written at once are all there', [], async (c) => {
    const names = Array.from({ length: 60 }, (_, index) => `key-${index}`);
    const results = await Promise.all(names.map((name) => c.store.put(c.key(name), { name })));
    assert.equal(new Set(results.map((result) => result.version)).size, names.length);
    for (const name of names) assert.deepEqual(await c.value(c.key(name)), { name });
  }),
];
