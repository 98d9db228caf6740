import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { COMPARISON } from './comparison-script.ts';
import { openFixture, type Fixture } from './face-fixture.ts';
import { RawExchange } from './raw-exchange.ts';
import { startRedis, type RedisProcess } from './redis-process.ts';

let fixture: Fixture;
let redis: RedisProcess;

beforeAll(async () => {
  [fixture, redis] = await Promise.all([openFixture(), startRedis()]);
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

const shown = (request: readonly (string | Buffer)[]) => request.map((word) => JSON.stringify(word.toString('latin1')).slice(0, 40)).join(' ');

describe.each([2, 3])('P1 the same script on redis-server and on the neuron, over RESP%i', (version) => {
  it.each(COMPARISON)('is answered byte for byte alike: %s', async (_title, steps) => {
    const theirs = new RawExchange({ path: redis.path });
    const ours = new RawExchange({ port: fixture.server.port, host: '127.0.0.1' });
    try {
      await theirs.send(['FLUSHALL']);
      await fixture.store.deleteSubtree({ bucket: 'elena', layer: '*data', path: '/' });
      await theirs.send(['HELLO', String(version)]);
      await ours.send(['HELLO', String(version), 'AUTH', 'elena', 'elenas']);
      const unlike: unknown[] = [];
      for (const step of steps) {
        const request = 'request' in step ? step.request : step;
        const [redisReply, ourReply] = [await theirs.send(request), await ours.send(request)];
        if ((redisReply === ourReply) === 'differs' in step) unlike.push({ request: shown(request), redis: redisReply.slice(0, 200), neuron: ourReply.slice(0, 200) });
      }
      expect(unlike).toEqual([]);
    } finally {
      theirs.close();
      ours.close();
    }
  });
});
