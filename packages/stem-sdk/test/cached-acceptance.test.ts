import { kv4StoreSuite, MemoryReferenceStore } from '@xir/kv4-testing';
import { connect } from '@xir/stem-sdk';
import { TEST_SECRET } from './rest-neuron.ts';
import { startSocketNeuron, testSocket } from './socket-neuron.ts';

const options = { credentials: { account: '$sys', secret: TEST_SECRET }, webSocket: testSocket, cache: {} };

kv4StoreSuite({
  name: 'the SDK with a cache, on a WebSocket server over a store in memory',
  // What the cache covers.
  bucket: '$sys',
  async open() {
    const memory = new MemoryReferenceStore();
    const neuron = await startSocketNeuron(memory);
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
});
