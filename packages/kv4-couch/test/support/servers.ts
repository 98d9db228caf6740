import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedCouch } from '@xir/couch-embedded';
import { CouchClient, type CouchClientOptions } from '@xir/couch-client';

/** A server with a database of the test's own; both are gone when it is closed. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly name: string;
  readonly client: CouchClient;
  /** A further client of the same server. */
  connect(options?: Omit<CouchClientOptions, 'url'>): CouchClient;
}

/** A server that the tests of this package run on. */
export interface TestServer {
  readonly name: string;
  open(): Promise<TestDatabase>;
}

let databases = 0;

async function databaseOn(url: string, end: () => Promise<void>): Promise<TestDatabase> {
  databases += 1;
  const name = `kv4_couch_test_${process.pid}_${Date.now()}_${databases}`;
  const clients: CouchClient[] = [];
  const connect = (options: Omit<CouchClientOptions, 'url'> = {}): CouchClient => {
    const client = new CouchClient({ ...options, url });
    clients.push(client);
    return client;
  };
  const client = connect();
  await client.database(name).create();
  return {
    url,
    name,
    client,
    connect,
    async [Symbol.asyncDispose]() {
      await client.database(name).remove();
      await Promise.all(clients.map((open) => open.close()));
      await end();
    },
  };
}

const embedded: TestServer = {
  name: 'the embedded database',
  async open() {
    const directory = await mkdtemp(join(tmpdir(), 'kv4-couch-'));
    const server = await startEmbeddedCouch({ directory });
    return databaseOn(server.url, async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    });
  },
};

const external = process.env['XIR_TEST_COUCHDB_URL'];

/** The embedded server, and a real CouchDB where `XIR_TEST_COUCHDB_URL` names one. */
export const testServers: readonly TestServer[] = [
  embedded,
  ...(external === undefined || external === '' ? [] : [{ name: 'CouchDB', open: () => databaseOn(external, async () => undefined) }]),
];
