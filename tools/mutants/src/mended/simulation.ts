import type { Mutant } from '../mutant.ts';

const CACHE = 'packages/kv4/src/cache.ts';
const TEST = 'packages/kv4/test/left-behind.test.ts';

/** Defects that the simulation found, and that were mended: each mutant takes the fix back. */
export const SIMULATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'empty-entry-behind-a-failed-load',
    without: 'A key whose load fails while somebody waits for it leaves an empty entry, which listings and rows take for a known one.',
    file: CACHE,
    find: '    entry.pins -= 1;\n    this.#dropIfAbsent(entry);\n',
    replace: '    entry.pins -= 1;\n',
    also: [
      { find: " && known.state !== 'reserved' && known.state !== 'absent') return;", replace: " && known.state !== 'reserved') return;" },
      { find: "if (entry === undefined || entry.state === 'absent') {\n      if (!table", replace: 'if (entry === undefined) {\n      if (!table' },
      { find: "if (known === undefined || known.state === 'absent' || known.state === 'reserved') this.#enter(id);", replace: 'if (known === undefined) this.#enter(id);' },
    ],
    heldBy: { file: TEST, title: 'M5: a key whose load failed is in the listing' },
  },
  {
    name: 'wider-listing-is-news',
    without: 'What a wider listing brings for a path that is whole already is not told to watches.',
    file: CACHE,
    find: 'if (isNews) this.#overtaken.add(entry);',
    replace: '',
    heldBy: { file: TEST, title: 'M12: with history, a version that a wider listing brought before its row is told' },
  },
  {
    name: 'listing-recalls-what-passed',
    without: 'What passed unread and is lacking in the answer to a listing is taken for missing.',
    file: 'packages/kv4/src/listings.ts',
    find: 'this.#cache.recall(range.startKey);',
    replace: '',
    heldBy: { file: TEST, title: 'M2 T8: a listing answered by a replica that lags behind rows that passed unread has their keys all the same' },
  },
  {
    name: 'row-of-reserved-is-loaded',
    without: 'A row for a key that a write has reserved is only noted, also where a listing needs its value.',
    file: CACHE,
    find: "if (entry.state === 'reserved' && table.isListed(entry)) this.#start(entry);",
    replace: '',
    heldBy: { file: TEST, title: 'M5: a key that others create while its own creation is on its way is in a listing that is loaded meanwhile' },
  },
  {
    name: 'fresh-reads-wait-for-doubts',
    byChance: true,
    without: 'Whoever waits until nothing is in doubt is woken as soon as something can be served.',
    file: CACHE,
    find: "const patient = entry.state === 'verifying' ? waiting.filter(({ thorough }) => thorough) : [];",
    replace: 'const patient: typeof waiting = [];',
    heldBy: { file: 'packages/kv4/test/fresh-reads.test.ts', title: 'M24 T20: waits for what a row announced until it was read, also when the row comes again meanwhile' },
  },
  {
    name: 'every-row-is-a-sign',
    without: 'Rows that come one upon the other count as signs that everything is received.',
    file: 'packages/couch-feed/src/signs-of-life.ts',
    find: 'if (!isInRun) this.#beginRun(atMs);',
    replace: 'this.#beginRun(atMs);',
    heldBy: { file: 'packages/couch-feed/test/signs-of-life.test.ts', title: 'of rows that come one upon the other only the first is one' },
  },
  {
    name: 'value-beneath-news',
    without: 'Of a key that was not there, a value of a slow clock beneath a deletion that is news counts as told before.',
    file: 'packages/kv4/src/watch-gap.ts',
    find: 'if (isTold(version) && !isNews) break;',
    replace: 'if (isTold(version)) break;',
    heldBy: { file: 'packages/kv4/test/watch-gap.test.ts', title: 'the value beneath a deletion is told too' },
  },
  {
    name: 'live-while-beginning-anew',
    without: 'A watch that has to begin anew is handed changes while the values that are there are taken.',
    file: 'packages/kv4/src/watch-stream.ts',
    find: 'this.#watcher.live = false;\n        this.#catchUp = undefined;',
    replace: 'this.#catchUp = undefined;',
    heldBy: { file: 'tools/simulation/test/mended-seeds.test.ts', title: 'of the schedule 10192627' },
  },
];
