import { parseArgs } from 'node:util';
import { failedLines, lackOfTraffic, newFailures, reportOf } from './run/report.ts';
import { runMany } from './run/run-many.ts';
import type { FailedSchedule } from './run/run-totals.ts';
import { runSchedule } from './run/run-schedule.ts';
import { PROFILES } from './world/profile.ts';

/** Milliseconds between two lines of progress. */
const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    workers: { type: 'string', default: '2' },
    profile: { type: 'string', default: 'all' },
    replay: { type: 'string' },
  },
});

async function replay(seed: number, profileName: string): Promise<void> {
  const profile = PROFILES[profileName];
  if (profile === undefined) throw new TypeError(`there is no profile ${profileName}; there are ${Object.keys(PROFILES).join(', ')}`);
  const result = await runSchedule(seed, profile, true);
  console.log(result.lines?.join('\n'));
  console.log(`${result.events} events, ${Math.round(result.simulatedMs)} simulated ms, equal ${Math.round(result.convergedMs)} ms after the faults, hash ${result.hash.toString(16)}`);
  for (const { check, what } of result.violations) console.log(`VIOLATED ${check}: ${what}`);
  if (result.violations.length > 0) process.exitCode = 1;
}

async function simulate(): Promise<void> {
  const { profile } = values;
  const [schedules, seed, workers] = [Number(values.schedules), Number(values.seed), Number(values.workers)];
  const started = performance.now();
  let last = started;
  let told = 0;
  const totals = await runMany({
    schedules,
    seed,
    workers,
    profile,
    onProgress(each) {
      // At once, so that a long run that is broken off has told what it found.
      for (; told < each.failed.length; told += 1) console.log(failedLines(each.failed[told] as FailedSchedule, profile).join('\n'));
      const now = performance.now();
      if (now - last < PROGRESS_MS) return;
      last = now;
      console.log(`${each.schedules} of ${schedules}, ${Math.round((each.schedules * 1_000) / (now - started))} a second, failures ${JSON.stringify(each.failures)}`);
    },
  });
  console.log(reportOf(totals, { seed, profile }));
  const problems = [...newFailures(totals).map((check) => `${check} found something`), ...lackOfTraffic(totals)];
  for (const problem of problems) console.log(`FAILED: ${problem}`);
  console.log(`${Math.round((performance.now() - started) / 1_000)} s; again: pnpm --filter @xir/simulation simulate --profile ${profile} --schedules ${schedules} --seed ${seed}`);
  if (problems.length > 0) process.exitCode = 1;
}

if (values.replay === undefined) await simulate();
else await replay(Number(values.replay), values.profile);
