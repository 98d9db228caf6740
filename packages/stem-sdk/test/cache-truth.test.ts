import { connect } from '@xir/stem-sdk';
import { describe, expect, it } from 'vitest';
import { CARRIERS, expectSeen, standing, startStage, type Stage } from './cached-neurons.ts';
import { TEST_SECRET } from './rest-neuron.ts';

/** How many reads of data the first neuron answered while something was done. */
async function readsDuring({ store }: Stage, work: () => Promise<unknown>): Promise<number> {
  const before = store.reads;
  await work();
  return store.reads - before;
}

describe.each(CARRIERS)('a cached read over $carrier', (carrier) => {
  it('asks once while nothing changes, of what is there and of what is not', async () => {
    await using stage = await startStage(carrier);
    const { client, store } = stage;
    const [there, absent] = [client.key('/a', 'there'), client.key('/a', 'absent')];
    await store.put(there, { n: 1 });
    await standing(client, there);
    const first = await client.get(there);
    const reads = await readsDuring(stage, async () => {
      for (let n = 0; n < 5; n += 1) {
        expect(await client.get(there)).toEqual(first);
        expect(await client.get(absent)).toBeUndefined();
      }
    });
    expect(reads).toBe(1);
    expect(client.cacheStatistics).toMatchObject({ hits: 9, entries: 2, flushes: 0, standingScopes: 1 });
  });

  it('shows what another client wrote, on the same neuron and on another, and is answered without asking again', async () => {
    await using stage = await startStage(carrier);
    const { client, store, other } = stage;
    const key = client.key('/a', 'k');
    await store.put(key, 1);
    await standing(client, key);
    await expectSeen(client, key, 1);
    const reads = await readsDuring(stage, async () => {
      await store.put(key, 2);
      await expectSeen(client, key, 2);
      await other.put(key, 3);
      await expectSeen(client, key, 3);
    });
    expect(reads).toBe(0);
  });

  it('shows own writes at once: values, merges, updates, deletions, and those of whole paths', async () => {
    await using stage = await startStage(carrier);
    const { client, store } = stage;
    const key = client.key('/a/b', 'k');
    await standing(client, key);
    // None of it is told before the end.
    let release = (): void => undefined;
    store.toldAfter = new Promise((resolve) => (release = resolve));
    for (let n = 0; n < 20; n += 1) {
      await client.put(key, { n });
      expect((await client.get(key))?.value).toEqual({ n });
    }
    await client.put(key, { more: true }, { merge: true });
    expect((await client.get(key))?.value).toEqual({ n: 19, more: true });
    await client.update(key, (value) => ({ ...(value as object), n: 20 }));
    expect((await client.get(key))?.value).toEqual({ n: 20, more: true });
    await client.delete(key);
    expect(await client.get(key)).toBeUndefined();
    for (const path of ['/a/b', '/a']) {
      await client.put(key, path);
      expect((await client.get(key))?.value).toBe(path);
      await (path === '/a' ? client.deleteSubtree(client.path(path)) : client.deletePath(client.path(path)));
      expect(await client.get(key)).toBeUndefined();
    }
    release();
  });

  it('does not show an older value behind an own write, whatever was under way', async () => {
    await using stage = await startStage(carrier);
    const { client, store } = stage;
    const key = client.key('/a', 'k');
    await store.put(key, 'old');
    await standing(client, key);
    await expectSeen(client, key, 'old');
    let release = (): void => undefined;
    store.answerHeld = new Promise((resolve) => (release = resolve));
    const { reads } = store;
    const reading = client.get(key, { fresh: true });
    await expect.poll(() => store.reads, { interval: 1 }).toBe(reads + 1);
    const writing = client.put(key, 'own');
    // Over TCP answers come in the order of the requests.
    if (carrier.scheme !== 'redis') await writing;
    store.answerHeld = undefined;
    release();
    await Promise.all([reading, writing]);
    expect((await client.get(key))?.value).toBe('own');
  });

  it('does not keep an answer that was on its way when a change of its key was told', async () => {
    await using stage = await startStage(carrier);
    const { client, store, other } = stage;
    const [key, marker] = [client.key('/a', 'k'), client.key('/a', 'marker')];
    await store.put(key, 'old');
    await standing(client, marker);
    let release = (): void => undefined;
    await client.get(marker);
    store.answerHeld = new Promise((resolve) => (release = resolve));
    const { reads } = store;
    const reading = client.get(key);
    await expect.poll(() => store.reads, { interval: 1 }).toBe(reads + 1);
    store.answerHeld = undefined;
    // The change of the marker is told behind that of the key.
    await other.put(key, 'new');
    await other.put(marker, 1);
    await expect.poll(() => client.cacheStatistics?.invalidations, { interval: 1 }).toBe(1);
    release();
    expect((await reading)?.value).toBe('old');
    expect((await client.get(key))?.value).toBe('new');
  });

  it('shows that a key is gone that was read between its creation and its deletion, before either was told', async () => {
    await using stage = await startStage(carrier);
    const { client, store } = stage;
    const [key, marker] = [client.key('/a', 'k'), client.key('/a', 'marker')];
    await standing(client, marker);
    await client.get(marker);
    let release = (): void => undefined;
    store.toldAfter = new Promise((resolve) => (release = resolve));
    await store.put(key, 'short-lived');
    expect((await client.get(key))?.value).toBe('short-lived');
    await store.delete(key);
    store.toldAfter = undefined;
    release();
    await store.put(marker, 'told');
    await expectSeen(client, marker, 'told');
    expect(await client.get(key)).toBeUndefined();
  });

  it('shows that a key was deleted, alone, with its path or with a subtree, by others', async () => {
    await using stage = await startStage(carrier);
    const { client, other } = stage;
    const key = client.key('/a/b', 'k');
    await standing(client, key);
    const deletions = [() => other.delete(key), () => other.deletePath(client.path('/a/b')), () => other.deleteSubtree(client.path('/a'))];
    for (const [n, remove] of deletions.entries()) {
      await other.put(key, n);
      await expectSeen(client, key, n);
      await remove();
      await expectSeen(client, key, undefined);
    }
  });

  it('does not outlive its expiry: by its own clock, and by what is told where that is behind', async () => {
    let nowMs = 1_800_000_000_000;
    let behindMs = 0;
    await using stage = await startStage(carrier, { clock: { now: () => nowMs }, cache: { nowMs: () => nowMs - behindMs } });
    const { client, store } = stage;
    const key = client.key('/a', 'k');
    await standing(client, key);
    for (const lateMs of [0, 30_000]) {
      behindMs = lateMs;
      await client.put(key, 1, { expiresInMs: 1000 });
      await expectSeen(client, key, 1);
      nowMs += 1000;
      if (lateMs > 0) await store.get(key);
      await expectSeen(client, key, undefined);
    }
  });

  it('is asked for anew when its age is up, although nothing was told', async () => {
    let nowMs = 1_800_000_000_000;
    await using stage = await startStage(carrier, { cache: { maxAgeMs: 1000, nowMs: () => nowMs } });
    const { client } = stage;
    const key = client.key('/a', 'k');
    await standing(client, key);
    await client.get(key);
    nowMs += 999;
    expect(await readsDuring(stage, () => client.get(key))).toBe(0);
    nowMs += 1;
    expect(await readsDuring(stage, () => client.get(key))).toBe(1);
    // A clock that is put back says nothing of ages.
    nowMs -= 10;
    expect(await readsDuring(stage, () => client.get(key))).toBe(1);
  });

  it('goes to the neuron where a proof is asked for: fresh, or of a bounded age', async () => {
    await using stage = await startStage(carrier);
    const { client } = stage;
    const key = client.key('/a', 'k');
    await standing(client, key);
    await client.get(key);
    expect(await readsDuring(stage, () => client.get(key, { fresh: true }))).toBe(1);
    expect(await readsDuring(stage, () => client.get(key, { maxAgeMs: 1e6 }))).toBe(1);
    expect(await readsDuring(stage, () => client.get(key, { maxAgeMs: Infinity }))).toBe(0);
  });

  it('is never stale behind a lost connection: what changed meanwhile is asked for', async () => {
    await using stage = await startStage(carrier);
    const { client, store, other } = stage;
    const key = client.key('/a', 'k');
    for (let n = 0; n < 10; n += 1) {
      await standing(client, key);
      await expectSeen(client, key, n === 0 ? undefined : n - 1);
      stage.cut();
      // In the same turn, so that nothing can be told of it any more.
      await (n % 2 === 0 ? store : other).put(key, n);
      await expect.poll(() => client.cacheStatistics?.flushes, { interval: 1 }).toBeGreaterThan(n);
      // Every other time nothing is asked before it is kept again.
      if (n % 4 > 1) await expect.poll(() => client.cacheStatistics?.standingScopes, { interval: 1 }).toBe(1);
      await expect.poll(async () => (await client.get(key).catch(() => ({ value: 'unavailable' })))?.value, { interval: 1 }).not.toBe('unavailable');
      expect((await client.get(key))?.value).toBe(n);
    }
  });

  it('is forgotten when the neuron says reset, and kept again behind it', async () => {
    await using stage = await startStage(carrier);
    const { client, store } = stage;
    const [key, marker] = [client.key('/a', 'k'), client.key('/a', 'marker')];
    await store.put(key, 1);
    await standing(client, key);
    await expectSeen(client, key, 1);
    store.resetsNext = true;
    await store.put(key, 2);
    await expect.poll(() => client.cacheStatistics?.flushes, { interval: 1 }).toBe(1);
    expect((await client.get(key))?.value).toBe(2);
    await store.put(marker, 1);
    await standing(client, key);
    await client.get(key);
    expect(await readsDuring(stage, () => client.get(key))).toBe(0);
  });

  it('ends with the account', async () => {
    await using stage = await startStage(carrier, { credentials: { account: 'elena', secret: 'elenas secret' }, cache: { maxAgeMs: 10 ** 9 } });
    const { client, accounts, store } = stage;
    const scope = { bucket: '$sys', author: '$sys' };
    await accounts.accounts.create(scope, 'elena', { email: 'elena@example.org', secret: 'elenas secret' });
    const key = client.key('/a', 'k');
    await client.put(key, 'hers');
    await standing(client, key);
    await expectSeen(client, key, 'hers');
    await accounts.accounts.remove(scope, 'elena');
    // Whatever is told next in her bucket finds no login any more.
    await store.put(key, 'told to nobody');
    await expect.poll(() => client.cacheStatistics?.entries, { interval: 1 }).toBe(0);
    await expect(client.get(key)).rejects.toMatchObject({ code: 'KV4_REJECTED' });
  });

  it('keeps to its bounds: what was read least recently makes room', async () => {
    await using stage = await startStage(carrier, { cache: { maxEntries: 3 } });
    const { client, store } = stage;
    const keys = Array.from({ length: 5 }, (_, n) => client.key('/a', `k${n}`));
    for (const key of keys) await store.put(key, key.key);
    await standing(client, client.key('/a', 'other'));
    for (const key of keys) await client.get(key);
    expect(client.cacheStatistics).toMatchObject({ entries: 3, evictions: expect.any(Number) });
    expect(await readsDuring(stage, async () => {
      for (const key of keys.slice(2)) await client.get(key);
    })).toBe(0);
    expect(await readsDuring(stage, () => client.get(keys[0] as (typeof keys)[0]))).toBe(1);
  });

  it('is bounded in bytes, and a value larger than all of it is not kept and drives out nothing', async () => {
    await using stage = await startStage(carrier, { cache: { maxBytes: 10_000 } });
    const { client, store } = stage;
    const keys = Array.from({ length: 20 }, (_, n) => client.key('/a', `k${n}`));
    for (const key of keys) await store.put(key, 'x'.repeat(500));
    await standing(client, client.key('/a', 'other'));
    for (const key of keys) await client.get(key);
    const { bytes = 0, entries = 0 } = client.cacheStatistics ?? {};
    expect(bytes).toBeLessThanOrEqual(10_000);
    expect(entries).toBeGreaterThan(4);
    await store.put(client.key('/a', 'large'), 'x'.repeat(6000));
    await client.get(client.key('/a', 'large'));
    expect(client.cacheStatistics).toMatchObject({ entries, bytes });
  });

  it('gives each reader a value of its own', async () => {
    await using stage = await startStage(carrier);
    const { client, store } = stage;
    const key = client.key('/a', 'k');
    await store.put(key, { list: [1] });
    await standing(client, key);
    for (let n = 0; n < 3; n += 1) {
      const { value } = (await client.get(key)) ?? {};
      expect(value).toEqual({ list: [1] });
      (value as { list: number[] }).list.push(2);
    }
  });

  it('asks the neuron for what is not covered', async () => {
    const at = (path: string) => ({ bucket: '$sys', layer: '*data', path });
    await using stage = await startStage(carrier, { cache: { scopes: [{ type: 'path', address: at('/in') }, { type: 'key', address: { ...at('/one'), key: 'k' } }] } });
    const { client } = stage;
    await standing(client, client.key('/in', 'k'));
    await standing(client, client.key('/one', 'k'), 2);
    for (const [path, key, asked] of [['/in', 'k', 0], ['/one', 'k', 0], ['/one', 'l', 2], ['/in/below', 'k', 2], ['/out', 'k', 2]] as const) {
      const address = client.key(path, key);
      if (asked === 0) await client.get(address);
      expect(await readsDuring(stage, async () => [await client.get(address), await client.get(address)]), `${path} ${key}`).toBe(asked);
    }
  });
});

it('a cache is refused where its bounds or its scopes are none, and a client without one says so', async () => {
  const credentials = { account: '$sys', secret: TEST_SECRET };
  for (const cache of [{ scopes: [] }, { maxEntries: 0 }, { maxBytes: 1.5 }, { maxAgeMs: Infinity }, { scopes: Array.from({ length: 17 }, () => ({ type: 'layer', bucket: 'b', layer: 'l' }) as const) }]) {
    expect(() => connect('http://127.0.0.1:1', { credentials, cache })).toThrow(expect.objectContaining({ code: 'KV4_BAD_OPTION' }));
  }
  expect(() => connect('http://127.0.0.1:1', { cache: { scopes: [{ type: 'layer', bucket: '', layer: 'l' }] } })).toThrow(expect.objectContaining({ code: 'KV4_BAD_ADDRESS' }));
  await using client = connect('http://127.0.0.1:1', { credentials });
  expect(client.cacheStatistics).toBeUndefined();
});
