import { afterAll, beforeAll, describe, it } from 'vitest';

import { openNeuron, STORE_KINDS, type Neuron } from './neuron-fixture.ts';

/** A fact of the API, and the program that finds it true. */
export type Fact = readonly [title: string, check: (neuron: Neuron) => Promise<void>];

/** Checks facts on one neuron per kind of store. Facts of a table use paths of their own. */
export function checkFacts(title: string, facts: readonly Fact[]): void {
  describe.each(STORE_KINDS)(`${title}, %s`, (_kind, open) => {
    let neuron: Neuron;
    beforeAll(async () => {
      neuron = await openNeuron({ store: await open() });
    });
    afterAll(async () => {
      await neuron[Symbol.asyncDispose]();
    });
    it.each(facts)('%s', async (_fact, check) => {
      await check(neuron);
    });
  });
}
