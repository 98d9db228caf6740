import { describe, it } from 'vitest';
import { kv4StoreCases } from '../cases/kv4-store-cases.ts';
import { DEFAULT_PATIENCE_MS, type Kv4StoreHarness } from './harness.ts';
import { runKv4StoreCase } from './run-case.ts';

/** Time for one case, in multiples of patience: a case waits a few times at most. */
const WAITS_PER_CASE = 6;

/**
 * Registers the acceptance suite of `Kv4Store` with vitest: one test for each of `kv4StoreCases`. A case that needs what `store.supports` denies is reported as skipped, with the
 * reason; nothing else skips one.
 */
export function kv4StoreSuite(harness: Kv4StoreHarness): void {
  const timeoutMs = (harness.patienceMs ?? DEFAULT_PATIENCE_MS) * WAITS_PER_CASE;
  describe(`${harness.name} keeps the Kv4Store contract`, () => {
    for (const storeCase of kv4StoreCases) {
      it(storeCase.name, { timeout: timeoutMs }, async (test) => {
        const outcome = await runKv4StoreCase(storeCase, harness);
        if (outcome.type === 'not-applicable') test.skip(`the store does not claim: ${outcome.missing}`);
      });
    }
  });
}
