import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedCouch, type EmbeddedCouch, type EmbeddedCouchOptions } from '../../src/index.ts';

/** A directory that is removed at the end. */
export function temporaryDirectory(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'xir-couch-embedded-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A server in a directory of its own; both are gone at the end. */
export async function temporaryServer(options: Partial<EmbeddedCouchOptions> = {}): Promise<EmbeddedCouch> {
  const directory = temporaryDirectory();
  const server = await startEmbeddedCouch({ directory: directory.path, ...options });
  const close = async () => {
    await server.close();
    directory[Symbol.dispose]();
  };
  return { url: server.url, close, [Symbol.asyncDispose]: close };
}

/** CouchDB to compare with, where there is one. */
export const couchdbUrl = process.env['XIR_TEST_COUCHDB_URL'];
