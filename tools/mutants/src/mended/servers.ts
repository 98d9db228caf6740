import type { Mutant } from '../mutant.ts';

const SPLITS_TEST = 'packages/couch-feed/test/changes-splits.test.ts';

/** Mended defects of the feed's reader, the embedded database and the REST server: each mutant takes the fix back. */
export const MENDED_SERVER_MUTANTS: readonly Mutant[] = [
  {
    name: 'malformed-last-sequence',
    without: 'Of a piece whose last row bears a malformed sequence, the sequences before it are lost.',
    file: 'packages/couch-feed/src/changes-parser.ts',
    find: 'if (seq !== null) return seq;',
    replace: 'if (index >= 0) return seq ?? undefined;',
    heldBy: { file: SPLITS_TEST, title: 'escapes in ids and sequences' },
  },
  {
    name: 'prefix-beyond-a-small-limit',
    without: 'With a small limit, what is kept of a longer line depends on where it was cut.',
    file: 'packages/couch-feed/src/line-splitter.ts',
    find: 'Math.min(OVERSIZED_PREFIX_BYTES, maxLineBytes)',
    replace: 'Math.max(OVERSIZED_PREFIX_BYTES, maxLineBytes)',
    heldBy: { file: SPLITS_TEST, title: 'P12: keeps the same of a longer line' },
  },
  {
    name: 'obstacle-forgotten',
    without: 'What keeps the feed from being followed is forgotten between two tries.',
    file: 'packages/couch-feed/src/follower-transition.ts',
    find: "kind: 're-authenticating', obstacle: 'unauthorized', refusedOnce: true",
    replace: "kind: 're-authenticating', obstacle: undefined, refusedOnce: true",
    heldBy: { file: 'packages/couch-feed/test/follower-transition.test.ts', title: 'F12 what keeps the feed from being followed' },
  },
  {
    name: 'requests-behind-a-broken-connection',
    without: 'Requests that wait behind others of a connection that breaks count as under way for ever.',
    file: 'packages/rest/src/response-end.ts',
    find: '    for (const end of waiting) end();\n',
    replace: '',
    heldBy: { file: 'packages/rest/test/hostile-bytes.test.ts', title: 'requests that wait behind others of a connection that closes' },
  },
  {
    name: 'listing-of-half-a-commit',
    without: 'A listing of changes that is read while a commit becomes readable lacks the rows that the commit replaces.',
    file: 'packages/couch-embedded/src/storage/database.ts',
    find: 'return this.#closed ? this.state.updateSeq : this.#readMeta(STATE_KEY, NEW_STATE).updateSeq;',
    replace: 'return this.state.updateSeq;',
    heldBy: { file: 'packages/couch-embedded/test/torn-reads.test.ts', title: 'S3 every listing of changes' },
  },
  {
    name: 'lines-share-memory',
    without: 'A line that lies in several pieces is overwritten by the beginning of the next one while it is still being read.',
    file: 'packages/couch-feed/src/line-splitter.ts',
    find: '    this.#held = this.#spare.length > MOST_SPARE_BYTES ? Buffer.alloc(0) : this.#spare;',
    replace: '',
    heldBy: { file: 'packages/couch-feed/test/changes-splits.test.ts', title: 'byte by byte: garbage between rows' },
  },
];
