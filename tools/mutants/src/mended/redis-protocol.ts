import type { Mutant } from '../mutant.ts';

const TRACKING_TEST = 'packages/resp/test/tracking.test.ts';
const TRANSACTIONS_TEST = 'packages/resp/test/transactions.test.ts';

/** The Redis protocol: what would be lost or wrong in silence. */
export const REDIS_PROTOCOL_MUTANTS: readonly Mutant[] = [
  {
    name: 'hash-watched-late',
    without: 'A client-side cache is not told of a hash that was written between its first read and the beginning of its watch.',
    file: 'packages/resp/src/tracking/tracked-names.ts',
    find: "changes.follow(scope, listener, 'now')",
    replace: "changes.follow(scope, listener, 'ready')",
    heldBy: { file: TRACKING_TEST, title: 'T2 a hash that is written between its first read' },
  },
  {
    name: 'answer-behind-its-invalidation',
    without: 'A client-side cache keeps an answer that was fetched while its name changed.',
    file: 'packages/resp/src/command-runner.ts',
    find: '  if (names.length === 0) return;',
    replace: '  if (names.length >= 0) return;',
    heldBy: { file: TRACKING_TEST, title: 'T9 what was told while an answer was being fetched' },
  },
  {
    name: 'told-before-an-answer-that-waits',
    without: 'A client-side cache keeps an answer that stood behind a slower one while its name changed.',
    file: 'packages/resp/src/command-runner.ts',
    find: 'goesOut: () => this.#tellOnceMore(command, call)',
    replace: 'goesOut: () => undefined',
    heldBy: { file: TRACKING_TEST, title: 'T9 what was told while an answer stood' },
  },
  {
    name: 'own-writes-told',
    without: 'NOLOOP tells a client of its own write where the row comes before the acknowledgement.',
    file: 'packages/resp/src/tracking/tracking.ts',
    find: 'return writes === undefined ? false : Promise',
    replace: 'return writes !== undefined ? false : Promise',
    heldBy: { file: TRACKING_TEST, title: 'T5 NOLOOP leaves out' },
  },
  {
    name: 'watched-write-forced',
    without: 'A watched key that is changed between the look at it and the write of EXEC is written over.',
    file: 'packages/resp/src/key-access.ts',
    find: 'condition: watched === undefined ? (condition ?? ANY) : conditionOf(watched.version)',
    replace: 'condition: ANY',
    heldBy: { file: TRANSACTIONS_TEST, title: 'X2 does nothing where a watched key' },
  },
  {
    name: 'reads-beside-writes',
    without: 'A read overtakes the writes before it in its pipeline.',
    file: 'packages/resp/src/connection.ts',
    find: ' || kind === this.#overlapKind',
    replace: ' || kind === kind',
    heldBy: { file: TRANSACTIONS_TEST, title: 'X5 is carried out and answered in order' },
  },
];
