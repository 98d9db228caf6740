import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The command in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves when the process is gone, with its exit code or signal. */
  readonly exited: Promise<number | string | null>;
}

const BIN = fileURLToPath(new URL('../../src/bin.ts', import.meta.url));

/** Starts the command on a free port and waits for its ready line; `maxFileBlocks` bounds its files, in blocks of 512 bytes. */
export async function startServerProcess(directory: string, environment: Record<string, string> = {}, maxFileBlocks?: number): Promise<ServerProcess> {
  const command = [process.execPath, '--conditions=@xir/source', '--import', 'tsx', BIN, '--directory', directory, '--port', '0'];
  const limited = maxFileBlocks === undefined ? command : ['sh', '-c', `ulimit -f ${maxFileBlocks}; exec "$@"`, 'sh', ...command];
  const child = spawn(limited[0] as string, limited.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const exited = new Promise<number | string | null>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  let errors = '';
  child.stderr?.on('data', (piece: Buffer) => {
    errors += piece.toString('utf8');
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const first = await Promise.race([
    new Promise<string>((resolve) => lines.once('line', resolve)),
    exited.then((code) => Promise.reject(new Error(`the server ended with ${code} before it was ready: ${errors}`))),
  ]);
  return { url: (JSON.parse(first) as { url: string }).url, child, exited };
}
