import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('database-program.ts', import.meta.url));

/** An embedded database in a process of its own. */
export interface DatabaseProcess extends AsyncDisposable {
  readonly url: string;
  /** kill −9, and wait for the end. */
  kill(): Promise<void>;
  /** SIGSTOP: connections are taken and nothing is answered, until the end. */
  fallSilent(): void;
}

/** Starts a database process on a directory. Fails with its log when it ends before it says where it is. */
export async function startDatabaseProcess(directory: string, port = 0): Promise<DatabaseProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@xir/source', program, directory, String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const gone = once(child, 'close');
  const line: unknown = await Promise.race([once(createInterface({ input: child.stdout }), 'line').then(([text]) => text as unknown), gone.then(() => undefined)]);
  if (typeof line !== 'string') throw new Error(`the database ended before it was ready\n${log}`);
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await gone;
  };
  return { url: line, kill, fallSilent: () => void child.kill('SIGSTOP'), [Symbol.asyncDispose]: kill };
}
