import { expect, it } from 'vitest';
import { runSchedule } from '../src/run/run-schedule.ts';
import { scheduleSeed } from '../src/seeded-random.ts';
import { PROFILES, type Profile } from '../src/world/profile.ts';

const SCHEDULES = 250;
/** Fixed, so that a run says something about the change and not about chance. */
const RUN_SEED = 5;

/** In this process, where mutants can be put: `schedules.test.ts` runs more of them in processes of their own. */
it(`what clients of the faces keep and are told is right in ${SCHEDULES} schedules of faults`, { timeout: 300_000 }, async () => {
  for (let index = 0; index < SCHEDULES; index += 1) {
    const seed = scheduleSeed(RUN_SEED, index);
    const { violations } = await runSchedule(seed, PROFILES['faces'] as Profile);
    expect(violations, `pnpm --filter @xir/simulation simulate --profile faces --replay ${seed}`).toEqual([]);
  }
});
