import { kv4StoreCases } from '../cases/kv4-store-cases.ts';
import { CaseContext } from './case-context.ts';
import type { Kv4StoreCase, Kv4StoreNeed } from './case.ts';
import { DEFAULT_SUITE_LAYERS, type Kv4StoreHarness, type OpenedKv4Store } from './harness.ts';

/** How a case ended: its fact holds, or the store declares that it does not claim it. A fact that does not hold is a rejection. */
export type Kv4StoreCaseOutcome = { readonly type: 'passed' } | { readonly type: 'not-applicable'; readonly missing: Kv4StoreNeed };

/** The cases that a store is held to: all but those about what it declares not to claim. Opens a store to ask it, and closes it. */
export async function applicableKv4StoreCases(harness: Kv4StoreHarness): Promise<readonly Kv4StoreCase[]> {
  const opened = await harness.open();
  try {
    return kv4StoreCases.filter((storeCase) => storeCase.needs.every((need) => has(need, harness, opened)));
  } finally {
    await opened.close();
  }
}

let corners = 0;

/** Opens a store, runs a case on it, and closes everything. Rejects with the case's failure. */
export async function runKv4StoreCase(storeCase: Kv4StoreCase, harness: Kv4StoreHarness): Promise<Kv4StoreCaseOutcome> {
  const opened = await harness.open();
  try {
    const missing = storeCase.needs.find((need) => !has(need, harness, opened));
    if (missing !== undefined) return { type: 'not-applicable', missing };
    corners += 1;
    const context = new CaseContext(harness, opened, `${process.pid.toString(36)}${Date.now().toString(36)}${corners}`);
    try {
      await storeCase.run(context);
    } finally {
      await context.end();
    }
    return { type: 'passed' };
  } finally {
    await opened.close();
  }
}

function has(need: Kv4StoreNeed, harness: Kv4StoreHarness, opened: OpenedKv4Store): boolean {
  switch (need) {
    case 'buckets':
      return harness.bucket === undefined;
    case 'layers':
      return (harness.layers ?? DEFAULT_SUITE_LAYERS).length >= 2;
    case 'reopen':
      return opened.reopen !== undefined;
    case 'no-watch':
      return !opened.store.supports.watch;
    default:
      return opened.store.supports[need];
  }
}
