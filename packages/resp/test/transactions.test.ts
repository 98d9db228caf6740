import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Memory } from '@xir/kv4';

import { openFixture, type Fixture } from './face-fixture.ts';
import type { RespClient } from './resp-client.ts';

let fixture: Fixture;
let client: RespClient;
/** Called before the store writes; what it does comes first. */
let beforePut: ((key: string) => Promise<unknown>) | undefined;

function interrupted(store: Memory): Memory {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'put') {
        return async (...args: Parameters<Memory['put']>) => {
          const interrupt = beforePut;
          beforePut = undefined;
          await interrupt?.(args[0].key);
          return target.put(...args);
        };
      }
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

beforeAll(async () => {
  fixture = await openFixture({ wrapStore: interrupted });
  client = await fixture.open(3);
});
afterAll(() => fixture[Symbol.asyncDispose]());

const elsewhere = (key: string, value: string) => fixture.store.put({ bucket: 'elena', layer: '*data', path: '/', key }, value);

describe('a transaction', () => {
  it('X1 does nothing where a watched key was changed before EXEC, by anybody on any neuron', async () => {
    const neighbour = await fixture.openNeighbour();
    await client.call('SET', 'x1', 'a');
    await client.call('WATCH', 'x1', 'x1-absent');
    await (await neighbour.open()).call('SET', 'x1-absent', 'b');
    expect(await client.pipeline([['MULTI'], ['SET', 'x1', 'c'], ['EXEC']])).toEqual(['OK', 'QUEUED', null]);
    expect(await client.call('GET', 'x1')).toBe('a');
  });

  it('X2 does nothing where a watched key is changed between the look at it and the write', async () => {
    await client.call('SET', 'x2', 'a');
    await client.call('WATCH', 'x2');
    beforePut = () => elsewhere('x2', 'theirs');
    expect(await client.pipeline([['MULTI'], ['SET', 'x2', 'mine'], ['SET', 'x2-other', 'mine'], ['EXEC']])).toEqual(['OK', 'QUEUED', 'QUEUED', null]);
    expect(await client.pipeline([['GET', 'x2'], ['GET', 'x2-other']])).toEqual(['theirs', null]);
    await client.call('WATCH', 'x2-counter');
    beforePut = () => elsewhere('x2-counter', '5');
    expect(await client.pipeline([['MULTI'], ['INCR', 'x2-counter'], ['EXEC']])).toEqual(['OK', 'QUEUED', null]);
  });

  it('X3 tells in its answer which command failed where others were carried out before', async () => {
    await client.call('SET', 'x3', 'a');
    await client.call('WATCH', 'x3');
    beforePut = async (key) => {
      expect(key).toBe('x3-other');
      await elsewhere('x3', 'theirs');
    };
    const answers = (await client.pipeline([['MULTI'], ['SET', 'x3-other', 'mine'], ['SET', 'x3', 'mine'], ['GET', 'x3'], ['EXEC']])).at(-1) as unknown[];
    expect(answers[0]).toBe('OK');
    expect((answers[1] as Error).message).toMatch(/^KV4_VERSION_CONFLICT /);
    expect(answers[2]).toBe('theirs');
  });

  it('X4 keeps nothing of what it watched after EXEC, DISCARD, UNWATCH and RESET', async () => {
    await client.call('SET', 'x4', 'a');
    for (const end of ['UNWATCH', 'EXEC', 'DISCARD']) {
      await client.call('WATCH', 'x4');
      if (end !== 'UNWATCH') await client.call('MULTI');
      await client.call(end);
      await elsewhere('x4', end);
      expect(await client.pipeline([['MULTI'], ['GET', 'x4'], ['EXEC']])).toEqual(['OK', 'QUEUED', [end]]);
    }
  });
});

describe('a pipeline', () => {
  it('X5 is carried out and answered in order, reads behind the writes before them', async () => {
    const requests = Array.from({ length: 50 }, (_, index) => [['SET', `x5-${index % 5}`, String(index)], ['GET', `x5-${index % 5}`]]).flat();
    const answers = await client.pipeline(requests);
    expect(answers).toEqual(Array.from({ length: 50 }, (_, index) => ['OK', String(index)]).flat());
    const writes = await client.pipeline([...Array.from({ length: 100 }, (_, index) => ['SET', 'x5', String(index)]), ['HSET', 'x5h', 'f', '1'], ['HSET', 'x5h', 'f', '2'], ['GET', 'x5']]);
    expect(writes.slice(-3)).toEqual([1, 0, '99']);
    // On a neuron that knows nothing yet, reads that have to be fetched and reads that need not be.
    const cold = await (await fixture.openNeighbour()).open();
    const reads = await cold.pipeline([['GET', 'x5'], ['GET', 'x5-1'], ['PING'], ['SET', 'x5', 'new'], ['GET', 'x5'], ['GET', 'x5-none'], ['HGETALL', 'x5h'], ['GET', 'x5'], ['NONSENSE'], ['GET', 'x5-2']]);
    expect(reads.map((reply) => (reply instanceof Error ? 'error' : reply))).toEqual(['99', '46', 'PONG', 'OK', 'new', null, ['f', '2'], 'new', 'error', '47']);
  });
});
