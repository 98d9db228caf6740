import { applicableKv4StoreCases, kv4StoreCases, kv4StoreSuite, MemoryReferenceStore, type Kv4StoreHarness } from '@xir/kv4-testing';
import { connect } from '@xir/stem-sdk';
import { expect, it } from 'vitest';
import { TEST_SECRET } from './rest-neuron.ts';
import { startTcpNeuron } from './tcp-neuron.ts';

const options = { credentials: { account: '$sys', secret: TEST_SECRET } };

const harness: Kv4StoreHarness = {
  name: 'the SDK on the Redis protocol over a store in memory',
  async open() {
    const memory = new MemoryReferenceStore();
    const neuron = await startTcpNeuron(memory);
    const store = connect(neuron.url, options);
    return {
      store,
      reopen: async () => connect(neuron.url, options),
      async close() {
        await store.close();
        await neuron[Symbol.asyncDispose]();
        await memory.close();
      },
    };
  },
};

kv4StoreSuite(harness);

it('over TCP is held to every case but those about choosing the author, and those about stores that cannot watch', async () => {
  const applicable = new Set(await applicableKv4StoreCases(harness));
  const others = kv4StoreCases.filter((storeCase) => !applicable.has(storeCase));
  expect(others.filter(({ needs }) => !needs.includes('author') && !needs.includes('no-watch'))).toEqual([]);
});
