import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';

import { BAN_LAYER, BanList, normaliseIpAddress, type CachedStore } from '../src/index.ts';
import { withMethod } from './fixture.ts';

const ban = (store: CachedStore, path: string, key = '10.0.0.1') => store.put({ bucket: 'b', layer: BAN_LAYER, path, key }, {});

/** A store that follows nothing. */
const watchless = (store: CachedStore): CachedStore => withMethod(store, 'supports', { ...store.supports, watch: false });

describe.each([
  ['with a watch', (store: CachedStore) => store],
  ['without a watch', watchless],
])('the list of bans, on a store %s', (_kind, wrap) => {
  it('bans from the path and below, and nowhere else', async () => {
    await using store = new MemoryReferenceStore();
    await ban(store, '/a/b');
    const bans = new BanList(wrap(store), 10);
    const banned = (path: string, address = '10.0.0.1') => bans.check('b', address, path);
    expect(await Promise.all(['/a/b', '/a/b/c/d', '/a', '/a/bc', '/'].map((path) => banned(path)))).toEqual([true, true, false, false, false]);
    expect(await banned('/a/b', '10.0.0.2')).toBe(false);
    expect(await bans.check('other', '10.0.0.1', '/a/b')).toBe(false);
    bans.close();
  });

  it('counts for a subtree that holds its path', async () => {
    await using store = new MemoryReferenceStore();
    await ban(store, '/a/b');
    const bans = new BanList(wrap(store), 10);
    const banned = (path: string) => bans.check('b', '10.0.0.1', path, 'subtree');
    expect(await Promise.all(['/', '/a', '/a/b', '/a/b/c', '/a/bc', '/aa'].map((path) => banned(path)))).toEqual([true, true, true, true, false, false]);
    bans.close();
  });

  it('at the root bans from everything', async () => {
    await using store = new MemoryReferenceStore();
    await ban(store, '/');
    const bans = new BanList(wrap(store), 10);
    expect(await bans.check('b', '10.0.0.1', '/x/y')).toBe(true);
    bans.close();
  });

  it('sees bans that are made and lifted while it is there', async () => {
    await using store = new MemoryReferenceStore();
    const bans = new BanList(wrap(store), 10);
    const becomes = async (expected: boolean) => {
      while ((await bans.check('b', '10.0.0.1', '/a')) !== expected) await new Promise<void>((resolve) => setImmediate(resolve));
    };
    await becomes(false);
    await ban(store, '/a');
    await becomes(true);
    await store.deletePath({ bucket: 'b', layer: BAN_LAYER, path: '/a' });
    await becomes(false);
    expect(await bans.check('b', '10.0.0.1', '/a')).toBe(false);
    bans.close();
  });
});

describe('the list of bans', () => {
  it('answers without a promise once it follows a bucket, and not before', async () => {
    await using store = new MemoryReferenceStore();
    await ban(store, '/a');
    const bans = new BanList(store, 10);
    expect(bans.peek('b', '10.0.0.1', '/a')).toBeUndefined();
    await bans.check('b', '10.0.0.1', '/a');
    expect([bans.peek('b', '10.0.0.1', '/a'), bans.peek('b', '10.0.0.1', '/z')]).toEqual([true, false]);
    bans.close();
    expect(bans.peek('b', '10.0.0.1', '/a')).toBeUndefined();
  });

  it('follows a bounded number of buckets', async () => {
    await using store = new MemoryReferenceStore();
    const bans = new BanList(store, 2);
    for (const bucket of ['b1', 'b2', 'b3']) await bans.check(bucket, '10.0.0.1', '/');
    expect([bans.peek('b1', 'x', '/'), bans.peek('b2', 'x', '/'), bans.peek('b3', 'x', '/')]).toEqual([undefined, false, false]);
    bans.close();
  });

  it('reports a store that cannot be read instead of letting everybody in, and recovers', async () => {
    await using store = new MemoryReferenceStore();
    await ban(store, '/a');
    let broken = true;
    const flaky = withMethod(store, 'watch', (scope, options) => {
      if (broken) throw new Error('away');
      return store.watch(scope, options);
    });
    const bans = new BanList(flaky, 10);
    await expect(bans.check('b', '10.0.0.1', '/a')).rejects.toThrow('away');
    broken = false;
    expect(await bans.check('b', '10.0.0.1', '/a')).toBe(true);
    bans.close();
  });
});

describe('addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
    ['', undefined],
    ['localhost', undefined],
    ['192.0.2', undefined],
    ['192.0.2.256', undefined],
    ['[::1]', undefined],
  ])('%j is %j', (text, expected) => {
    expect(normaliseIpAddress(text)).toBe(expected);
  });
});
