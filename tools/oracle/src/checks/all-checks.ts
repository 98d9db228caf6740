import type { Check } from './check.ts';
import { auditFoundNothing, convergedWithDatabase, noIncidents } from './neurons.ts';
import { agePlausible, freshReadsCurrent, monotonicReads, readsWereWritten } from './reads.ts';
import { watchesComplete, watchesOrdered, watchesReliable } from './watches.ts';
import { acknowledgedWritesKept, compareAndSetChain, writtenAtMostOnce } from './writes.ts';

/** Every check that a run must pass, besides having had enough traffic. */
export const CHECKS: readonly Check[] = [
  acknowledgedWritesKept,
  writtenAtMostOnce,
  compareAndSetChain,
  monotonicReads,
  freshReadsCurrent,
  readsWereWritten,
  agePlausible,
  watchesOrdered,
  watchesReliable,
  watchesComplete,
  convergedWithDatabase,
  auditFoundNothing,
  noIncidents,
];
