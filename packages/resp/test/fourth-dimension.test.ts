import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openFixture, type Fixture } from './face-fixture.ts';
import type { RespClient } from './resp-client.ts';

let fixture: Fixture;
let client: RespClient;

beforeAll(async () => {
  fixture = await openFixture();
  client = await fixture.open(3);
});
afterAll(() => fixture[Symbol.asyncDispose]());

const get = async (...words: string[]) => (await client.call('KV4.GET', ...words)) as Map<string, unknown>;

describe('the fourth dimension', () => {
  it('D1 KV4.PUT answers the version; IFVER and NX refuse with a code, and KV4.GET reads back any version or time', async () => {
    const first = (await client.call('KV4.PUT', '/d1/k', 'one', 'NX')) as string;
    expect(((await client.call('KV4.PUT', '/d1/k', 'two', 'NX')) as Error).message).toMatch(/^KV4_ALREADY_EXISTS /);
    const second = (await client.call('KV4.PUT', '/d1/k', 'two', 'IFVER', first)) as string;
    expect(((await client.call('KV4.PUT', '/d1/k', 'three', 'IFVER', first)) as Error).message).toMatch(/^KV4_VERSION_CONFLICT /);
    const now = await get('/d1/k', 'FRESH');
    expect(now.get('value')).toBe('two');
    expect(now.get('version')).toBe(second);
    expect(now.get('author')).toBe('elena');
    expect(now.get('age')).toBeGreaterThanOrEqual(0);
    expect((await get('/d1/k', 'VER', first)).get('value')).toBe('one');
    expect(await client.call('KV4.GET', '/d1/k', 'VER', 'nonsense')).toBeNull();
    expect(await client.call('KV4.GET', '/d1/k', 'AT', '2020-01-01')).toBeNull();
    expect((await get('/d1/k', 'AT', String(now.get('time')))).get('value')).toBe('two');
    expect((await get('/d1/k', 'AGE', '60000')).get('value')).toBe('two');
    expect(await client.call('KV4.PUT', '/d1/short', 'x', 'EX', 100)).toMatch(/-n1$/);
    expect(await client.call('TTL', '/d1/short')).toBe(100);
  });

  it('D2 KV4.SERIES, KV4.AGG and KV4.TREE read what was', async () => {
    for (const value of ['1', '2', '3']) await client.call('SET', '/d2/n', value);
    await client.call('DEL', '/d2/n');
    const series = (await client.call('KV4.SERIES', '/d2/n')) as unknown[][];
    expect(series.map((row) => row[3])).toEqual([null, '3', '2', '1']);
    expect((await client.call('KV4.SERIES', '/d2/n', 'ASC', 'COUNT', 2)) as unknown[][]).toHaveLength(2);
    const total = (await client.call('KV4.AGG', '/d2/n')) as Map<string, unknown>;
    expect(Object.fromEntries(total)).toMatchObject({ count: 3, sum: 6, min: 1, max: 3, avg: 2 });
    const days = (await client.call('KV4.AGG', '/d2/n', 'BY', 'day')) as Map<string, Map<string, unknown>>;
    expect([...days.values()][0]?.get('sum')).toBe(6);
    await client.pipeline([['SET', '/d2/a', '{"x":1}'], ['SET', '/d2/deep/b', '2']]);
    const [cursor, rows] = (await client.call('KV4.TREE', '/d2')) as [null, unknown[][]];
    expect(cursor).toBeNull();
    expect(rows.map((row) => [row[0], row[5]])).toEqual([['/d2/a', '{"x":1}'], ['/d2/deep/b', '2']]);
    const [next, page] = (await client.call('KV4.TREE', '/d2', 'COUNT', 1)) as [string, unknown[][]];
    expect(page).toHaveLength(1);
    expect(((await client.call('KV4.TREE', '/d2', 'AFTER', next)) as [null, unknown[][]])[1]).toHaveLength(1);
    const time = String((rows[0] as unknown[])[3]);
    await client.call('SET', '/d2/a', 'later');
    expect(((await client.call('KV4.TREE', '/d2', 'AT', time, 'DEPTH', 0)) as [null, unknown[][]])[1].map((row) => row[5])).toEqual(['{"x":1}']);
    expect(((await client.call('KV4.TREE', '/d2', 'DEPTH', 'x')) as Error).message).toBe('ERR value is not an integer or out of range');
  });

  it('D3 KV4.WATCH tells what is there and what changes, and goes on from a position', async () => {
    const watcher = await fixture.open(3);
    await client.call('SET', '/d3/a', '1');
    const id = await watcher.call('KV4.WATCH', '/d3', 'PATH', 'INITIAL');
    expect(await watcher.message()).toMatchObject(['kv4.watch', id, 'put', expect.any(String), '/d3/a', expect.any(String), 'elena', '1']);
    expect(await watcher.message()).toMatchObject(['kv4.watch', id, 'end-of-initial', expect.any(String)]);
    await client.call('SET', '/d3/b', '2');
    const [, , , position] = await watcher.message();
    expect(await watcher.call('KV4.UNWATCH', Number(id))).toBe(1);
    await client.call('DEL', '/d3/b');
    await watcher.call('KV4.WATCH', '/d3', 'TREE', 'AFTER', position as string);
    expect(await watcher.message()).toMatchObject(['kv4.watch', 2, 'delete', expect.any(String), '/d3/b', expect.any(String)]);
    expect(await watcher.call('KV4.UNWATCH', 77)).toBe(0);
    await watcher.call('KV4.WATCH', '/d3/k', 'AFTER', 'nonsense');
    expect((await watcher.message())[2]).toBe('reset');
    const old = await fixture.open(2);
    expect(((await old.call('KV4.WATCH', '/d3')) as Error).message).toMatch(/HELLO 3/);
  });

  it('D4 history of an earlier account of the same name is not shown', async () => {
    await client.call('SET', '/d4/k', 'old');
    const scope = { bucket: '$sys', author: '$sys' };
    await fixture.accounts.accounts.create(scope, 'lily', { email: 'lily@example.org', secret: 'lilys' });
    await fixture.store.put({ bucket: 'lily', layer: '*data', path: '/', key: 'k' }, 'of before');
    const { accounts } = fixture.accounts;
    await accounts.remove(scope, 'lily');
    await accounts.create(scope, 'lily', { email: 'lily@example.org', secret: 'lilys' });
    await fixture.store.put({ bucket: 'lily', layer: '*data', path: '/', key: 'k' }, 'new');
    const lily = fixture.connect();
    await lily.call('AUTH', 'lily', 'lilys');
    expect(((await lily.call('KV4.SERIES', 'k')) as unknown[][]).map((row) => row[3])).toEqual(['new']);
  });

  it('D5 every command says what it is, and the ones of KV4 are among them', async () => {
    const names = (await client.call('COMMAND', 'LIST')) as string[];
    const docs = (await client.call('COMMAND', 'DOCS')) as Map<string, Map<string, unknown>>;
    expect([...docs.keys()].sort()).toEqual([...names].sort());
    for (const [name, told] of docs) {
      expect(told.get('summary'), name).toMatch(/^[A-Z].*\.$/);
      expect(told.get('group'), name).toMatch(/^[a-z0-9]+$/);
    }
    expect(names).toEqual(expect.arrayContaining(['kv4.get', 'kv4.put', 'kv4.series', 'kv4.agg', 'kv4.tree', 'kv4.watch', 'kv4.unwatch']));
    expect(await client.call('COMMAND', 'COUNT')).toBe(names.length);
  });
});
