import { expect, it } from 'vitest';
import { runSchedule } from '../src/run/run-schedule.ts';
import { scheduleSeed } from '../src/seeded-random.ts';
import { PROFILES, type Profile } from '../src/world/profile.ts';

/** Fixed, so that a run says something about the change and not about chance. */
const RUN_SEED = 8;
const SCHEDULES = 100;

/** In this process, where mutants can be put: `schedules.test.ts` runs more of them in processes of their own. */
it(`messages come in order and once, presence is true, and nothing is lost silently, in ${SCHEDULES} schedules of faults`, { timeout: 300_000 }, async () => {
  for (let index = 0; index < SCHEDULES; index += 1) {
    const seed = scheduleSeed(RUN_SEED, index);
    const { violations } = await runSchedule(seed, PROFILES['messaging'] as Profile);
    expect(violations, `pnpm --filter @xir/simulation simulate --profile messaging --replay ${seed}`).toEqual([]);
  }
});
