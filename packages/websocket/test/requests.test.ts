import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { failureOf, type SocketClient } from './socket-client.ts';
import { openFixture, type Fixture } from './socket-fixture.ts';

let fixture: Fixture;
let client: SocketClient;

beforeAll(async () => {
  fixture = await openFixture();
  client = await fixture.open();
});
afterAll(() => fixture[Symbol.asyncDispose]());

interface Told {
  readonly version: string;
  readonly timeMs: number;
  readonly value: unknown;
  readonly record?: Told;
}
interface Listed {
  readonly items: readonly Record<string, unknown>[];
  readonly next?: string;
}

const put = async (path: string, key: string, value: unknown, more = {}) => (await client.call('put', { path, key, value, ...more })) as Told;
const get = async (path: string, key: string, more = {}) => (await client.call('get', { path, key, ...more })) as Told | null;

describe('values', () => {
  it('R1 what is put is what every neuron reads, exactly, with its version, time and author', async () => {
    const neighbour = await fixture.openNeighbour();
    const other = await neighbour.open();
    for (const value of [{ a: [1, 'zwei', null] }, 'text', 4.5, true, null, [], { $bytes: 'AAH/' }]) {
      const { version, timeMs } = await put('/r1', 'k', value);
      const read = { value, version, timeMs, author: 'elena' };
      expect(await get('/r1', 'k')).toMatchObject(read);
      expect(await other.call('get', { path: '/r1', key: 'k', fresh: true })).toMatchObject(read);
      expect((await fixture.store.get({ bucket: 'elena', layer: '*data', path: '/r1', key: 'k' }))?.value).toEqual(value);
    }
    expect(await get('/r1', 'none')).toBeNull();
  });

  it('R2 conditions are kept against the database, and a failed one tells the version that stands', async () => {
    const { version } = await put('/r2', 'k', 1, { condition: { type: 'absent' } });
    expect(await failureOf(put('/r2', 'k', 2, { condition: { type: 'absent' } }))).toMatchObject({ error: 'version_conflict', code: 'KV4_ALREADY_EXISTS', version });
    const second = await put('/r2', 'k', 2, { condition: { type: 'version', version } });
    expect(await failureOf(put('/r2', 'k', 3, { condition: { type: 'version', version } }))).toMatchObject({ error: 'version_conflict', code: 'KV4_VERSION_CONFLICT', version: second.version });
    expect(await failureOf(put('/r2', 'k', 3, { condition: { type: 'locked' } }))).toMatchObject({ error: '_ver_missing', code: 'KV4_VERSION_MISSING' });
    expect(await failureOf(put('/r2', 'none', 3, { condition: { type: 'present' } }))).toMatchObject({ error: 'not_found', code: 'KV4_NOT_FOUND' });
    expect(await failureOf(client.call('delete', { path: '/r2', key: 'k', condition: { type: 'version', version } }))).toMatchObject({ code: 'KV4_VERSION_CONFLICT' });
    expect(await client.call('delete', { path: '/r2', key: 'k', condition: { type: 'version', version: second.version } })).toMatchObject({ durable: true });
    expect(await client.call('delete', { path: '/r2', key: 'k' })).toBeNull();
  });

  it('R3 values are merged, expire, and are found by their secondary keys', async () => {
    await put('/r3', 'k', { a: 1, b: 2 }, { secondary: { k2: 'second' }, expiresInMs: 60_000 });
    const merged = await put('/r3', 'k', { b: 3 }, { merge: true, answer: 'record' });
    expect(merged.record).toMatchObject({ value: { a: 1, b: 3 }, secondary: { k2: 'second' } });
    const askedMs = Date.now();
    const { record } = await put('/r3', 'short', 1, { expiresInMs: 60_000, answer: 'record' });
    expect(record).toMatchObject({ expiresAtMs: expect.any(Number) as number });
    const { expiresAtMs } = record as unknown as { readonly expiresAtMs: number };
    expect(expiresAtMs).toBeGreaterThanOrEqual(askedMs + 60_000);
    expect(expiresAtMs).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(await client.call('find', { path: '/r3', by: 'k2', value: 'second' })).toMatchObject({ key: 'k', value: { a: 1, b: 3 } });
    expect(await client.call('find', { path: '/r3', by: 'k3', value: 'second' })).toBeNull();
  });

  it('R4 a cached value is answered with its age, at once', async () => {
    await put('/r4', 'k', 1);
    const before = fixture.face.metrics().cachedAnswers;
    await get('/r4', 'k');
    expect(fixture.face.metrics().cachedAnswers).toBe(before + 1);
    expect(JSON.parse(client.texts.at(-1) ?? '')).toMatchObject({ ageMs: expect.any(Number) as number });
    await get('/r4', 'k', { fresh: true });
    await get('/r4', 'k', { maxAgeMs: 60_000 });
    expect(fixture.face.metrics().cachedAnswers).toBe(before + 1);
  });
});

describe('listings and history', () => {
  it('R5 keys, records, subtrees, paths and layers are listed in pages', async () => {
    for (const [path, key] of [['/r5', 'a'], ['/r5', 'b'], ['/r5/deep', 'c']] as const) await put(path, key, key);
    await put('/r5', 'other', 1, { layer: 'mine' });
    expect(await client.call('keys', { path: '/r5' })).toEqual({ items: ['a', 'b'] });
    const first = (await client.call('list', { path: '/r5', limit: 1 })) as Listed;
    expect(first.items).toMatchObject([{ path: '/r5', key: 'a', value: 'a' }]);
    expect(((await client.call('list', { path: '/r5', after: first.next })) as Listed).items).toMatchObject([{ key: 'b' }]);
    expect(((await client.call('tree', { path: '/r5' })) as Listed).items).toMatchObject([{ key: 'a' }, { key: 'b' }, { path: '/r5/deep', key: 'c' }]);
    expect(((await client.call('tree', { path: '/r5', depth: 0 })) as Listed).items).toHaveLength(2);
    expect(await client.call('paths', { path: '/r5' })).toEqual({ items: ['/r5', '/r5/deep'] });
    expect(((await client.call('layers')) as { items: string[] }).items).toEqual(expect.arrayContaining(['*data', 'mine']));
    expect(await client.call('delete-path', { path: '/r5' })).toEqual({ count: 2 });
    expect(await client.call('delete-tree', { path: '/r5' })).toEqual({ count: 1 });
  });

  it('R6 series are read in pages in both directions; values, subtrees and aggregates as they were', async () => {
    const versions = [];
    for (const value of [1, 2, 3]) versions.push((await put('/r6', 'n', value)).version);
    await client.call('delete', { path: '/r6', key: 'n' });
    const walk = async (ascending: boolean) => {
      const values: unknown[] = [];
      let after: string | undefined;
      do {
        const page = (await client.call('series', { path: '/r6', key: 'n', limit: 1, ascending, ...(after === undefined ? {} : { after }) })) as Listed;
        values.push(...page.items.map(({ value }) => value));
        after = page.next;
      } while (after !== undefined);
      return values;
    };
    expect(await walk(false)).toEqual([null, 3, 2, 1]);
    expect(await walk(true)).toEqual([1, 2, 3, null]);
    const { items } = (await client.call('series', { path: '/r6', key: 'n' })) as Listed;
    expect(items[0]).toMatchObject({ deleted: true });
    const timeMs = items[1]?.['timeMs'];
    expect(await client.call('at', { path: '/r6', key: 'n', timeMs })).toMatchObject({ value: 3 });
    expect(await client.call('at', { path: '/r6', key: 'n', timeMs: 1 })).toBeNull();
    expect(((await client.call('tree-at', { path: '/r6', timeMs })) as Listed).items).toMatchObject([{ path: '/r6', key: 'n', value: 3 }]);
    expect(await client.call('aggregate', { path: '/r6', key: 'n' })).toMatchObject({ total: { count: 3, sum: 6 } });
    const days = (await client.call('aggregate', { path: '/r6', key: 'n', groupBy: 'day' })) as { groups: Record<string, unknown> };
    expect(Object.values(days.groups)).toMatchObject([{ sum: 6 }]);
    expect(await failureOf(client.call('series', { path: '/r6', key: 'n', after: 'nonsense' }))).toMatchObject({ code: 'WEBSOCKET_BAD_FIELD' });
  });

  it('R7 history of an earlier account of the same name is not shown', async () => {
    const scope = { bucket: '$sys', author: '$sys' };
    const { accounts } = fixture.accounts;
    const address = { bucket: 'lily', layer: '*data', path: '/r7', key: 'k' };
    // As an account leaves it that was removed by a store that cannot erase.
    const { timeMs } = await fixture.store.put(address, 'of before');
    await accounts.create(scope, 'lily', { email: 'lily@example.org', secret: 'lilys' });
    await fixture.store.put(address, 'new');
    const system = await fixture.connect();
    await system.call('login', { account: 'lily', secret: 'lilys' });
    const { items } = (await system.call('series', { path: '/r7', key: 'k' })) as Listed;
    expect(items.map(({ value }) => value)).toEqual(['new']);
    expect(await system.call('at', { path: '/r7', key: 'k', timeMs })).toBeNull();
    expect(((await system.call('tree-at', { path: '/r7', timeMs })) as Listed).items).toEqual([]);
  });
});

describe('batches', () => {
  it('R8 each request of a batch has its own result or error, in its place; writes leave together', async () => {
    const result = (await client.call('batch', {
      requests: [
        { op: 'put', path: '/r8', key: 'a', value: 1 },
        { op: 'put', path: '/r8', key: 'b', value: 2, condition: { type: 'present' } },
        { op: 'get', path: '/r8', key: 'none' },
        { op: 'get', path: '/r8', key: 'k', layer: '*acc' },
      ],
    })) as Record<string, Record<string, unknown>>[];
    expect(result[0]?.['result']).toMatchObject({ durable: true });
    expect(result[1]?.['error']).toMatchObject({ error: 'not_found', code: 'KV4_NOT_FOUND' });
    expect(result[2]).toMatchObject({ result: null });
    expect(result[3]?.['error']).toMatchObject({ error: 'bad_layer_prefix', code: 'WEBSOCKET_LAYER_NOT_ALLOWED' });
  });

  it('R10 every request of a client that is logged in is told to statistics, those of a batch one by one', async () => {
    const counted: string[] = [];
    await using counting = await openFixture({ face: { countRequest: ({ bucket, author }, entity) => counted.push(`${bucket} ${author} ${entity}`) } });
    const stranger = await counting.connect();
    await stranger.call('ping');
    expect(counted).toEqual([]);
    const elena = await counting.open();
    await elena.call('put', { path: '/r10', key: 'a', value: 1 });
    await elena.call('batch', { requests: [{ op: 'get', path: '/r10', key: 'a' }, { op: 'delete', path: '/r10', key: 'b' }] });
    await elena.call('watch', { scope: 'path', path: '/r10' });
    expect(counted).toEqual(['put', 'get', 'delete', 'watch'].map((op) => `elena elena /ws/${op}`));
  });

  it('R9 answers are given to their ids, whichever is found first', async () => {
    const slow = client.call('get', { path: '/r9', key: 'k', fresh: true, id: 'a text' as unknown as number });
    const fast = client.call('ping');
    expect(await Promise.all([slow, fast])).toEqual([null, { timeMs: expect.any(Number) as number }]);
  });
});
