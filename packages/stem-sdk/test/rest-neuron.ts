import { createAccounts, type CachedStore } from '@xir/accounts';
import { createRestHandler, createRestServer } from '@xir/rest';

/** The system secret of {@link startRest}. */
export const TEST_SECRET = 'a secret of the tests';

/** A REST face over a store, on a free port; closes everything but the store. */
export async function startRest(store: CachedStore) {
  const accounts = createAccounts({ store, systemSecret: TEST_SECRET });
  const handler = createRestHandler({ store, accounts, systemSecret: TEST_SECRET, neuron: 'sdktest' });
  const server = await createRestServer({ handler, port: 0 });
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server.close();
      await accounts.close();
    },
  };
}
