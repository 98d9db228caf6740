import { afterAll, beforeAll, describe, it } from 'vitest';

import { openNeuron, STORE_KINDS, type Neuron } from './neuron-fixture.ts';

/** A fact of the API, and the program that finds it true. */
export type Fact = readonly [title: string, check: (neuron: Neuron) => Promise<void>];

/** Tables of facts that are being collected instead of checked. */
let collecting: Map<string, readonly Fact[]> | undefined;

/** Checks facts on one neuron per kind of store. Facts of a table use paths of their own. */
export function checkFacts(title: string, facts: readonly Fact[]): void {
  if (collecting !== undefined) {
    collecting.set(title, facts);
    return;
  }
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

/** The tables of facts that modules hold, by title, for who checks them himself. The modules must hold nothing but such tables. */
export async function collectFacts(load: () => Promise<unknown>): Promise<ReadonlyMap<string, readonly Fact[]>> {
  const tables = new Map<string, readonly Fact[]>();
  collecting = tables;
  try {
    await load();
  } finally {
    collecting = undefined;
  }
  return tables;
}
