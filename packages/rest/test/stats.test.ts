import { VirtualClock } from '@xir/couch-testing';
import { Kv4Error, type Kv4Store } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';

import { StatsAccumulator } from '../src/stats-accumulator.ts';
import { basic, openNeuron, type Neuron } from './neuron-fixture.ts';

const START = Date.UTC(2016, 2, 16, 5, 3, 50);

/** A neuron whose wall clock is set by hand. */
async function openAt(startMs: number): Promise<{ neuron: Neuron; set: (ms: number) => void }> {
  let nowMs = startMs;
  const clock = { now: () => nowMs, monotonic: () => performance.now(), schedule: () => ({ cancel: () => undefined }) };
  const neuron = await openNeuron({ clock, store: new MemoryReferenceStore({ clock }), rest: { apiStats: false } });
  return { neuron, set: (ms) => (nowMs = ms) };
}

const post = ({ call }: Neuron, path: string, body: unknown) => call('POST', path, { body });
const get = async ({ call }: Neuron, path: string) => (await call('GET', path)).v;

describe('_stats', () => {
  it('answers [] where there is no data, not zeros', async () => {
    await using neuron = await openNeuron();
    expect(await get(neuron, '/_stats/a/b?l=router:pkt')).toEqual([]);
    expect(await get(neuron, '/_stats/a/b?l=router:pkt&break=1')).toEqual([]);
  });

  it('answers sum, min, max and count of what was posted, by PUT or POST, as numbers or added up', async () => {
    await using neuron = await openNeuron();
    expect((await post(neuron, '/_stats/Chan/a', { k: 'zoe', v: 100, l: 'router:pkt' })).envelope).toEqual({ v: {}, s: 'ok' });
    await neuron.call('PUT', '/_stats/Chan/a?l=router:pkt', { body: { k: 'bob', v: 50 } });
    await post(neuron, '/_stats/Chan/a?l=router:pkt', { v: { sum: 30, min: 10, max: 20, count: 2 } });
    await neuron.handler.flushStats();
    expect(await get(neuron, '/_stats/Chan/a?l=router:pkt')).toEqual({ sum: 180, min: 10, max: 100, count: 4 });
    expect(await get(neuron, '/_stats/Chan/a?l=router:pkt&k=zoe')).toEqual({ sum: 100, min: 100, max: 100, count: 1 });
    expect(await get(neuron, '/_stats/Chan/a?l=turn:data')).toEqual([]);
    expect(await get(neuron, '/_stats/Chan?l=router:pkt')).toEqual([]);
  });

  it('bounds by gs and ge, inclusive, and breaks down one unit finer than gs', async () => {
    const { neuron, set } = await openAt(START);
    await using _closing = neuron;
    for (const [minutes, v] of [[0, 1], [1, 2], [60, 3], [24 * 60, 4], [31 * 24 * 60, 5]] as const) {
      set(START + minutes * 60_000);
      await post(neuron, '/_stats/E?l=m', { v });
      await neuron.handler.flushStats();
    }
    const sum = async (query: string) => (await get(neuron, `/_stats/E?l=m&${query}`)).sum;
    expect(await sum('')).toBe(15);
    expect(await sum('gs=2016:3')).toBe(10);
    expect(await sum('gs=2016:3:16')).toBe(6);
    expect(await sum('gs=2016:3:16:5')).toBe(3);
    expect(await sum('gs=2016:3:16:5:4')).toBe(2);
    expect(await sum('gs=2016:3:16:6&ge=2016:3:17')).toBe(7);
    expect(await sum('gs=2016:3:16:5:4&ge=2016:4')).toBe(14);
    const one = (v: number) => ({ sum: v, min: v, max: v, count: 1 });
    expect(await get(neuron, '/_stats/E?l=m&gs=2016:3:16&break=1')).toEqual({ '2016:3:16:5': { sum: 3, min: 1, max: 2, count: 2 }, '2016:3:16:6': one(3) });
    expect(await get(neuron, '/_stats/E?l=m&gs=2016:3:16:5&break=1')).toEqual({ '2016:3:16:5:3': one(1), '2016:3:16:5:4': one(2) });
    expect(Object.keys(await get(neuron, '/_stats/E?l=m&gs=2016&break=month'))).toEqual(['2016:3', '2016:4']);
  });

  it('breaks down the entity / with gs and ge even with break=0', async () => {
    const { neuron } = await openAt(START);
    await using _closing = neuron;
    await post(neuron, '/_stats?l=m', { v: 5 });
    await neuron.handler.flushStats();
    expect(await get(neuron, '/_stats?l=m&gs=2016:3:16&ge=2016:3:17&break=0')).toEqual({ '2016:3:16:5': { sum: 5, min: 5, max: 5, count: 1 } });
    expect(await get(neuron, '/_stats?l=m&gs=2016:3:16')).toEqual({ sum: 5, min: 5, max: 5, count: 1 });
  });

  it('counts what other faces hand over, unless nothing is to be counted', async () => {
    await using neuron = await openNeuron();
    const login = await neuron.accounts.logins.login(basic('elena:elenas'), '127.0.0.1');
    for (const entity of ['/tcp/GET', '/tcp/KV4.PUT', '/tcp/GET', '/ws/tree-at']) neuron.handler.countRequest(login, entity);
    await neuron.handler.flushStats();
    for (const [entity, count] of [['/tcp/GET', 2], ['/tcp/KV4.PUT', 1], ['/ws/tree-at', 1]]) {
      for (const user of ['', '&k=elena']) expect(await get(neuron, `/_stats${entity}?l=api:3${user}`)).toEqual({ sum: count, min: 1, max: 1, count });
    }
    await using silent = await openNeuron({ rest: { apiStats: false } });
    silent.handler.countRequest(login, '/tcp/GET');
    await silent.handler.flushStats();
    expect(await get(silent, '/_stats/tcp/GET?l=api:3')).toEqual([]);
  });

  it('counts requests as api:3 at /<service>/<METHOD>, in total and per user', async () => {
    await using neuron = await openNeuron();
    for (let index = 0; index < 3; index += 1) await neuron.call('GET', '/_data/x?k=y');
    await neuron.handler.flushStats();
    const expected = { sum: 3, min: 1, max: 1, count: 3 };
    expect(await get(neuron, '/_stats/data/GET?k=elena&l=api:3')).toEqual(expected);
    expect(await get(neuron, '/_stats/data/GET?l=api:3')).toEqual(expected);
  });

  it('refuses a missing measure, a missing or bad value, and DELETE', async () => {
    await using neuron = await openNeuron();
    expect((await post(neuron, '/_stats/x', { v: 1 })).v).toBe('bad_layer_prefix');
    expect(await get(neuron, '/_stats/x')).toBe('bad_layer_prefix');
    expect((await post(neuron, '/_stats/x?l=m', {})).v).toBe('value_missing');
    for (const v of ['x', [], {}, null, { sum: 1, min: 2, max: 1, count: 1 }, { sum: 1, min: 1, max: 1, count: 0 }]) expect((await post(neuron, '/_stats/x?l=m', { v })).v).toBe('bad_value');
    expect((await neuron.call('DELETE', '/_stats/x?l=m')).v).toBe('method_not_allowed');
  });

  it('writes what waits when the server closes', async () => {
    const store = new MemoryReferenceStore();
    const neuron = await openNeuron({ store });
    await post(neuron, '/_stats/x?l=m', { v: 1 });
    await neuron.server.close();
    expect(await store.layers('elena')).toContain('*stats:m');
  });
});

describe('the accumulator', () => {
  const address = { bucket: 'b', measure: 'm', entity: '/e' };
  const one = { sum: 1, min: 1, max: 1, count: 1 };
  const open = (store: Kv4Store, clock: VirtualClock, dropped: number[] = []) =>
    new StatsAccumulator({ store, clock, writer: 'w-1', maxEntries: 3, intervalMs: 15_000, onDropped: (count) => dropped.push(count) });
  const stored = async (store: Kv4Store) => (await store.tree({ bucket: 'b', layer: '*stats:m', path: '/' })).items.map(({ value }) => value);

  it('writes every 15 seconds and forgets a minute once it is over and written', async () => {
    const clock = new VirtualClock();
    await using store = new MemoryReferenceStore({ clock });
    const stats = open(store, clock);
    stats.add(address, one);
    await clock.advance(15_000);
    expect(Object.values((await stored(store))[0] as object)).toEqual([[1, 1, 1, 1]]);
    stats.add(address, { sum: 5, min: 5, max: 5, count: 1 });
    await clock.advance(15_000);
    expect(await stored(store)).toHaveLength(1);
    expect(Object.values((await stored(store))[0] as object)).toEqual([[6, 1, 5, 2]]);
    await clock.advance(60_000);
    expect(stats.size).toBe(0);
    await stats.close();
  });

  it('tries again while the database is away, and gives up what can never be written', async () => {
    const clock = new VirtualClock();
    await using inner = new MemoryReferenceStore({ clock });
    const failures: Kv4Error[] = [new Kv4Error('KV4_UNAVAILABLE', 'away')];
    const store = new Proxy<Kv4Store>(inner, {
      get(target, name) {
        const failure = name === 'put' ? failures.shift() : undefined;
        if (failure !== undefined) return () => Promise.reject(failure);
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const dropped: number[] = [];
    const stats = open(store, clock, dropped);
    stats.add(address, one);
    await stats.flush();
    expect(await stored(inner)).toEqual([]);
    await stats.flush();
    expect(await stored(inner)).toHaveLength(1);
    failures.push(new Kv4Error('KV4_BAD_ADDRESS', 'never'));
    stats.add({ ...address, entity: '/other' }, one);
    await stats.flush();
    expect(dropped).toEqual([1]);
    await stats.close();
  });

  it('refuses more than it may hold', async () => {
    const clock = new VirtualClock();
    await using store = new MemoryReferenceStore({ clock });
    const stats = open(store, clock);
    for (const entity of ['/a', '/b', '/c']) stats.add({ ...address, entity }, one);
    expect(() => stats.add({ ...address, entity: '/d' }, one)).toThrow(expect.objectContaining({ code: 'REST_BUSY' }));
    stats.add({ ...address, entity: '/a' }, one);
    await stats.close();
  });
});
