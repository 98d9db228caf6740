import { kv4StoreSuite } from '@xir/kv4-testing';
import { openCouchStore } from '../src/index.ts';
import { HandClock } from './support/hand-clock.ts';
import { testServers } from './support/servers.ts';

for (const server of testServers) {
  kv4StoreSuite({
    name: `CouchStore on ${server.name}`,
    async open() {
      const database = await server.open();
      const clock = new HandClock();
      const store = await openCouchStore({ client: database.client, database: database.name, neuron: 'one', clock });
      return {
        store,
        async close() {
          await store.close();
          await database[Symbol.asyncDispose]();
        },
        reopen: () => openCouchStore({ client: database.connect(), database: database.name, neuron: 'two', clock }),
        advance: (ms) => clock.advance(ms),
      };
    },
  });
}
