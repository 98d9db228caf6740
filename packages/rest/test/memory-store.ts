import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CachedStore } from '@xir/accounts';
import { CouchClient } from '@xir/couch-client';
import { startEmbeddedCouch } from '@xir/couch-embedded';
import { openMemory } from '@xir/kv4';

/** A store that takes its database with it when it closes. */
function withClosing(store: CachedStore, close: () => Promise<void>): CachedStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'close' || name === Symbol.asyncDispose) return close;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Memory on a database of its own on a server. */
async function openOn(url: string, closeServer: () => Promise<void>): Promise<CachedStore> {
  const database = `xir-rest-${randomBytes(8).toString('hex')}`;
  const memory = await openMemory({ url, database, neuron: 'n1', auditIntervalMs: 0 });
  return withClosing(memory, async () => {
    await memory.close();
    const client = new CouchClient({ url });
    await client.database(database).remove();
    await client.close();
    await closeServer();
  });
}

/** Memory on the embedded database. */
export async function openEmbeddedMemory(): Promise<CachedStore> {
  const directory = await mkdtemp(join(tmpdir(), 'xir-rest-'));
  const server = await startEmbeddedCouch({ directory, port: 0 });
  return openOn(server.url, async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });
}

/** Memory on the CouchDB that the environment names. */
export function openCouchMemory(url: string): Promise<CachedStore> {
  return openOn(url, async () => undefined);
}
