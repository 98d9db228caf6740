import { Child } from './child.ts';

/** One database server: all of the database, or a node of a cluster. */
export interface DatabaseServer extends AsyncDisposable {
  /** With name and password, where it has them. */
  readonly url: URL;
  /** Absent where the server is not ours to stop. Sends the signal and waits for the end. */
  readonly stop?: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>;
  /** Starts it again and waits until it answers. */
  readonly start?: () => Promise<void>;
}

/** A server that runs already and is never stopped. */
export function foreignServer(url: URL): DatabaseServer {
  return { url, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** How a server of our own is run. */
export interface OwnServerOptions {
  readonly url: URL;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The process, where it runs already. */
  readonly running?: Child;
}

/** A server of our own; it is started where it does not run yet. */
export async function ownServer({ url, command, environment, running }: OwnServerOptions): Promise<DatabaseServer> {
  let child = running;
  const start = async () => {
    if (await answers(url)) throw new Error(`something answers at ${withoutLogin(url).href} already: stop it, since faults would not reach it`);
    child = new Child(command, environment);
    await untilUp(url, child);
  };
  const stop = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child?.running === true) await child.end(signal);
  };
  if (child === undefined) await start();
  return { url, start, stop, [Symbol.asyncDispose]: () => stop('SIGKILL') };
}

/** Milliseconds until a server must answer. */
const UP_TIMEOUT_MS = 60_000;

async function untilUp(url: URL, child: Child): Promise<void> {
  const until = performance.now() + UP_TIMEOUT_MS;
  const check = new URL('/_up', withoutLogin(url));
  for (;;) {
    try {
      const response = await fetch(check, { headers: loginOf(url), signal: AbortSignal.timeout(1000) });
      await response.arrayBuffer();
      if (response.ok) return;
      if (performance.now() > until) throw new Error(`${check.href} is answered ${response.status}`);
    } catch (error) {
      if (!child.running || performance.now() > until) throw new Error(`the database does not answer\n${child.log}`, { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function answers(url: URL): Promise<boolean> {
  try {
    const response = await fetch(withoutLogin(url), { signal: AbortSignal.timeout(1000) });
    await response.arrayBuffer();
    return true;
  } catch {
    // Nobody is there: as it should be.
    return false;
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
