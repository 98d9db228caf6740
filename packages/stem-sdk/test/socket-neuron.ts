import { createAccounts, type CachedStore } from '@xir/accounts';
import { createWebSocketFace, createWebSocketServer } from '@xir/websocket';
import { WebSocket } from 'ws';
import type { SocketFactory } from '../src/index.ts';
import { TEST_SECRET } from './rest-neuron.ts';

/** The WebSocket of the tests, since Node.js 20 has none of its own. */
export const testSocket: SocketFactory = (url) => new WebSocket(url);

/** A WebSocket face over a store, on a free port or a given one; closes everything but the store. */
export async function startSocketNeuron(store: CachedStore, port = 0) {
  const accounts = createAccounts({ store, systemSecret: TEST_SECRET });
  const face = createWebSocketFace({ store, accounts, systemSecret: TEST_SECRET });
  const server = await createWebSocketServer({ face, port, drainMs: 100 });
  return {
    url: server.url,
    port: server.port,
    watches: () => face.metrics().watches,
    async [Symbol.asyncDispose]() {
      await server.close();
      await accounts.close();
    },
  };
}
