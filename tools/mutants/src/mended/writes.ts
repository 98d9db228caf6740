import type { Mutant } from '../mutant.ts';

const COMMIT_TEST = 'packages/kv4-core/test/group-commit.test.ts';
const PRESUMPTION_TEST = 'packages/kv4-core/test/group-commit-presumption.test.ts';

/** Mended defects of writing: each mutant takes the fix back. */
export const MENDED_WRITE_MUTANTS: readonly Mutant[] = [
  {
    name: 'patience-without-end',
    without: 'A database that asks to wait is asked again for each document as often as the document may.',
    file: 'packages/kv4-core/src/group-commit-patience.ts',
    find: 'if (this.#left === 0 || repetitions',
    replace: 'if (repetitions',
    heldBy: { file: COMMIT_TEST, title: 'G13 asks a busy database for no more repetitions' },
  },
  {
    name: 'found-write-is-not-told',
    without: 'A write found after its answer was lost is acknowledged before its neuron’s cache knows of it.',
    file: 'packages/kv4-core/src/group-commit.ts',
    find: "if (head?._rev !== undefined) this.#actions.push({ type: 'committed', id: lane.id, head, rev: head._rev, removed: false, durable: false });",
    replace: '',
    heldBy: { file: COMMIT_TEST, title: 'G8 G15 tells what it read before it acknowledges the write' },
  },
  {
    name: 'known-deletion-is-trusted',
    without: 'A creation over a deletion that had been read before is acknowledged without a second look.',
    file: 'packages/kv4-core/src/group-commit.ts',
    find: 'if (!overDeleted) return this.#settleStored(lane, rev, durable);',
    replace: 'if (!overDeleted || lane.base?.floor !== undefined) return this.#settleStored(lane, rev, durable);',
    heldBy: { file: PRESUMPTION_TEST, title: 'G23 is weighed also where the deleted document was read before' },
  },
  {
    name: 'own-versions-in-segments',
    without: 'A creation whose own versions are in segments is taken for one below the history of its key.',
    file: 'packages/kv4-core/src/group-commit-presumption.ts',
    find: ' && !versions.includes(floor);',
    replace: ';',
    heldBy: { file: PRESUMPTION_TEST, title: 'G23 is acknowledged as it stands where its own versions are the newest in segments' },
  },
  {
    name: 'written-again-as-it-is',
    without: 'A creation that somebody has written again as it is, to move its versions, is made again above.',
    file: 'packages/kv4-core/src/group-commit-presumption.ts',
    find: 'head.same === true || ',
    replace: '',
    heldBy: { file: PRESUMPTION_TEST, title: 'G23 is acknowledged as it stands where somebody has written it again as it is' },
  },
  {
    name: 'moved-without-writing-again',
    without: 'Late versions are moved into segments without their head being written again first.',
    file: 'packages/kv4-couch/src/spill.ts',
    find: 'if (document?.same !== true) await database.put',
    replace: 'if (document?.same === false) await database.put',
    heldBy: { file: 'packages/kv4-couch/test/late-versions.test.ts', title: 'H8 are moved into segments only once their head was written again' },
  },
];
