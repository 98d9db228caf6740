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

const json = async (...words: ReadonlyArray<string | number>): Promise<unknown> => {
  const text = await client.call(...words, 'JSON');
  if (text instanceof Error) throw text;
  return text === null ? null : JSON.parse(text as string);
};

describe('the commands of KV4', () => {
  it('D6 reach any address: with KEY, LAYER and BUCKET the name is a path as it stands', async () => {
    const place = ['KEY', 'a/b:c', 'LAYER', 'own', 'BUCKET', 'elena'];
    const version = await client.call('KV4.PUT', '/x:/y', 'one', ...place);
    expect(await fixture.store.get({ bucket: 'elena', layer: 'own', path: '/x:/y', key: 'a/b:c' })).toMatchObject({ version, value: 'one', author: 'elena' });
    expect(((await client.call('KV4.GET', '/x:/y', ...place)) as Map<string, unknown>).get('value')).toBe('one');
    expect(await client.call('KV4.LAYERS')).toContain('own');
    expect(((await client.call('KV4.GET', '/x', 'KEY', 'k', 'BUCKET', 'somebody')) as Error).message).toMatch(/^NOPERM /);
    expect(((await client.call('KV4.GET', '/x', 'KEY', 'k', 'LAYER', '*acc')) as Error).message).toMatch(/^NOPERM /);
    expect(((await client.call('KV4.GET', '/x', 'LAYER', 'own')) as Error).message).toBe('ERR syntax error');
  });

  it('D7 with JSON take and answer values as JSON, and records whole', async () => {
    expect(await json('KV4.PUT', '/k2/n', '"42"', 'K2', 'red', 'PX', 60_000)).toMatchObject({ durable: true, record: { value: '42', secondary: { k2: 'red' } } });
    const [text, age] = (await client.call('KV4.GET', '/k2/n', 'JSON')) as [string, number];
    expect(JSON.parse(text)).toMatchObject({ value: '42', author: 'elena', secondary: { k2: 'red' }, expiresAtMs: expect.any(Number), timeMs: expect.any(Number) });
    expect(age).toBeGreaterThanOrEqual(0);
    expect((await client.call('KV4.GET', '/k2/none', 'JSON')) as unknown[]).toMatchObject([null, expect.anything()]);
    expect(await json('KV4.FIND', '/k2', 'K2', 'red')).toMatchObject({ key: 'n' });
    expect(await json('KV4.PUT', '/k2/n', '7', 'NOKEYS')).not.toHaveProperty('record.secondary');
    expect(await client.call('KV4.FIND', '/k2', 'K2', 'red')).toBeNull();
    expect(((await client.call('KV4.PUT', '/k2/n', '{', 'JSON')) as Error).message).toMatch(/^KV4_BAD_VALUE /);
    expect(await json('KV4.PUT', '/k2/o', '{"a":1}')).toMatchObject({ record: { value: { a: 1 } } });
    expect(await json('KV4.PUT', '/k2/o', '{"b":2}', 'MERGE')).toMatchObject({ record: { value: { a: 1, b: 2 } } });
    expect(await json('KV4.AGG', '/k2/n')).toMatchObject({ total: { sum: 7 } });
    expect(await json('KV4.SERIES', '/k2/n')).toMatchObject({ items: [{ value: 7, deleted: false }, { value: '42' }] });
  });

  it('D8 write and delete on any condition of the store, and tell the version that stands', async () => {
    expect(((await client.call('KV4.PUT', '/k3/k', 'x', 'XX')) as Error).message).toMatch(/^KV4_NOT_FOUND /);
    const first = (await client.call('KV4.PUT', '/k3/k', 'one', 'LOCK', '')) as string;
    expect(((await client.call('KV4.PUT', '/k3/k', 'two', 'LOCK', '')) as Error).message).toMatch(new RegExp(`^KV4_VERSION_MISSING .*\\(current version ${first}\\)$`));
    expect(((await client.call('KV4.PUT', '/k3/k', 'two', 'NX')) as Error).message).toMatch(new RegExp(`\\(current version ${first}\\)$`));
    expect(((await client.call('KV4.DEL', '/k3/k', 'IFVER', '0000000000000000-n1')) as Error).message).toMatch(/^KV4_VERSION_CONFLICT /);
    expect(await client.call('KV4.DEL', '/k3/k', 'IFVER', first)).toMatch(/-n1$/);
    expect(await client.call('KV4.DEL', '/k3/k')).toBeNull();
    expect(((await client.call('KV4.PUT', '/k3/k', 'x', 'XX', 'NX')) as Error).message).toBe('ERR syntax error');
    await client.pipeline([['KV4.PUT', '/k3/a', '1'], ['KV4.PUT', '/k3/b', '2'], ['KV4.PUT', '/k3/deep/c', '3']]);
    expect(await client.call('KV4.DELPATH', '/k3')).toBe(2);
    expect(await client.call('KV4.DELPATH', '/k3', 'TREE')).toBe(1);
  });

  it('D9 list a page at a time: keys, records, paths, versions', async () => {
    await client.pipeline([['SET', '/k4/a', '1'], ['SET', '/k4/b', '2'], ['SET', '/k4/deep/c', '3'], ['SET', '/k4/a', '4']]);
    const [next, keys] = (await client.call('KV4.KEYS', '/k4', 'COUNT', 1)) as [string, string[]];
    expect(keys).toEqual(['a']);
    expect(await client.call('KV4.KEYS', '/k4', 'AFTER', next, 'FRESH')).toEqual([null, ['b']]);
    expect(await client.call('KV4.PATHS', '/k4', 'DEPTH', 1)).toEqual([null, ['/k4', '/k4/deep']]);
    const [, rows] = (await client.call('KV4.LIST', '/k4', 'AGE', 60_000)) as [null, unknown[][]];
    expect(rows.map((row) => [row[0], row[5]])).toEqual([['/k4/a', '4'], ['/k4/b', '2']]);
    expect(await json('KV4.TREE', '/k4')).toMatchObject({ items: [{ path: '/k4', key: 'a', value: 4 }, { key: 'b' }, { path: '/k4/deep', key: 'c' }] });
    const page = (await json('KV4.SERIES', '/k4/a', 'COUNT', 1)) as { items: unknown[]; next: string };
    expect(page.items).toMatchObject([{ value: 4 }]);
    expect(await json('KV4.SERIES', '/k4/a', 'AFTER', page.next)).toMatchObject({ items: [{ value: 1 }] });
    expect(((await client.call('KV4.SERIES', '/k4/a', 'AFTER', 'x')) as Error).message).toMatch(/^ERR /);
  });

  it('D10 a watch with CREDIT tells no more events than it was granted, and goes on when more are', async () => {
    const watcher = await fixture.open(3);
    for (const key of ['a', 'b', 'c']) await client.call('SET', `/k5/${key}`, key);
    const id = Number(await watcher.call('KV4.WATCH', '/k5', 'PATH', 'INITIAL', 'CREDIT', 2, 'JSON'));
    const event = async () => JSON.parse(((await watcher.message()) as string[])[2] as string) as unknown;
    expect(await event()).toMatchObject({ event: 'put', record: { path: '/k5', key: 'a', value: 'a' } });
    expect(await event()).toMatchObject({ record: { key: 'b' } });
    await watcher.call('PING');
    await client.call('GET', '/k5/a');
    expect(watcher.pendingMessages).toEqual([]);
    expect(await watcher.call('KV4.CREDIT', id, 2)).toBe(1);
    expect(await event()).toMatchObject({ record: { key: 'c' } });
    expect(await event()).toMatchObject({ event: 'end-of-initial', position: expect.any(String) });
    expect(await watcher.call('KV4.CREDIT', 77, 2)).toBe(0);
    expect(((await watcher.call('KV4.CREDIT', id, -1)) as Error).message).toMatch(/CREDIT must be/);
    expect(await watcher.call('KV4.UNWATCH', id)).toBe(1);
  });

  it('D11 a watch tells nothing of an earlier account of the same name', async () => {
    // As an account leaves it that was removed by a store that cannot erase.
    const address = { bucket: 'rosa', layer: '*data', path: '/r', key: 'k' };
    const events = fixture.store.watch({ type: 'key', address })[Symbol.asyncIterator]();
    const begun = await events.next();
    await events.return?.();
    await fixture.store.put(address, 'of before');
    await fixture.accounts.accounts.create({ bucket: '$sys', author: '$sys' }, 'rosa', { email: 'rosa@example.org', secret: 'rosas' });
    await fixture.store.put(address, 'new');
    const position = begun.value?.position;
    const rosa = fixture.connect();
    await rosa.call('HELLO', 3, 'AUTH', 'rosa', 'rosas');
    await rosa.call('KV4.WATCH', '/r', 'PATH', 'HISTORY', 'AFTER', position as string);
    const heard: unknown[] = [];
    while (heard.at(-1) !== 'new') heard.push((await rosa.message()).at(-1));
    expect(heard).toEqual(['new']);
  });
});
