import type { Kv4StoreCase } from '../suite/case.ts';
import { aggregateCases } from './aggregate-cases.ts';
import { concurrencyCases } from './concurrency-cases.ts';
import { conditionCases } from './condition-cases.ts';
import { deletionCases } from './deletion-cases.ts';
import { expiryCases } from './expiry-cases.ts';
import { keyCases } from './key-cases.ts';
import { lifecycleCases } from './lifecycle-cases.ts';
import { listingCases } from './listing-cases.ts';
import { mergeCases } from './merge-cases.ts';
import { reopenCases } from './reopen-cases.ts';
import { seriesCases } from './series-cases.ts';
import { valueCases } from './value-cases.ts';
import { watchCases } from './watch-cases.ts';
import { watchContinuityCases } from './watch-continuity-cases.ts';
import { writeCases } from './write-cases.ts';

/** The acceptance suite of `Kv4Store`: every fact of the contract that a store can be held to, from the plainest on. */
export const kv4StoreCases: readonly Kv4StoreCase[] = [
  ...writeCases,
  ...conditionCases,
  ...mergeCases,
  ...valueCases,
  ...keyCases,
  ...deletionCases,
  ...listingCases,
  ...seriesCases,
  ...aggregateCases,
  ...expiryCases,
  ...concurrencyCases,
  ...watchCases,
  ...watchContinuityCases,
  ...reopenCases,
  ...lifecycleCases,
];
