import { describe, expect, it } from 'vitest';
import { applicableKv4StoreCases, kv4StoreCases, kv4StoreMutants, openMutant, runKv4StoreCase, type Kv4StoreHarness, type Kv4StoreMutant } from '../src/index.ts';

/** Some mutants fail by never doing what is waited for. */
const PATIENCE_MS = 200;

function harnessOf(mutant: Kv4StoreMutant): Kv4StoreHarness {
  return { name: mutant.name, patienceMs: PATIENCE_MS, open: async () => openMutant(mutant) };
}

describe('the acceptance suite', () => {
  it('passes the store that the mutants are made from', async () => {
    const harness = harnessOf({ name: 'none', caughtBy: '', sabotage: () => ({}) });
    const failed: string[] = [];
    for (const storeCase of await applicableKv4StoreCases(harness)) {
      await runKv4StoreCase(storeCase, harness).catch((failure: unknown) => failed.push(`${storeCase.name}: ${String(failure)}`));
    }
    expect(failed).toEqual([]);
  });

  it.each(kv4StoreMutants.map((mutant) => [mutant.name, mutant] as const))('catches a store in which %s', async (_, mutant) => {
    const storeCase = kv4StoreCases.find(({ name }) => name.startsWith(mutant.caughtBy));
    expect(storeCase, `no case is named "${mutant.caughtBy}…"`).toBeDefined();
    if (storeCase === undefined) return;
    await expect(runKv4StoreCase(storeCase, harnessOf(mutant)), `"${storeCase.name}" should fail`).rejects.toThrow();
  });

  it('names its cases and mutants once', () => {
    for (const names of [kv4StoreCases.map(({ name }) => name), kv4StoreMutants.map(({ name }) => name)]) expect(new Set(names).size).toBe(names.length);
  });
});
