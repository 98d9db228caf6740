import { describe, it } from 'vitest';
import { DEFAULT_PATIENCE_MS, type Kv4StoreHarness } from './harness.ts';
import { applicableKv4StoreCases, runKv4StoreCase } from './run-case.ts';

/** Time for one case, in multiples of patience: a case waits a few times at most. */
const WAITS_PER_CASE = 6;

/**
 * Registers the acceptance suite of `Kv4Store` with vitest: one test for each of `kv4StoreCases` that `store.supports` and the harness give reason for. Nothing is skipped. The
 * harness opens a store once while the tests are collected, and then one for each test.
 */
export function kv4StoreSuite(harness: Kv4StoreHarness): void {
  const timeoutMs = (harness.patienceMs ?? DEFAULT_PATIENCE_MS) * WAITS_PER_CASE;
  describe(`${harness.name} keeps the Kv4Store contract`, async () => {
    for (const storeCase of await applicableKv4StoreCases(harness)) {
      it(storeCase.name, { timeout: timeoutMs }, async () => {
        await runKv4StoreCase(storeCase, harness);
      });
    }
  });
}
