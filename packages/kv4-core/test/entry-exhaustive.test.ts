import { describe, expect, it } from 'vitest';
import { ENTRY_STATES, stepEntry } from '../src/index.ts';
import { explore } from './support/entry-explorer.ts';
import { ENTRY_MUTANTS } from './support/entry-mutants.ts';
import { startsOf, WORLDS, type WorldName } from './support/entry-worlds.ts';

/** Actions in a row; `XIR_ENTRY_MODEL_DEPTH` goes deeper. */
const DEPTH = Number(process.env['XIR_ENTRY_MODEL_DEPTH'] ?? 8);
/** The world of everything has some twenty actions in each state. */
const DEPTH_OF_EVERYTHING = DEPTH - 3;
const LIMIT_MS = 300_000;
/** Fewer states than this: the exploration has become blind. */
const LEAST_STATES: Readonly<Record<WorldName, number>> = {
  'one replica': 200_000,
  conflicts: 100_000,
  'purges and re-creation': 100_000,
  'a replica that lags': 40_000,
  'replicas with a leaf each': 1_000,
  everything: 40_000,
};

describe('cache entry under every interleaving', () => {
  it.each(Object.keys(WORLDS) as WorldName[])(
    'E19: of the world of “%s”, readers never go back, and the entry ends at what the database holds',
    (name) => {
      const options = { ...WORLDS[name], step: stepEntry };
      const found = explore(startsOf(options), name === 'everything' ? DEPTH_OF_EVERYTHING : DEPTH);
      expect(found.violation).toBe(undefined);
      expect([...found.entryStates].sort()).toEqual(ENTRY_STATES.filter((state) => state !== 'reserved' || options.writes).sort());
      expect(found.states).toBeGreaterThan(DEPTH < 8 ? 0 : LEAST_STATES[name]);
    },
    LIMIT_MS,
  );

  it.each(ENTRY_MUTANTS)(
    'E19: finds the mutant “$name”',
    ({ world, step = stepEntry, lapse }) => {
      const options = { ...WORLDS[world], step, ...(lapse === undefined ? {} : { lapse }) };
      expect(explore(startsOf(options), DEPTH).violation).toBeTypeOf('string');
    },
    LIMIT_MS,
  );
});
