import { createAccounts, type CachedStore } from '@xir/accounts';
import { createRespFace, createRespServer } from '@xir/resp';
import { TEST_SECRET } from './rest-neuron.ts';

/** A TCP face over a store, on a free port or a given one; closes everything but the store. */
export async function startTcpNeuron(store: CachedStore, port = 0) {
  const accounts = createAccounts({ store, systemSecret: TEST_SECRET });
  const face = createRespFace({ store, accounts, systemSecret: TEST_SECRET, neuron: 'sdktest' });
  const server = await createRespServer({ face, port, drainMs: 100 });
  return {
    url: `redis://127.0.0.1:${server.port}`,
    port: server.port,
    watches: () => face.metrics().subscriptions,
    async [Symbol.asyncDispose]() {
      await server.close();
      await accounts.close();
    },
  };
}
