import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of the harness's own that is asked to do things, and measured. */
export interface Worker extends AsyncDisposable {
  readonly pid: number;
  /** Runs one of its commands and returns what it answers; rejects with what it failed on. */
  ask<Result>(name: string, argument?: unknown): Promise<Result>;
}

/** How a worker is started. */
export interface WorkerOptions {
  /** The core it is pinned to. */
  readonly core: number;
  /** Further flags of Node, such as `--expose-gc`. */
  readonly flags?: readonly string[];
}

interface Answer {
  readonly ready?: true;
  readonly number?: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Starts a file of this directory as a process and waits until it answers commands. */
export async function startWorker(file: string, options: WorkerOptions): Promise<Worker> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const args = ['-c', String(options.core), process.execPath, ...(options.flags ?? []), '--import', 'tsx', script];
  const child = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      const answer = message as Answer;
      if (answer.ready === true) resolve();
      if (answer.number === undefined) return;
      waiting.get(answer.number)?.(answer);
      waiting.delete(answer.number);
    });
    child.once('exit', (code, signal) => {
      const error = `${file} ended with ${code ?? signal}`;
      for (const take of waiting.values()) take({ error });
      reject(new Error(error));
    });
  });
  await ready;
  return {
    pid: child.pid as number,
    ask: async <Result>(name: string, argument?: unknown): Promise<Result> => {
      asked += 1;
      const number = asked;
      const answer = await new Promise<Answer>((resolve) => {
        waiting.set(number, resolve);
        child.send({ number, name, argument });
      });
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.result as Result;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
