import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openFixture, type Fixture } from './face-fixture.ts';
import { eventually } from './eventually.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

describe('ioredis', () => {
  it('K1 writes, reads, pipelines, scans, counts, subscribes and carries out transactions', async () => {
    const redis = new Redis({ port: fixture.server.port, username: 'elena', password: 'elenas' });
    const subscriber = redis.duplicate();
    try {
      expect(await redis.set('/io/a', 'ä', 'EX', 100)).toBe('OK');
      expect(await redis.get('/io/a')).toBe('ä');
      expect(await redis.getBuffer('/io/a')).toEqual(Buffer.from('ä'));
      await redis.set('/io/bytes', Buffer.from([0, 255, 13, 10]));
      expect(await redis.getBuffer('/io/bytes')).toEqual(Buffer.from([0, 255, 13, 10]));
      await redis.hset('/io/h', { one: 1, two: 'zwei' });
      expect(await redis.hgetall('/io/h')).toEqual({ one: '1', two: 'zwei' });
      const results = await redis.pipeline().incr('/io/n').incr('/io/n').get('/io/n').exec();
      expect(results).toEqual([[null, 1], [null, 2], [null, '2']]);
      const names: string[] = [];
      for await (const page of redis.scanStream({ match: '/io/*', count: 2 })) names.push(...(page as string[]));
      expect(names.sort()).toEqual(['/io/a', '/io/bytes', '/io/h/one', '/io/h/two', '/io/n']);
      await redis.watch('/io/n');
      expect(await redis.multi().set('/io/n', 5).get('/io/n').exec()).toEqual([[null, 'OK'], [null, '5']]);
      await redis.watch('/io/n');
      await fixture.store.put({ bucket: 'elena', layer: '*data', path: '/io', key: 'n' }, 6);
      expect(await redis.multi().set('/io/n', 7).exec()).toBeNull();
      const messages: unknown[] = [];
      subscriber.on('pmessage', (...message) => messages.push(message));
      await subscriber.psubscribe('__keyspace@0__:/io/*');
      await redis.set('/io/a', 'b');
      await eventually(() => expect(messages).toContainEqual(['__keyspace@0__:/io/*', '__keyspace@0__:/io/a', 'set']));
    } finally {
      redis.disconnect();
      subscriber.disconnect();
    }
  });
});

describe('node-redis', () => {
  it('K2 keeps a cache of its own over RESP3, which writes on another neuron invalidate', async () => {
    const neighbour = await fixture.openNeighbour();
    const writer = await neighbour.open();
    const redis = createClient({ url: `redis://elena:elenas@127.0.0.1:${fixture.server.port}`, RESP: 3, clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' } });
    await redis.connect();
    try {
      await writer.call('SET', '/cache/k', '1');
      await writer.call('HSET', '/cache/h', 'f', '1');
      await eventually(async () => expect(await redis.get('/cache/k')).toBe('1'));
      await eventually(async () => expect(await redis.hGetAll('/cache/h')).toEqual({ f: '1' }));
      const before = gets(fixture);
      for (let count = 0; count < 10; count += 1) expect(await redis.get('/cache/k')).toBe('1');
      expect(gets(fixture)).toBe(before);
      await writer.call('SET', '/cache/k', '2');
      await writer.call('HSET', '/cache/h', 'f', '2');
      await eventually(async () => expect(await redis.get('/cache/k')).toBe('2'));
      await eventually(async () => expect(await redis.hGetAll('/cache/h')).toEqual({ f: '2' }));
    } finally {
      redis.destroy();
    }
  });
});

function gets({ face }: Fixture): number {
  return face.metrics().commands.find(({ command }) => command === 'GET')?.count ?? 0;
}
