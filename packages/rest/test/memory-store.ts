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

/** How the URL that a memory uses is made of its server's: a proxy may stand between. */
export type Through = (url: string) => Promise<string>;

/** Memory on a database of its own on a server. */
async function openOn(url: string, closeServer: () => Promise<void>, options: { readonly database?: string; readonly through?: Through } = {}): Promise<CachedStore> {
  const { database = databaseName(), through } = options;
  const memory = await openMemory({ url: through === undefined ? url : await through(url), database, neuron: 'n1', auditIntervalMs: 0 });
  return withClosing(memory, async () => {
    await memory.close();
    const client = new CouchClient({ url });
    await client.database(database).remove();
    await client.close();
    await closeServer();
  });
}

function databaseName(): string {
  return `xir-rest-${randomBytes(8).toString('hex')}`;
}

/** The embedded database in a directory of its own. */
async function startEmbedded(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'xir-rest-'));
  const server = await startEmbeddedCouch({ directory, port: 0 });
  const close = async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { url: server.url, close };
}

/** Memory on the embedded database. */
export async function openEmbeddedMemory(): Promise<CachedStore> {
  const { url, close } = await startEmbedded();
  return openOn(url, close);
}

/** Memory on the CouchDB that the environment names. */
export function openCouchMemory(url: string): Promise<CachedStore> {
  return openOn(url, async () => undefined);
}

/** A memory, and where its database is, for those who write to it behind its back. */
export interface OpenServer {
  readonly store: CachedStore;
  readonly url: string;
  readonly database: string;
}

/** The servers on which a test may have a memory: always the embedded one, and a CouchDB where `XIR_TEST_COUCHDB_URL` names one. */
export function openServers(): ReadonlyArray<{ readonly name: string; open(through?: Through): Promise<OpenServer> }> {
  const openAt = async (url: string, close: () => Promise<void>, through: Through | undefined): Promise<OpenServer> => {
    const database = databaseName();
    return { url, database, store: await openOn(url, close, { database, ...(through === undefined ? {} : { through }) }) };
  };
  const embedded = {
    name: 'the embedded database',
    async open(through?: Through) {
      const { url, close } = await startEmbedded();
      return openAt(url, close, through);
    },
  };
  const couchdb = process.env['XIR_TEST_COUCHDB_URL'];
  return couchdb === undefined ? [embedded] : [embedded, { name: 'CouchDB', open: (through) => openAt(couchdb, async () => undefined, through) }];
}
