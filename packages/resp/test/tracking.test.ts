import type { Memory } from '@xir/kv4';
import type { WatchEvent, WatchOptions, WatchScope } from '@xir/kv4-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from './eventually.ts';
import type { FollowedKeyListener } from '../src/index.ts';
import { openFixture, type Fixture, type Neighbour } from './face-fixture.ts';
import type { RespClient } from './resp-client.ts';

let fixture: Fixture;
let neighbour: Neighbour;
let writer: RespClient;
const opened: RespClient[] = [];

beforeAll(async () => {
  fixture = await openFixture();
  neighbour = await fixture.openNeighbour();
  writer = await neighbour.open();
});
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});
afterAll(() => fixture[Symbol.asyncDispose]());

async function open(version: 2 | 3 = 3): Promise<RespClient> {
  const client = await fixture.open(version);
  opened.push(client);
  return client;
}

/** A store with some methods of its own. */
function withMethods(store: Memory, methods: Partial<Memory>): Memory {
  return new Proxy(store, {
    get(target, name) {
      const value = (Reflect.get(methods, name) ?? Reflect.get(target, name)) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A store whose reads at /slow wait. */
function slowGets(store: Memory, gate: Promise<void>): Memory {
  return withMethods(store, { get: (address, options) => (address.path === '/slow' ? gate.then(() => store.get(address, options)) : store.get(address, options)) });
}

/** A store whose watches never tell of a change. */
function silentWatches(store: Memory): Memory {
  return withMethods(store, {
    async *watch(scope: WatchScope, options: WatchOptions) {
      for await (const event of store.watch(scope, options)) if (event.type !== 'put' && event.type !== 'delete') yield event;
    },
  });
}

/** A message that shows that everything before it was told. */
async function fence(client: RespClient, name: string): Promise<unknown> {
  await client.call('GET', name);
  await writer.call('SET', name, 'fence');
  return client.message();
}

describe('CLIENT TRACKING', () => {
  it('T1 tells once of what was read and is then written on any neuron, and again only after another read', async () => {
    const client = await open();
    await writer.call('SET', '/t1/a', 1);
    expect(await client.call('CLIENT', 'TRACKING', 'ON')).toBe('OK');
    await eventually(async () => expect(await client.call('GET', '/t1/a')).toBe('1'));
    await writer.call('SET', '/t1/a', 2);
    expect(await client.message()).toEqual(['invalidate', ['/t1/a']]);
    await writer.call('SET', '/t1/a', 3);
    await writer.call('SET', '/t1/never-read', 3);
    expect(await fence(client, '/t1/fence')).toEqual(['invalidate', ['/t1/fence']]);
    await eventually(async () => expect(await client.call('GET', '/t1/a')).toBe('3'));
    await writer.call('DEL', '/t1/a');
    expect(await client.message()).toEqual(['invalidate', ['/t1/a']]);
  });

  it('T2 tells of what was not there, of fields under the name of their hash, of whole hashes, and of expiries', async () => {
    const client = await open();
    await client.call('CLIENT', 'TRACKING', 'ON');
    expect(await client.call('MGET', 't2none', '/t2/none')).toEqual([null, null]);
    await writer.call('SET', 't2none', 1);
    expect(await client.message()).toEqual(['invalidate', ['t2none']]);
    expect(await client.call('HGET', '/t2/h', 'f')).toBeNull();
    await writer.call('HSET', '/t2/h', 'f', 1);
    expect(await client.message()).toEqual(['invalidate', ['/t2/h']]);
    expect(await client.call('HGETALL', '/t2/h')).toEqual(new Map([['f', '1']]));
    await writer.call('HSET', '/t2/h', 'g', 1);
    expect(await client.message()).toEqual(['invalidate', ['/t2/h']]);
    expect(await client.call('EXISTS', '/t2/later')).toBe(0);
    await writer.call('HSET', '/t2/later', 'f', 1);
    expect(await client.message()).toEqual(['invalidate', ['/t2/later']]);
    await client.call('SET', '/t2/short', 1, 'PX', 50);
    await client.call('GET', '/t2/short');
    expect(await client.message()).toEqual(['invalidate', ['/t2/short']]);
  });

  it('T2 a hash that is written between its first read and the beginning of its watch is told of', async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const late = (store: Memory): Memory =>
      new Proxy(store, {
        get(target, name) {
          if (name === 'watch') return (scope: WatchScope, options: WatchOptions) => (scope.type === 'path' && options.initial !== false ? lateWatch(target, scope, options) : target.watch(scope, options));
          const value = Reflect.get(target, name) as unknown;
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    // What a watch that begins with what is there takes for that, it takes as late as it likes.
    async function* lateWatch(store: Memory, scope: WatchScope, options: WatchOptions): AsyncGenerator<WatchEvent, void, undefined> {
      await begun;
      yield* store.watch(scope, options);
    }
    await using slow = await openFixture({ wrapStore: late });
    const [client, other] = [await slow.open(3), await slow.open(3)];
    await client.call('CLIENT', 'TRACKING', 'ON');
    await client.call('HGETALL', '/t2late');
    await other.call('HSET', '/t2late', 'f', 1);
    begin();
    await slow.store.prove();
    await client.call('HGETALL', '/t2fence');
    await other.call('HSET', '/t2fence', 'f', 1);
    expect(await client.message()).toEqual(['invalidate', ['/t2late']]);
  });

  it('T9 what was told while an answer stood behind a slower one is told once more behind it', async () => {
    let begin: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (begin = resolve));
    await using held = await openFixture({ wrapStore: (store) => slowGets(store, gate) });
    const [client, other] = [await held.open(3), await held.open(3)];
    await other.call('SET', 't9', 1);
    await client.call('CLIENT', 'TRACKING', 'ON');
    const slow = client.call('GET', '/slow/key');
    const answer = client.call('GET', 't9');
    await eventually(() => expect(held.face.metrics().trackedNames).toBe(2));
    await other.call('SET', 't9', 2);
    expect(await client.message()).toEqual(['invalidate', ['t9']]);
    begin();
    expect([await slow, await answer]).toEqual([null, '1']);
    await client.call('GET', 't9fence');
    await other.call('SET', 't9fence', 1);
    expect(await client.message()).toEqual(['invalidate', ['t9']]);
  });

  it('T9 what is told leaves at once, though the client waits for an answer', async () => {
    let begin: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (begin = resolve));
    await using held = await openFixture({ wrapStore: (store) => slowGets(store, gate), resp: { limits: { maxTrackedNames: 1 } } });
    const client = await held.open(3);
    await client.call('CLIENT', 'TRACKING', 'ON');
    await client.call('GET', 't9');
    const answers = client.pipeline([['GET', '/slow/key'], ['SET', '/slow/other', 1]]);
    expect(await client.message()).toEqual(['invalidate', ['t9']]);
    begin();
    expect(await answers).toEqual([null, 'OK']);
  });

  it('T9 what was told while an answer was being fetched is told once more behind the answer', async () => {
    let begin: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (begin = resolve));
    const slow = (store: Memory): Memory =>
      new Proxy(store, {
        get(target, name) {
          if (name === 'keys') return async (...args: Parameters<Memory['keys']>) => (args[0].path === '/t9' ? gate.then(() => target.keys(...args)) : target.keys(...args));
          const value = Reflect.get(target, name) as unknown;
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    await using held = await openFixture({ wrapStore: slow });
    const [client, other] = [await held.open(3), await held.open(3)];
    await client.call('CLIENT', 'TRACKING', 'ON');
    const answer = client.call('EXISTS', 't9');
    await eventually(() => expect(held.face.metrics().trackedNames).toBeGreaterThan(1));
    await other.call('SET', 't9', 1);
    expect(await client.message()).toEqual(['invalidate', ['t9']]);
    begin();
    expect(await answer).toBe(0);
    await client.call('GET', 't9fence');
    await other.call('SET', 't9fence', 1);
    expect(await client.message()).toEqual(['invalidate', ['t9']]);
  });

  it('T3 OPTIN follows what is asked for, OPTOUT what is not declined', async () => {
    const client = await open();
    await client.call('CLIENT', 'TRACKING', 'ON', 'OPTIN');
    await client.call('GET', '/t3/a');
    await client.call('CLIENT', 'CACHING', 'YES');
    await client.call('GET', '/t3/b');
    await client.call('GET', '/t3/c');
    await writer.pipeline([['SET', '/t3/a', 1], ['SET', '/t3/b', 1], ['SET', '/t3/c', 1]]);
    expect(await client.message()).toEqual(['invalidate', ['/t3/b']]);
    await client.call('CLIENT', 'TRACKING', 'OFF');
    await client.call('CLIENT', 'TRACKING', 'ON', 'OPTOUT');
    await client.call('CLIENT', 'CACHING', 'NO');
    await client.call('GET', '/t3/a');
    await client.call('GET', '/t3/b');
    await writer.pipeline([['SET', '/t3/a', 2], ['SET', '/t3/b', 2]]);
    expect(await client.message()).toEqual(['invalidate', ['/t3/b']]);
    expect(client.pendingMessages).toEqual([]);
  });

  it('T4 BCAST tells of everything that begins with a prefix, whoever reads it, under every spelling', async () => {
    const client = await open();
    expect(await client.call('CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', '/t4/a/', 'PREFIX', 't4:')).toBe('OK');
    await writer.call('SET', '/t4/b/k', 1);
    await writer.call('SET', '/t4/a/k', 1);
    expect(await client.message()).toEqual(['invalidate', ['/t4/a/k']]);
    await writer.call('SET', 't4:k', 1);
    expect(await client.message()).toEqual(['invalidate', ['t4:k']]);
    const all = await open();
    await all.call('CLIENT', 'TRACKING', 'ON', 'BCAST');
    await writer.call('HSET', 't4h', 'f', 1);
    expect(await all.message()).toEqual(['invalidate', ['/t4h/f', 't4h', '/t4h']]);
  });

  it('T5 NOLOOP leaves out what the client wrote itself, whether the row or the acknowledgement comes first', async () => {
    const client = await open();
    await client.call('CLIENT', 'TRACKING', 'ON', 'NOLOOP');
    for (let round = 0; round < 10; round += 1) {
      await client.call('GET', '/t5/own');
      await client.call('SET', '/t5/own', round);
    }
    expect(await fence(client, '/t5/fence')).toEqual(['invalidate', ['/t5/fence']]);
    const loop = await open();
    await loop.call('CLIENT', 'TRACKING', 'ON');
    await loop.call('GET', '/t5/own');
    await loop.call('SET', '/t5/own', 'x');
    expect(await loop.message()).toEqual(['invalidate', ['/t5/own']]);
  });

  it('T6 REDIRECT tells another connection, in RESP2 on a channel; when that is gone, RESP3 is told so', async () => {
    const listener = await open(2);
    const id = (await listener.call('CLIENT', 'ID')) as number;
    await listener.call('SUBSCRIBE', '__redis__:invalidate');
    const data = await open(2);
    expect(await data.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id)).toBe('OK');
    await data.call('GET', '/t6/a');
    await writer.call('SET', '/t6/a', 1);
    expect(await listener.message()).toEqual(['message', '__redis__:invalidate', ['/t6/a']]);
    const modern = await open(3);
    await modern.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id);
    await modern.call('GET', '/t6/b');
    listener.close();
    await listener.closed;
    await eventually(async () => expect(await modern.call('CLIENT', 'LIST')).not.toContain(`id=${id} `));
    await writer.call('SET', '/t6/b', 1);
    expect(await modern.message()).toEqual(['tracking-redir-broken', id]);
  });

  it('T5 NOLOOP tells of what goes back to an own version that the client has read since', async () => {
    const listeners: FollowedKeyListener[] = [];
    const captured = (store: Memory): Memory => withMethods(store, { followKeys: (listener) => (listeners.push(listener), store.followKeys(listener)) });
    await using held = await openFixture({ wrapStore: captured });
    const client = await held.open(3);
    await client.call('CLIENT', 'TRACKING', 'ON', 'NOLOOP');
    await client.call('SET', 't5', 1);
    await client.call('GET', 't5');
    const address = { bucket: 'elena', layer: '*data', path: '/', key: 't5' };
    listeners[0]?.changed(address, held.store.peek(address)?.version);
    expect(await client.message()).toEqual(['invalidate', ['t5']]);
  });

  it('T10 tells of a hash, and of what begins with a prefix, when it can be read, and not only when its row comes', async () => {
    await using held = await openFixture({ wrapStore: silentWatches });
    const [keeper, follower, other] = [await held.open(3), await held.open(3), await held.open(3)];
    await keeper.call('CLIENT', 'TRACKING', 'ON');
    await follower.call('CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', '/t10');
    await keeper.call('HGETALL', '/t10');
    await other.call('HSET', '/t10', 'f', 1);
    expect(await keeper.message()).toEqual(['invalidate', ['/t10']]);
    expect(await follower.message()).toEqual(['invalidate', ['/t10/f', '/t10']]);
    await keeper.call('HGETALL', '/t10');
    await other.call('DEL', '/t10');
    expect(await keeper.message()).toEqual(['invalidate', ['/t10']]);
    expect(await follower.message()).toEqual(['invalidate', ['/t10/f', '/t10']]);
  });

  it('T7 keeps a bounded number of names: the oldest are told to be gone', async () => {
    await using small = await openFixture({ resp: { limits: { maxTrackedNames: 2 } } });
    const client = await small.open(3);
    await client.call('CLIENT', 'TRACKING', 'ON');
    for (const name of ['a', 'b', 'c']) await client.call('GET', name);
    expect(await client.message()).toEqual(['invalidate', ['a']]);
    expect(small.face.metrics()).toMatchObject({ trackedNames: 2, invalidations: 1 });
    client.close();
    await client.closed;
    await eventually(() => expect(small.face.metrics().trackedNames).toBe(0));
  });
});

describe('keyspace notifications', () => {
  it('E1 tell of writes on any neuron: by name, by pattern, by event; of hashes by their name', async () => {
    const client = await open();
    await client.call('SUBSCRIBE', '__keyspace@0__:/e1/h');
    await client.call('PSUBSCRIBE', '__keyspace@0__:/e1/*');
    await client.call('SUBSCRIBE', '__keyevent@0__:del');
    await writer.call('SET', '/e1/k', 1);
    expect(await client.message()).toEqual(['pmessage', '__keyspace@0__:/e1/*', '__keyspace@0__:/e1/k', 'set']);
    await writer.call('HSET', '/e1/h', 'f', 1);
    expect(await takeSorted(client, 2)).toEqual([
      ['message', '__keyspace@0__:/e1/h', 'hset'],
      ['pmessage', '__keyspace@0__:/e1/*', '__keyspace@0__:/e1/h/f', 'set'],
    ]);
    await writer.call('DEL', '/e1/k');
    expect(await takeSorted(client, 2)).toEqual([
      ['message', '__keyevent@0__:del', '/e1/k'],
      ['pmessage', '__keyspace@0__:/e1/*', '__keyspace@0__:/e1/k', 'del'],
    ]);
    await writer.call('SET', '/e1/x', 1, 'PX', 30);
    expect(await client.message()).toEqual(['pmessage', '__keyspace@0__:/e1/*', '__keyspace@0__:/e1/x', 'set']);
    expect(await client.message()).toEqual(['pmessage', '__keyspace@0__:/e1/*', '__keyspace@0__:/e1/x', 'expired']);
  });

  it('E2 messages reach who listens with the same account on this neuron, and nobody else', async () => {
    const client = await open(2);
    const other = fixture.connect();
    opened.push(other);
    await other.call('AUTH', '$sys', 'secret');
    expect(await client.call('SUBSCRIBE', 'news')).toEqual(['subscribe', 'news', 1]);
    expect(await other.call('PUBLISH', 'news', 'secret')).toBe(0);
    const publisher = await open();
    expect(await publisher.call('PUBLISH', 'news', 'hello')).toBe(1);
    expect(await client.message()).toEqual(['message', 'news', 'hello']);
    expect((await client.call('GET', 'a')) as Error).toMatchObject({ message: expect.stringContaining("Can't execute 'get'") as string });
    expect(await client.call('PING')).toEqual(['pong', '']);
    expect(await client.call('UNSUBSCRIBE')).toEqual(['unsubscribe', 'news', 0]);
    expect(await client.call('GET', 'a')).toBeNull();
  });
});

async function takeSorted(client: RespClient, count: number): Promise<unknown[]> {
  const messages: unknown[] = [];
  for (let index = 0; index < count; index += 1) messages.push(await client.message());
  return messages.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}
