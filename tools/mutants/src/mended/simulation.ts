import type { Mutant } from '../mutant.ts';

const CACHE = 'packages/kv4/src/cache.ts';
const TEST = 'packages/kv4/test/left-behind.test.ts';

/** Defects that the simulation found, and that were mended: each mutant takes the fix back. */
export const SIMULATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'wider-listing-is-news',
    without: 'What a wider listing brings for a path that is whole already is not told to watches.',
    file: CACHE,
    find: 'if (isNews) this.#overtaken.add(entry);',
    replace: '',
    heldBy: { file: TEST, title: 'M12: with history, a version that a wider listing brought before its row is told' },
  },
];
