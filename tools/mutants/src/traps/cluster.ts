import type { Mutant } from '../mutant.ts';

/** What several writers, replicas and hosts do to one another. */
export const CLUSTER_MUTANTS: readonly Mutant[] = [
  {
    name: 't6-losing-leaves',
    without: 'Of conflicting leaves the one that CouchDB shows is all there is.',
    file: 'packages/kv4-couch/src/head-read.ts',
    find: 'const united = uniteLeaves({ ...first, _rev: winner.rev }, others);',
    replace: 'const united = uniteLeaves({ ...first, _rev: winner.rev }, others.slice(0, 0));',
    heldBy: { file: 'packages/kv4-couch/test/conflicts.test.ts', title: 'C1 T6 shows the highest version at once', suite: 'the embedded' },
  },
  {
    name: 't33-below-quorum',
    without: 'A write that fewer nodes took than the quorum counts as durable.',
    file: 'packages/kv4-couch/src/commit-driver.ts',
    find: 'durable = status !== 202;',
    replace: 'durable = status !== 0;',
    heldBy: { file: 'packages/kv4-couch/test/outcomes.test.ts', title: 'O12 T33 is passed on' },
  },
  {
    name: 't36-clock-behind-the-key',
    without: 'A version is made by the wall clock alone, whatever version its key has.',
    file: 'packages/kv4-core/src/hybrid-clock.ts',
    find: 'const floor = above === undefined ? undefined : momentAbove(above);',
    replace: 'const floor = above === undefined || momentAbove(above) === undefined ? undefined : own;',
    heldBy: { file: 'packages/kv4-core/test/version.test.ts', title: 'C2 T36: makes versions above the key’s own' },
  },
];
