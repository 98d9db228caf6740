import { fork, type ChildProcess } from 'node:child_process';
import { bundleWorker } from './bundle.ts';
import { addTotals, emptyTotals, type RunTotals } from './run-totals.ts';
import type { WorkerTask } from './worker.ts';

/** What a run of many schedules is told. */
export interface RunOptions {
  readonly schedules: number;
  readonly seed: number;
  readonly workers: number;
  readonly profile: string;
  /** Told of the totals after each report of a worker. */
  readonly onProgress?: (totals: RunTotals) => void;
}

/** Runs many schedules in processes of their own. Rejects when one of those ends badly. */
export async function runMany(options: RunOptions): Promise<RunTotals> {
  const { schedules, seed, workers, profile, onProgress } = options;
  const file = await bundleWorker();
  const totals = emptyTotals();
  const running: ChildProcess[] = [];
  try {
    await Promise.all(
      Array.from({ length: workers }, async (_, first) => {
        // Stacks of errors that are part of the plan cost more than the errors.
        const child = fork(file, { execArgv: ['--stack-trace-limit=0', '--max-semi-space-size=32'] });
        running.push(child);
        child.on('message', (part) => {
          addTotals(totals, part as RunTotals);
          onProgress?.(totals);
        });
        const task: WorkerTask = { runSeed: seed, profile, first, step: workers, schedules };
        child.send(task);
        const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
        if (code !== 0) throw new Error(`worker ${first} ended with ${code ?? 'a signal'}`);
      }),
    );
  } finally {
    for (const child of running) child.kill();
  }
  return totals;
}
