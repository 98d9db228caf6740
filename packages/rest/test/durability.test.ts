import type { CachedStore } from '@xir/accounts';
import { Kv4Error, type Kv4ErrorCode } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';

import { openNeuron } from './neuron-fixture.ts';

/** A store whose writes to `*data` behave otherwise. */
function withDataWrites(put: (store: CachedStore, ...parameters: Parameters<CachedStore['put']>) => ReturnType<CachedStore['put']>): CachedStore {
  const store = new MemoryReferenceStore();
  return new Proxy<CachedStore>(store, {
    get(target, name) {
      if (name === 'put') return (...parameters: Parameters<CachedStore['put']>) => (parameters[0].layer === '*data' ? put(store, ...parameters) : store.put(...parameters));
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const write = { body: { k: 'x', v: { n: 1 } } };

describe('a write that is not durable', () => {
  it('is answered with X-KV4-Durable: false, and with 202 for who prefers statuses', async () => {
    const store = withDataWrites(async (inner, ...parameters) => ({ ...(await inner.put(...parameters)), durable: false }));
    await using neuron = await openNeuron({ store });
    const plain = await neuron.call('PUT', '/_data/a', write);
    expect([plain.status, plain.headers['x-kv4-durable'], plain.v.n]).toEqual([200, 'false', 1]);
    const precise = await neuron.call('PUT', '/_data/b', { ...write, headers: { prefer: 'status=http' } });
    expect([precise.status, precise.headers['x-kv4-durable']]).toEqual([202, 'false']);
    expect((await neuron.call('PUT', '/_ns/Durable')).headers['x-kv4-durable']).toBeUndefined();
  });
});

describe('failures of the store', () => {
  it.each<readonly [Kv4ErrorCode, string, number]>([
    ['KV4_UNAVAILABLE', 'unavailable', 503],
    ['KV4_OUTCOME_UNKNOWN', 'outcome_unknown', 504],
    ['KV4_BUSY', 'busy', 503],
    ['KV4_CLOSED', 'unavailable', 503],
    ['KV4_FRESHNESS_UNPROVED', 'not_fresh', 503],
    ['KV4_UNSUPPORTED', 'unsupported', 501],
    ['KV4_VALUE_TOO_LARGE', 'too_large', 413],
    ['KV4_BAD_VALUE', 'bad_value', 400],
    ['KV4_REJECTED', 'bad_value', 400],
  ])('%s is %s, status %i', async (code, errorString, status) => {
    await using neuron = await openNeuron({ store: withDataWrites(() => Promise.reject(new Kv4Error(code, 'as the store says'))) });
    const answer = await neuron.call('PUT', '/_data/a', { ...write, headers: { prefer: 'status=http' } });
    expect([answer.v, answer.status, answer.headers['x-kv4-error']]).toEqual([errorString, status, code]);
    expect((await neuron.call('PUT', '/_data/a', write)).status).toBe(200);
  });
});
