import type { Mutant } from '../mutant.ts';

const SUITE = { file: 'packages/couch-feed/test/feed-suite.test.ts', suite: 'driven time' };

/** What tells whether the database, and a position in it, are still what they were. */
export const IDENTITY_MUTANTS: readonly Mutant[] = [
  {
    name: 't13-old-checkpoint',
    without: 'A checkpoint is resumed from however old it is.',
    file: 'packages/couch-feed/src/checkpoint.ts',
    find: 'return Math.abs(nowMs - checkpoint.savedAtMs) > maxAgeMs;',
    replace: 'return Math.abs(nowMs - checkpoint.savedAtMs) > maxAgeMs * Infinity;',
    heldBy: { ...SUITE, title: 'T13 a checkpoint older than tombstones are kept is not resumed from' },
  },
  {
    name: 't14-other-life',
    without: 'A database made anew is taken for the old one.',
    file: 'packages/couch-feed/src/identity.ts',
    find: "const recreated = before !== '0' && now !== '0' && before !== now;",
    replace: "const recreated = before === '0' && now !== '0' && before === now;",
    heldBy: { ...SUITE, title: 'T14 a database made anew while the follower was away' },
  },
  {
    name: 't14-reset-forgets',
    without: 'Of a database made anew the cache goes on telling what the old one held.',
    file: 'packages/kv4/src/feed-loop.ts',
    find: '        cache.reset();\n',
    replace: '',
    heldBy: { file: 'packages/kv4/test/traps.test.ts', title: 'M6 T14: a database deleted and made again forgets everything' },
  },
  {
    name: 't15-barrier',
    without: 'A database put back to an earlier state is taken for what it was.',
    file: 'packages/couch-feed/src/epoch-identity.ts',
    find: "if (now === undefined || now.life !== before.life || now.count < before.count) return 'restored';",
    replace: "if (now === undefined) return 'same';",
    heldBy: { ...SUITE, title: 'T15 a database put back to an earlier state leads to a reset' },
  },
  {
    name: 't28-low-water-mark',
    without: 'The position passes work that is not finished.',
    file: 'packages/couch-feed/src/low-water-mark.ts',
    find: '      if (!ticket.done) break;',
    replace: '',
    heldBy: { file: 'packages/couch-feed/test/low-water-mark.test.ts', title: 'L1 T28 stays behind the oldest unfinished piece' },
  },
  {
    name: 't29-position-of-unwanted-rows',
    without: 'Rows that nobody wants do not move the position, so that a restart goes through them again.',
    file: 'packages/couch-feed/src/follower.ts',
    find: '      this.#mark.pass(seq);',
    replace: '',
    heldBy: { ...SUITE, title: 'T29 rows nobody wants are not delivered, yet the position follows them' },
  },
];
