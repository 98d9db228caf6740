import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CouchClient } from '@xir/couch-client';
import { startEmbeddedCouch, type EmbeddedCouch } from '@xir/couch-embedded';
import { openMemory, type Memory, type MemoryOptions } from '../../src/index.ts';

/** A server on which each test has databases of its own. */
export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the embedded server in a directory of its own. */
export async function embeddedServer(port = 0, directory?: string): Promise<TestServer & { readonly server: EmbeddedCouch; readonly directory: string }> {
  const path = directory ?? (await mkdtemp(join(tmpdir(), 'xir-kv4-')));
  const server = await startEmbeddedCouch({ directory: path, port });
  return {
    url: server.url,
    server,
    directory: path,
    async close() {
      await server.close();
      if (directory === undefined) await rm(path, { recursive: true, force: true });
    },
  };
}

/** The servers to test on: always the embedded one, and a CouchDB where `XIR_TEST_COUCHDB_URL` names one. */
export function serversToTest(): readonly { readonly name: string; start(): Promise<TestServer> }[] {
  const url = process.env['XIR_TEST_COUCHDB_URL'];
  const couch = url === undefined ? [] : [{ name: 'CouchDB', start: async () => ({ url, close: async () => undefined }) }];
  return [{ name: 'the embedded database', start: () => embeddedServer() }, ...couch];
}

/** A database of a unique name, with memories on it; all is taken away at the end. */
export class TestDatabase implements AsyncDisposable {
  readonly url: string;
  readonly name = `xir-kv4-${randomBytes(8).toString('hex')}`;
  readonly client: CouchClient;
  readonly #memories: Memory[] = [];
  #neurons = 0;

  constructor(url: string) {
    this.url = url;
    this.client = new CouchClient({ url });
  }

  /** Opens another memory on the database, as another neuron. Samples are audited only when asked for. */
  async open(options: Partial<MemoryOptions> = {}): Promise<Memory> {
    this.#neurons += 1;
    const memory = await openMemory({ url: this.url, database: this.name, neuron: `n${this.#neurons}`, auditIntervalMs: 0, ...options });
    this.#memories.push(memory);
    return memory;
  }

  get database() {
    return this.client.database(this.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#memories.map((memory) => memory.close()));
    await this.database.remove().catch(() => false);
    await this.client.close();
  }
}
