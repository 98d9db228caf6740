import { CouchClient } from '@xir/couch-client';
import type { MemoryOptions } from '../../src/index.ts';
import { ScriptedTransport } from './scripted-transport.ts';
import { TestDatabase } from './servers.ts';

/** A memory whose transport is scripted, and another on the same database that writes. */
export async function scriptedPair(url: string, options: Partial<MemoryOptions> = {}) {
  const database = new TestDatabase(url);
  const transport = new ScriptedTransport(url);
  const client = new CouchClient({ url, transport });
  const writer = await database.open();
  const memory = await database.open({ client, ...options });
  const stale = async (id: string): Promise<string> => {
    const { body } = await database.database.json({ method: 'POST', path: '/_bulk_get', body: { docs: [{ id }] } });
    return JSON.stringify(body);
  };
  return {
    database,
    transport,
    writer,
    memory,
    stale,
    async [Symbol.asyncDispose]() {
      transport.cutFeed();
      await database[Symbol.asyncDispose]();
      await transport.close();
    },
  };
}
