import { describe, expect, it } from 'vitest';
import { lackOfTraffic, newFailures, reportOf } from '../src/run/report.ts';
import { runMany } from '../src/run/run-many.ts';
import { PROFILES } from '../src/world/profile.ts';

/** Fixed, so that a run says something about the change and not about chance; other seeds are for the command line. */
const SEED = 1;

describe('on a faked cluster, memories and neurons', () => {
  for (const { profile, schedules } of [
    { profile: 'quick', schedules: 20_000 },
    { profile: 'all', schedules: 1_000 },
    { profile: 'wander', schedules: 400 },
    { profile: 'faces', schedules: 1_000 },
    { profile: 'sockets', schedules: 150 },
    { profile: 'messaging', schedules: 10_000 },
  ]) {
    it(`keep their promises in ${schedules} schedules of faults (${profile})`, { timeout: 900_000 }, async () => {
      const totals = await runMany({ schedules, seed: SEED, workers: 2, profile });
      const report = reportOf(totals, { seed: SEED, profile });
      console.log(report);
      expect(totals.schedules).toBe(schedules);
      expect(newFailures(totals), report).toEqual([]);
      expect(lackOfTraffic(totals), report).toEqual([]);
      const { faults = [], systemFaults = [] } = PROFILES[profile] ?? {};
      expect([...faults, ...systemFaults].filter((kind) => (totals.faults[kind] ?? 0) === 0)).toEqual([]);
    });
  }
});
