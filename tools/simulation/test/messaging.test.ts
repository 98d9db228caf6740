import { expect, it } from 'vitest';
import { runSchedule } from '../src/run/run-schedule.ts';
import { scheduleSeed } from '../src/seeded-random.ts';
import { PROFILES, type Profile } from '../src/world/profile.ts';

/** Fixed, so that a run says something about the change and not about chance. */
const RUN_SEED = 8;
const SCHEDULES = 100;
const KILLS = 40;
const FROZEN = 60;
const AUDIENCE = 40;
const SLOTS = 40;
const TIMEOUT_MS = 300_000;

/** In this process, where mutants can be put: `schedules.test.ts` runs more of them in processes of their own. */
async function expectKept(profile: string, schedules: number): Promise<void> {
  for (let index = 0; index < schedules; index += 1) {
    const seed = scheduleSeed(RUN_SEED, index);
    const { violations } = await runSchedule(seed, PROFILES[profile] as Profile);
    expect(violations, `pnpm --filter @xir/simulation simulate --profile ${profile} --replay ${seed}`).toEqual([]);
  }
}

it(`messages come in order and once, presence is true, and nothing is lost silently, in ${SCHEDULES} schedules of faults`, { timeout: TIMEOUT_MS }, () => expectKept('messaging', SCHEDULES));

it(`the peers of a neuron that is killed are gone within 5 s, and one other cleans up behind it, in ${KILLS} schedules`, { timeout: TIMEOUT_MS }, () => expectKept('messaging-kills', KILLS));

it(`a neuron that stood still and was given up serves in a new life only, in ${FROZEN} schedules`, { timeout: TIMEOUT_MS }, () => expectKept('messaging-frozen', FROZEN));

it(`who listens hears what is sent and published once, in order, and all that is kept, in ${AUDIENCE} schedules of faults`, { timeout: TIMEOUT_MS }, () => expectKept('messaging-audience', AUDIENCE));

it(`all of that holds where each client is in a document of its own, in ${SLOTS} schedules of faults`, { timeout: TIMEOUT_MS }, () => expectKept('messaging-slots', SLOTS));
