import { describe, expect, it } from 'vitest';
import { runSchedule } from '../src/run/run-schedule.ts';
import { scheduleSeed } from '../src/seeded-random.ts';
import { PROFILES, type Profile } from '../src/world/profile.ts';

const profile = PROFILES['all'] as Profile;

describe('a schedule', () => {
  it('is the same every time for one seed, and another for another', async () => {
    const hashes: number[] = [];
    for (let index = 0; index < 12; index += 1) {
      const seed = scheduleSeed(7, index);
      const first = await runSchedule(seed, profile);
      const second = await runSchedule(seed, profile, true);
      expect([second.hash, second.events, second.simulatedMs], `seed ${seed}`).toEqual([first.hash, first.events, first.simulatedMs]);
      hashes.push(first.hash);
    }
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
