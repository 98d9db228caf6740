import { expect, it } from 'vitest';
import { MAX_QUARANTINED_IDS, Quarantine } from '../src/quarantine.ts';

it('counts documents that are no heads, each once, and remembers no more than its bound', () => {
  const quarantine = new Quarantine();
  for (let round = 0; round < 2; round += 1) for (let id = 0; id < 5; id += 1) quarantine.add(`d!${id}`);
  expect(quarantine.size).toBe(5);
  for (let id = 0; id < MAX_QUARANTINED_IDS * 2; id += 1) quarantine.add(`d!${id}`);
  expect(quarantine.size).toBe(MAX_QUARANTINED_IDS);
  quarantine.clear();
  expect(quarantine.size).toBe(0);
});
