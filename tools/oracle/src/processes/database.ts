import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './child.ts';
import { foreignServer, ownServer, type DatabaseServer } from './database-server.ts';

/** The database of a run. */
export interface Database extends AsyncDisposable {
  readonly kind: 'embedded' | 'couchdb';
  /** One server, or the nodes of one cluster. Never empty. */
  readonly nodes: readonly [DatabaseServer, ...DatabaseServer[]];
}

/** Which database a run uses. */
export interface DatabaseChoice {
  /** Servers that run already, or will: one, or the nodes of one cluster. None: the embedded database. */
  readonly couchdbUrls?: readonly string[];
  /** A command that starts a CouchDB of our own, once for each URL; `XIR_ORACLE_NODE` in its environment says which (1, 2, …). */
  readonly couchdbCommand?: string;
}

/** Opens the database of a run: servers that run, CouchDB of our own, or the embedded one. */
export async function openDatabase({ couchdbUrls = [], couchdbCommand }: DatabaseChoice): Promise<Database> {
  const urls = couchdbUrls.map((url) => new URL(url));
  if (couchdbCommand !== undefined && urls.length === 0) throw new TypeError('a command that starts CouchDB needs the URL that it will have');
  if (urls.length === 0) return embedded();
  const command = ['/bin/sh', '-c', `exec ${couchdbCommand ?? ''}`];
  const opened = await Promise.allSettled(
    urls.map(async (url, index) => (couchdbCommand === undefined ? foreignServer(url) : ownServer({ url, command, environment: { XIR_ORACLE_NODE: String(index + 1) } }))),
  );
  const nodes = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async () => void (await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]())));
  const failed = opened.find((result) => result.status === 'rejected');
  const [first, ...others] = nodes;
  if (failed !== undefined || first === undefined) {
    await close();
    throw failed?.reason;
  }
  return { kind: 'couchdb', nodes: [first, ...others], [Symbol.asyncDispose]: close };
}

async function embedded(): Promise<Database> {
  const directory = await mkdtemp(join(tmpdir(), 'xir-oracle-'));
  const program = fileURLToPath(new URL('database-program.ts', import.meta.url));
  const command = (port: number) => [process.execPath, '--import', 'tsx', '--conditions=@xir/source', program, directory, String(port)];
  const running = new Child(command(0));
  const url = new URL(await running.firstLine());
  const server = await ownServer({ url, command: command(Number(url.port)), running });
  return {
    kind: 'embedded',
    nodes: [server],
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
