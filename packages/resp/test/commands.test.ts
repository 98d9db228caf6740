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

const messageOf = (reply: unknown) => (reply instanceof Error ? reply.message : reply);

describe('strings', () => {
  it('C1 are written, read and deleted, and a REST user finds them as JSON', async () => {
    expect(await client.call('SET', '/rooms/kitchen/lamp', '{"on":true}')).toBe('OK');
    expect(await client.call('GET', '/rooms/kitchen/lamp')).toBe('{"on":true}');
    const record = await fixture.store.get({ bucket: 'elena', layer: '*data', path: '/rooms/kitchen', key: 'lamp' });
    expect(record).toMatchObject({ value: { on: true }, author: 'elena' });
    expect(await client.call('DEL', '/rooms/kitchen/lamp', '/rooms/none')).toBe(1);
    expect(await client.call('GET', '/rooms/kitchen/lamp')).toBeNull();
  });

  it('C2 SET keeps to NX, XX, GET, KEEPTTL and expiries', async () => {
    expect(await client.call('SET', 's1', 'a', 'XX')).toBeNull();
    expect(await client.call('SET', 's1', 'a', 'NX')).toBe('OK');
    expect(await client.call('SET', 's1', 'b', 'NX')).toBeNull();
    expect(await client.call('SET', 's1', 'b', 'XX', 'EX', 100)).toBe('OK');
    expect(await client.call('SET', 's1', 'c', 'KEEPTTL', 'GET')).toBe('b');
    expect(await client.call('TTL', 's1')).toBe(100);
    expect(await client.call('SET', 's1', 'd')).toBe('OK');
    expect(await client.call('TTL', 's1')).toBe(-1);
    expect(await client.call('SET', 's1', 'e', 'PXAT', 1)).toBe('OK');
    expect(await client.call('EXISTS', 's1')).toBe(0);
    expect(messageOf(await client.call('SET', 's1', 'a', 'EX', 0))).toBe("ERR invalid expire time in 'set' command");
    expect(messageOf(await client.call('SET', 's1', 'a', 'NX', 'XX'))).toBe('ERR syntax error');
  });

  it('C3 counters are exact under many clients, on several neurons', async () => {
    const neighbour = await fixture.openNeighbour();
    const clients = await Promise.all([fixture.open(), fixture.open(), neighbour.open(), neighbour.open()]);
    const answers = await Promise.all(clients.flatMap((one) => Array.from({ length: 10 }, () => one.call('INCR', '/counters/c3'))));
    expect(answers.map(Number).sort((left, right) => left - right)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(await client.call('DECRBY', '/counters/c3', 40)).toBe(0);
    expect(await client.call('SET', '/counters/big', '9223372036854775807')).toBe('OK');
    expect(messageOf(await client.call('INCR', '/counters/big'))).toBe('ERR increment or decrement would overflow');
    expect(await client.call('DECR', '/counters/big')).toBe(9_223_372_036_854_775_806n);
    await client.call('SET', '/counters/text', 'a');
    expect(messageOf(await client.call('INCR', '/counters/text'))).toBe('ERR value is not an integer or out of range');
  });
});

describe('hashes', () => {
  it('C4 are the keys at a path', async () => {
    expect(await client.call('HSET', 'user:1', 'name', 'Lily', 'age', 7)).toBe(2);
    expect(await client.call('HSET', 'user:1', 'age', 8, 'town', 'Ulm')).toBe(1);
    expect(await client.call('HGET', 'user:1', 'age')).toBe('8');
    expect(await client.call('HGETALL', 'user:1')).toEqual(new Map([['age', '8'], ['name', 'Lily'], ['town', 'Ulm']]));
    expect(await client.call('GET', '/user:1/name')).toBe('Lily');
    expect(await client.call('HLEN', 'user:1')).toBe(3);
    expect(await client.call('HINCRBY', 'user:1', 'age', 2)).toBe(10);
    expect(await client.call('HSETNX', 'user:1', 'age', 1)).toBe(0);
    expect(await client.call('HMGET', 'user:1', 'name', 'none')).toEqual(['Lily', null]);
    expect(await client.call('HDEL', 'user:1', 'name', 'none')).toBe(1);
    expect(await client.call('TYPE', 'user:1')).toBe('hash');
    expect(await client.call('DEL', 'user:1')).toBe(1);
    expect(await client.call('EXISTS', 'user:1')).toBe(0);
  });
});

describe('names', () => {
  it('C5 are found by KEYS and SCAN, page by page', async () => {
    await client.pipeline([['SET', '/list/a', 1], ['SET', '/list/b', 2], ['SET', '/list/deep/c', 3], ['SET', 'mine:/list/d', 4]]);
    expect(await client.call('KEYS', '/list/*')).toEqual(['/list/a', '/list/b', '/list/deep/c']);
    expect(await client.call('KEYS', 'mine:/*')).toEqual(['mine:/list/d']);
    const found: unknown[] = [];
    let cursor = '0';
    do {
      const [next, names] = (await client.call('SCAN', cursor, 'MATCH', '/list/*', 'COUNT', 1)) as [string, string[]];
      cursor = next;
      found.push(...names);
    } while (cursor !== '0');
    expect(found).toEqual(['/list/a', '/list/b', '/list/deep/c']);
    expect(await client.call('SCAN', 0, 'MATCH', '/list*', 'TYPE', 'hash')).toEqual(['0', ['/list/deep']]);
    expect(await client.call('SCAN', 0, 'MATCH', 'list*', 'TYPE', 'hash')).toEqual(['0', ['list']]);
    expect(messageOf(await client.call('SCAN', 12_345))).toBe('ERR invalid cursor');
  });
});

describe('statistics', () => {
  it('C8 are told of every command of a client that is logged in, once, wherever it is carried out', async () => {
    const counted: string[] = [];
    await using counting = await openFixture({ resp: { countRequest: ({ bucket, author }, entity) => counted.push(`${bucket} ${author} ${entity}`) } });
    const stranger = counting.connect();
    await stranger.call('PING');
    await stranger.call('GET', 'c8');
    expect(counted).toEqual([]);
    const elena = await counting.open();
    await elena.pipeline([['SET', 'c8', '1'], ['get', 'c8'], ['NONSENSE'], ['GET'], ['MULTI'], ['INCR', 'c8'], ['EXEC']]);
    expect(counted).toEqual(['SET', 'GET', 'MULTI', 'INCR', 'EXEC'].map((name) => `elena elena /tcp/${name}`));
  });
});

describe('a login', () => {
  it('C6 is asked for, and its bucket is the account', async () => {
    const stranger = fixture.connect();
    expect(messageOf(await stranger.call('GET', 'x'))).toBe('NOAUTH Authentication required.');
    expect(messageOf(await stranger.call('AUTH', 'elena', 'wrong'))).toBe('WRONGPASS invalid username-password pair or user is disabled.');
    expect(await stranger.call('AUTH', '$sys', 'secret')).toBe('OK');
    await client.call('SET', 'whose', 'elena');
    expect(await stranger.call('GET', 'whose')).toBeNull();
  });
});
