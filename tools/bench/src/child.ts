import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server process under measurement. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** The JSON object that the process printed as its first line that parses as one. */
  readonly ready: Record<string, unknown>;
}

/** How a process is started. */
export interface ChildOptions {
  /** What it is called in messages. */
  readonly name: string;
  /** The core it is pinned to, by `taskset`; absent: wherever the kernel likes. */
  readonly core?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Milliseconds until a process must have said that it is ready. */
const READY_TIMEOUT_MS = 60_000;

/** Starts `node` with these arguments and waits for its JSON line on standard output. */
export async function startChild(args: readonly string[], options: ChildOptions): Promise<Child> {
  const command = options.core === undefined ? process.execPath : 'taskset';
  const all = options.core === undefined ? [...args] : ['-c', String(options.core), process.execPath, ...args];
  const child = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } });
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    errors.push(chunk.toString());
    if (errors.length > 50) errors.shift();
  });
  const ready = await firstJsonLine(child, options.name, errors);
  return {
    pid: child.pid as number,
    ready,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(timer);
    },
  };
}

async function firstJsonLine(child: ChildProcess, name: string, errors: readonly string[]): Promise<Record<string, unknown>> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return await new Promise((resolve, reject) => {
    const fail = (cause: string): void => reject(new Error(`${name} did not start: ${cause}\n${errors.join('')}`));
    const timer = setTimeout(() => fail(`no ready line within ${READY_TIMEOUT_MS} ms`), READY_TIMEOUT_MS);
    child.once('exit', (code, signal) => fail(`it ended with ${code ?? signal}`));
    lines.on('line', (line) => {
      const parsed = parseObject(line);
      if (parsed === undefined) return;
      clearTimeout(timer);
      resolve(parsed);
    });
  });
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // A line of another kind: not the one waited for.
    return undefined;
  }
}
