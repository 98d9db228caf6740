import { historyMutants } from './history-mutants.ts';
import { listingMutants } from './listing-mutants.ts';
import type { Kv4StoreMutant } from './mutant.ts';
import { watchMutants } from './watch-mutants.ts';
import { writeMutants } from './write-mutants.ts';

/** Stores that break the contract, each in one way: the suite is worth what it catches of them. */
export const kv4StoreMutants: readonly Kv4StoreMutant[] = [...writeMutants, ...listingMutants, ...historyMutants, ...watchMutants];
