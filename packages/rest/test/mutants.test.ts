import { describe, expect, it } from 'vitest';

import { collectFacts, type Fact } from './facts.ts';
import { mutants, mutated, type Mutant } from './mutants.ts';
import { openNeuron } from './neuron-fixture.ts';

const TABLES = await collectFacts(async () => {
  await import('./transport.test.ts');
  await import('./login.test.ts');
  await import('./data.test.ts');
  await import('./namespaces.test.ts');
  await import('./accounts.test.ts');
  await import('./small-services.test.ts');
  await import('./additions.test.ts');
});
const RIGHT: Mutant = { name: 'none', table: '' };

/** The titles of the facts of a table that a neuron does not keep. */
async function brokenFacts(facts: readonly Fact[], mutant: Mutant): Promise<string[]> {
  await using neuron = await openNeuron();
  const faults: unknown[] = [];
  const shown = mutated(neuron, mutant, (error) => faults.push(error));
  const broken: string[] = [];
  for (const [title, check] of facts) {
    try {
      await check(shown);
    } catch {
      // What a fact says about its failure is of no interest here, only that it fails.
      broken.push(title);
    }
  }
  expect(faults).toEqual([]);
  return broken;
}

describe('the facts find a neuron that gets one thing wrong', () => {
  it.each([...TABLES])('control: the facts of %s hold for a neuron without a fault', async (_title, facts) => {
    expect(await brokenFacts(facts, RIGHT)).toEqual([]);
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant.table, mutant] as const))('%s (found by %s)', async (_name, table, mutant) => {
    const facts = TABLES.get(table) ?? [];
    expect(facts.length).toBeGreaterThan(0);
    const broken = await brokenFacts(facts, mutant);
    expect(broken).not.toEqual([]);
  });
});
