import { applicableKv4StoreCases, kv4StoreCases, kv4StoreSuite, MemoryReferenceStore, type Kv4StoreHarness } from '@xir/kv4-testing';
import { connect } from '@xir/stem-sdk';
import { expect, it } from 'vitest';
import { startRest, TEST_SECRET } from './rest-neuron.ts';

const credentials = { account: '$sys', secret: TEST_SECRET };

const harness: Kv4StoreHarness = {
  name: 'the SDK on a REST server over a store in memory',
  async open() {
    const memory = new MemoryReferenceStore();
    const rest = await startRest(memory);
    const store = connect(rest.url, { credentials });
    return {
      store,
      reopen: async () => connect(rest.url, { credentials }),
      async close() {
        await store.close();
        await rest[Symbol.asyncDispose]();
        await memory.close();
      },
    };
  },
};

kv4StoreSuite(harness);

it('is held to every case but those about choosing the author, and those about stores that cannot watch', async () => {
  const applicable = new Set(await applicableKv4StoreCases(harness));
  const others = kv4StoreCases.filter((storeCase) => !applicable.has(storeCase));
  expect(others.filter(({ needs }) => !needs.includes('author') && !needs.includes('no-watch'))).toEqual([]);
});
