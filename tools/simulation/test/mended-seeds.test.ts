import { expect, it } from 'vitest';
import { runSchedule } from '../src/run/run-schedule.ts';
import { PROFILES, type Profile } from '../src/world/profile.ts';

/** Schedules that once broke a promise; docs/track-record.md tells what was wrong. */
const MENDED = [
  { profile: 'quick', seed: 1715761642, what: 'a write whose answer was lost is readable at once, in listings too' },
  { profile: 'quick', seed: 2586729365, what: 'a value in doubt is as old as the cache was when the doubt arose' },
  { profile: 'quick', seed: 799303255, what: 'a listing answered by a replica that lags has what had just passed' },
  { profile: 'quick', seed: 2730422215, what: 'a listing that what had passed makes too large for the cache is answered all the same' },
  { profile: 'quick', seed: 712860181, what: 'a listing is answered once it is whole, however full the cache is' },
  { profile: 'quick', seed: 3004464098, what: 'a key that a whole listing does not have is answered, however full the cache is' },
  { profile: 'quick', seed: 3640594315, what: 'a key that others create while its own creation is on its way is in the listing' },
  { profile: 'quick', seed: 3951103166, what: 'a fresh read waits for what a row announced, also when the row comes twice' },
  { profile: 'all', seed: 3669478065, what: 'a key whose load failed is in later listings' },
  { profile: 'all', seed: 3749823689, what: 'what a wider listing brings is told to watches with history' },
];

it.each(MENDED)('of the schedule $seed, which was mended, holds: $what', async ({ profile, seed }) => {
  const { violations } = await runSchedule(seed, PROFILES[profile] as Profile);
  expect(violations, `pnpm --filter @xir/simulation simulate --profile ${profile} --replay ${seed}`).toEqual([]);
});
