import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedCouch, type EmbeddedCouch, type EmbeddedCouchOptions } from '../../src/index.ts';

/** A directory that is removed at the end. */
export function temporaryDirectory(parent = tmpdir()): { path: string } & Disposable {
  const path = mkdtempSync(join(parent, 'xir-couch-embedded-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** In memory where the system has that: what asks for a server alone does not test the disk, whose flushes take their time. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A server in a directory of its own; both are gone at the end. */
export async function temporaryServer(options: Partial<EmbeddedCouchOptions> = {}): Promise<EmbeddedCouch> {
  const directory = temporaryDirectory(MEMORY);
  const server = await startEmbeddedCouch({ directory: directory.path, ...options });
  const close = async () => {
    await server.close();
    directory[Symbol.dispose]();
  };
  return { url: server.url, request: (request) => server.request(request), close, [Symbol.asyncDispose]: close };
}

/** CouchDB to compare with, where there is one. */
export const couchdbUrl = process.env['XIR_TEST_COUCHDB_URL'];
