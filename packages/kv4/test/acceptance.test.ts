import { afterAll, beforeAll, describe } from 'vitest';
import { kv4StoreSuite } from '@xir/kv4-testing';
import { serversToTest, TestDatabase, type TestServer } from './support/servers.ts';

for (const { name, start } of serversToTest()) {
  describe(name, () => {
    let opened: Promise<{ server: TestServer; database: TestDatabase }> | undefined;
    const running = () => (opened ??= start().then((server) => ({ server, database: new TestDatabase(server.url) })));
    beforeAll(async () => void (await running()));
    afterAll(async () => {
      const { server, database } = await running();
      await database[Symbol.asyncDispose]();
      await server.close();
    });
    kv4StoreSuite({
      name: `a memory on ${name}`,
      async open() {
        const { database } = await running();
        const store = await database.open();
        return { store, reopen: () => database.open(), close: () => store.close() };
      },
    });
  });
}
