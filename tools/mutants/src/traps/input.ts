import type { Mutant } from '../mutant.ts';

const PARSER = 'packages/couch-feed/src/changes-parser.ts';
const PARSER_TEST = 'packages/couch-feed/test/changes-parser.test.ts';

/** What stands between hostile or merely odd bytes and the cache. */
export const INPUT_MUTANTS: readonly Mutant[] = [
  {
    name: 't17-null-sequence',
    without: 'A sequence of null is taken for a position.',
    file: 'packages/couch-feed/src/row-scanner.ts',
    find: "if (json === 'null') return null;",
    replace: '',
    heldBy: { file: PARSER_TEST, title: 'P4 T17 keeps the last sequence that was told' },
  },
  {
    name: 't23-held-bytes',
    without: 'The first half of a line that came in two pieces is lost.',
    file: 'packages/couch-feed/src/line-splitter.ts',
    find: 'else if (skipped === 0) this.#append(last);',
    replace: 'else if (skipped === 0) { this.#heldBytes = 0; this.#append(last); }',
    heldBy: { file: 'packages/couch-feed/test/line-splitter.test.ts', title: 'S1 T23 gives the same lines for every place in which a corpus is cut in two' },
  },
  {
    name: 't24-oversized-row',
    without: 'A row longer than allowed is lost as a whole.',
    file: PARSER,
    find: 'if (!scanRow(prefix, start, prefix.length, this.#scan) ||',
    replace: 'if (lengthBytes > 0 ||',
    heldBy: { file: PARSER_TEST, title: 'P10 T24 a row longer than allowed keeps id, sequence and revisions' },
  },
  {
    name: 't30-foreign-documents',
    without: 'The id of a stranger’s document is read as a head’s, if only it resembles one.',
    file: 'packages/kv4-core/src/document-id.ts',
    find: "if (count < 5 || count > 5 + MAX_PATH_SEGMENTS || fields[count - 2] !== '') return undefined;",
    replace: 'if (count < 5) return undefined;',
    heldBy: { file: 'packages/kv4-core/test/document-id.test.ts', title: 'T30: does not take a stranger’s id for one of ours' },
  },
  {
    name: 't37-poison',
    without: 'A line that is no JSON ends the feed.',
    file: PARSER,
    find: '      // Poison: counted and left behind.\n      this.#found.quarantined += 1;\n      return;',
    replace: "      throw new TypeError('no JSON');",
    heldBy: { file: PARSER_TEST, title: 'P8 T37 never throws and counts what it cannot read' },
  },
];
