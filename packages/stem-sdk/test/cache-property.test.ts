import { expect, it } from 'vitest';
import { SEED, SeededRandom } from './seeded-random.ts';
import { SimulatedCache } from './simulated-cache.ts';

const RUNS = Number(process.env['XIR_TEST_CASES'] ?? 3000);
const STEPS = 120;

it('whatever order questions, writes, answers, events, losses and resets come in, nothing is shown that is older than what was told or answered, and in the end it is the neuron that is shown', () => {
  let hits = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const seed = SEED * 1_000_003 + run;
    try {
      const simulation = new SimulatedCache(new SeededRandom(seed));
      for (let step = 0; step < STEPS; step += 1) simulation.step();
      simulation.settle();
      hits += simulation.hits;
    } catch (error) {
      throw new Error(`run ${run}; again with XIR_TEST_SEED=${SEED} npx vitest run cache-property`, { cause: error });
    }
  }
  // The runs are about what a cache shows.
  expect(hits).toBeGreaterThan(RUNS);
});
