import { Kv4Error } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';
import { updateWithRetry } from '../src/update.ts';

const address = { bucket: 'b', layer: '*data', path: '/p', key: 'k' };
const pause = async () => {};

describe('update', () => {
  it('creates, changes, and leaves alone', async () => {
    await using store = new MemoryReferenceStore();
    const add = (value: unknown) => (typeof value === 'number' ? value + 1 : 1);
    await updateWithRetry(store, { address, change: add, options: {}, pause });
    await updateWithRetry(store, { address, change: add, options: {}, pause });
    expect(await updateWithRetry(store, { address, change: () => undefined, options: {}, pause })).toBeUndefined();
    expect((await store.get(address))?.value).toBe(2);
  });

  it('loses nobody’s change, however many write at the same time', async () => {
    await using store = new MemoryReferenceStore();
    const add = async (value: unknown) => (typeof value === 'number' ? value + 1 : 1);
    await Promise.all(Array.from({ length: 10 }, () => updateWithRetry(store, { address, change: add, options: { attempts: 100 }, pause })));
    expect((await store.get(address))?.value).toBe(10);
  });

  it('asks for a fresh value after a conflict, and gives up with it when attempts run out', async () => {
    const reads: unknown[] = [];
    const store = {
      get: async (_: unknown, options?: object) => void reads.push(options),
      put: async () => Promise.reject(new Kv4Error('KV4_ALREADY_EXISTS', 'there')),
    };
    await expect(updateWithRetry(store, { address, change: () => 1, options: { attempts: 2 }, pause })).rejects.toMatchObject({ code: 'KV4_ALREADY_EXISTS' });
    expect(reads).toEqual([{}, { fresh: true }]);
  });

  it('does not repeat a write whose outcome is unknown', async () => {
    let puts = 0;
    const store = {
      get: async () => undefined,
      put: async () => {
        puts += 1;
        throw new Kv4Error('KV4_OUTCOME_UNKNOWN', 'broken');
      },
    };
    await expect(updateWithRetry(store, { address, change: () => 1, options: {}, pause })).rejects.toMatchObject({ code: 'KV4_OUTCOME_UNKNOWN' });
    expect(puts).toBe(1);
  });
});
