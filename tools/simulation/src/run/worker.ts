import { scheduleSeed } from '../seeded-random.ts';
import { PROFILES } from '../world/profile.ts';
import { runSchedule } from './run-schedule.ts';
import { addSchedule, emptyTotals } from './run-totals.ts';

/** Schedules between two reports. */
const REPORT_EVERY = 200;

/** Which schedules a worker runs: every `step`-th from `first` on. */
export interface WorkerTask {
  readonly runSeed: number;
  readonly profile: string;
  readonly first: number;
  readonly step: number;
  readonly schedules: number;
}

async function work(task: WorkerTask): Promise<void> {
  const profile = PROFILES[task.profile];
  if (profile === undefined) throw new TypeError(`there is no profile ${task.profile}`);
  let totals = emptyTotals();
  for (let index = task.first; index < task.schedules; index += task.step) {
    addSchedule(totals, await runSchedule(scheduleSeed(task.runSeed, index), profile));
    if (totals.schedules < REPORT_EVERY) continue;
    process.send?.(totals);
    totals = emptyTotals();
  }
  process.send?.(totals);
  process.disconnect();
}

process.once('message', (task) => void work(task as WorkerTask));
