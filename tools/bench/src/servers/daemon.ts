import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A server of another project under measurement. */
export interface Daemon extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

/** What a server may use. */
export interface DaemonPlace {
  readonly port: number;
  /** For servers that insist on a second one. */
  readonly otherPort: number;
  readonly directory: string;
}

/** How a server is started. */
export interface DaemonOptions {
  readonly command: string;
  /** The Debian package that has it. */
  readonly debianPackage: string;
  readonly core: number;
  readonly flags: (place: DaemonPlace) => readonly string[];
}

/** A peer that is not installed: the run goes on without it, and the report says so. */
export class PeerMissingError extends Error {
  override readonly name = 'PeerMissingError';
}

const READY_TIMEOUT_MS = 10_000;
/** Where Debian puts servers, which is not on everybody's path. */
const SYSTEM_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin'];

/** Starts a server pinned to a core, with a directory of its own that goes with it. Throws {@link PeerMissingError} where it is not installed. */
export async function startDaemon({ command, debianPackage, core, flags }: DaemonOptions): Promise<Daemon> {
  const file = findCommand(command);
  if (file === undefined) throw new PeerMissingError(`${command} is not installed; Debian has it in the package ${debianPackage}`);
  const directory = mkdtempSync(join(tmpdir(), `xir-bench-${command}-`));
  const place = { port: await freePort(), otherPort: await freePort(), directory };
  const child = spawn('taskset', ['-c', String(core), file, ...flags(place)], { stdio: 'ignore', cwd: directory });
  const gone = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await gone;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await Promise.race([reachable(place.port), gone.then(([code]) => Promise.reject(new Error(`${command} ended with ${String(code)} before it answered`)))]);
  } catch (error) {
    await close();
    throw error;
  }
  return { pid: child.pid as number, port: place.port, [Symbol.asyncDispose]: close };
}

/** Where a command is installed; `undefined`: nowhere. */
export function findCommand(command: string): string | undefined {
  return placesOf(command, process.env['PATH'] ?? '').find(isExecutable);
}

/** The files a command may be, in the order in which they are looked for. */
export function placesOf(command: string, path: string): string[] {
  return [...path.split(delimiter), ...SYSTEM_DIRECTORIES].filter((directory) => directory !== '').map((directory) => join(directory, command));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function reachable(port: number): Promise<void> {
  const until = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
}
