import type { Kv4StoreSupports } from '@xir/kv4-core';
import type { CaseContext } from './case-context.ts';

/**
 * What a case needs to make sense: a capability of the store (`store.supports`), `buckets` (the store may use any bucket), `layers` (two layers), `reopen` (a second
 * store on the same data), or `no-watch` (a store that does not claim `watch`).
 */
export type Kv4StoreNeed = keyof Kv4StoreSupports | 'buckets' | 'layers' | 'reopen' | 'no-watch';

/** One fact of the `Kv4Store` contract, and how to see it. */
export interface Kv4StoreCase {
  /** The fact, in words. Unique in the suite. */
  readonly name: string;
  readonly needs: readonly Kv4StoreNeed[];
  /** Rejects when the fact does not hold. */
  run(context: CaseContext): Promise<void>;
}

/** A case of the suite. */
export function kv4Case(name: string, needs: readonly Kv4StoreNeed[], run: (context: CaseContext) => Promise<void>): Kv4StoreCase {
  return { name, needs, run };
}
