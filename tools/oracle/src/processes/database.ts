import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './child.ts';

/** The database server of a run. */
export interface Database extends AsyncDisposable {
  /** With name and password, where it has them. */
  readonly url: URL;
  readonly kind: 'embedded' | 'couchdb';
  /** Absent where the server is not ours to stop. Sends the signal, waits for the end; then starts it again and waits until it answers. */
  readonly stop?: (signal: NodeJS.Signals) => Promise<void>;
  readonly start?: () => Promise<void>;
}

/** Which database a run uses. */
export interface DatabaseChoice {
  /** A server that runs already. */
  readonly couchdbUrl?: string;
  /** A command that starts a CouchDB of our own, with the URL it will have. */
  readonly couchdbCommand?: string;
}

/** Opens the database of a run: a server that runs, a CouchDB of our own, or the embedded one. */
export async function openDatabase({ couchdbUrl, couchdbCommand }: DatabaseChoice): Promise<Database> {
  if (couchdbCommand !== undefined) {
    if (couchdbUrl === undefined) throw new TypeError('a command that starts CouchDB needs the URL that it will have');
    return ownServer({ url: new URL(couchdbUrl), kind: 'couchdb', command: () => ['/bin/sh', '-c', `exec ${couchdbCommand}`] });
  }
  if (couchdbUrl !== undefined) return { url: new URL(couchdbUrl), kind: 'couchdb', [Symbol.asyncDispose]: () => Promise.resolve() };
  return embedded();
}

async function embedded(): Promise<Database> {
  const directory = await mkdtemp(join(tmpdir(), 'xir-oracle-'));
  const program = fileURLToPath(new URL('database-program.ts', import.meta.url));
  const command = (port: number) => [process.execPath, '--import', 'tsx', '--conditions=@xir/source', program, directory, String(port)];
  const first = new Child(command(0));
  const url = new URL(await first.firstLine());
  const cleanUp = () => rm(directory, { recursive: true, force: true });
  return ownServer({ url, kind: 'embedded', command: () => command(Number(url.port)), first, cleanUp });
}

interface OwnServer {
  readonly url: URL;
  readonly kind: Database['kind'];
  readonly command: () => readonly string[];
  readonly first?: Child;
  readonly cleanUp?: () => Promise<void>;
}

async function ownServer({ url, kind, command, first, cleanUp }: OwnServer): Promise<Database> {
  let child = first;
  const start = async () => {
    child = new Child(command());
    await untilUp(url, child);
  };
  const stop = async (signal: NodeJS.Signals) => {
    if (child?.running === true) await child.end(signal);
  };
  if (child === undefined) await start();
  return {
    url,
    kind,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL');
      await cleanUp?.();
    },
  };
}

/** Milliseconds until a database must answer. */
const UP_TIMEOUT_MS = 60_000;

async function untilUp(url: URL, child: Child): Promise<void> {
  const until = performance.now() + UP_TIMEOUT_MS;
  const check = new URL('/_up', withoutLogin(url));
  for (;;) {
    try {
      const response = await fetch(check, { headers: loginOf(url), signal: AbortSignal.timeout(1000) });
      if (response.ok) return;
    } catch (error) {
      if (!child.running || performance.now() > until) throw new Error(`the database does not answer\n${child.log}`, { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The same URL without name and password. */
export function withoutLogin(url: URL): URL {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return plain;
}

/** The header that carries a URL's name and password. */
export function loginOf(url: URL): Record<string, string> {
  if (url.username === '') return {};
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}
