import type { Mutant } from '../mutant.ts';

const ENTRY = 'packages/kv4-core/src/entry-transition.ts';
const ENTRY_TEST = 'packages/kv4-core/test/entry-transition.test.ts';
const TRAPS_TEST = 'packages/kv4/test/traps.test.ts';

/** What keeps an entry of the cache true. */
export const CACHE_MUTANTS: readonly Mutant[] = [
  {
    name: 't1-duplicate-row',
    without: 'A row with the revision that is known is not passed over.',
    file: ENTRY,
    find: '  if (contested) return verifyLeaves(entry, revision);\n  if (revision === entry.revision) return none;\n  if (snapshot !== undefined && compareSnapshot(entry, snapshot) === \'newer\') {',
    replace: '  if (contested) return verifyLeaves(entry, revision);\n  if (snapshot !== undefined && compareSnapshot(entry, snapshot) === \'newer\') {',
    heldBy: { file: ENTRY_TEST, title: 'E3 T1: a row with the revision that is known is a duplicate' },
  },
  {
    name: 't2-order-of-arrival',
    without: 'The row that comes last is taken for the newest.',
    file: 'packages/kv4-core/src/entry-order.ts',
    find: "if (generations > 0 && snapshot.version >= known.version) return 'newer';",
    replace: "if (generations !== 0) return 'newer';",
    heldBy: { file: ENTRY_TEST, title: 'E5 T2: rows of a key that come out of order' },
  },
  {
    name: 't3-superseded-revisions',
    without: 'A row that announces an ancestor of what is known is a question to the database each time it comes again.',
    file: 'packages/kv4/src/cache.ts',
    find: '(revision === entry.revision || this.superseded.has(id, revision))',
    replace: 'revision === entry.revision',
    heldBy: { file: TRAPS_TEST, title: 'T3: a rewind asks the database nothing about what is superseded' },
  },
  {
    name: 't4-suspect-answer',
    without: 'An answer that lacks a revision that is known is believed at once.',
    file: ENTRY,
    find: "if (verdict === 'suspect' && entry.attempts < MAX_SUSPECT_ATTEMPTS) {",
    replace: 'if (entry.attempts > MAX_SUSPECT_ATTEMPTS) {',
    heldBy: { file: TRAPS_TEST, title: 'M3 T3 T4: old rows and a replica that lags behind them do not turn a value back' },
  },
  {
    name: 't5-lower-generation',
    without: 'A row of a lower generation is passed over.',
    file: ENTRY,
    find: '  const announcesMore = snapshot',
    replace: '  if (entry.revision !== undefined && generationOf(revision) < generationOf(entry.revision)) return none;\n  const announcesMore = snapshot',
    heldBy: { file: ENTRY_TEST, title: 'E5 T5: a winner that moves back to a lower generation' },
  },
  {
    name: 't7-row-overtakes-load',
    without: 'A row for a key that is being loaded is passed over.',
    file: ENTRY,
    find: 'if (!accountsFor(snapshot.revision, entry.noted)) return begin(entry, \'loading\', readLeaves);',
    replace: '',
    heldBy: { file: TRAPS_TEST, title: 'M1 T7: an answer that was overtaken by its key’s row is not taken' },
  },
  {
    name: 't8-recent-revisions',
    without: 'A load need not account for the revision of a row that passed when nobody wanted it.',
    file: 'packages/kv4/src/cache.ts',
    find: "const noted = entry.noted ?? this.recent.revision(entry.id);\n    this.apply(entry, { type: 'reference' }, 'load');",
    replace: "const { noted } = entry;\n    this.apply(entry, { type: 'reference' }, 'load');",
    heldBy: { file: TRAPS_TEST, title: 'M2 T8: a load answered by a replica that lags behind a row that passed unread is not taken' },
  },
  {
    name: 't9-negative-entry',
    without: 'A key known not to be there stays so, whatever rows come.',
    file: 'packages/kv4/src/cache-table.ts',
    find: 'return node.entries.get(key) ?? (node.listing',
    replace: 'return (node.entries.get(key)?.record === undefined ? undefined : node.entries.get(key)) ?? (node.listing',
    heldBy: { file: TRAPS_TEST, title: 'M5 T9: a key known not to be there appears when it is created elsewhere' },
  },
  {
    name: 't10-listing-membership',
    without: 'A row for a key that was never read does not count as wanted, though its listing is kept.',
    file: 'packages/kv4/src/cache-table.ts',
    find: "node.listing !== 'none' || node.entries.has(keyOf(id, parts.key))",
    replace: 'node.entries.has(keyOf(id, parts.key))',
    heldBy: { file: TRAPS_TEST, title: 'M5 T10: a listing gains and loses keys that were never read one by one' },
  },
  {
    name: 't11-revision-of-a-deletion',
    without: 'A deletion leaves no revision behind.',
    file: ENTRY,
    find: "  entry.state = entry.record === undefined ? 'negative' : 'present';",
    replace: "  entry.state = entry.record === undefined ? 'negative' : 'present';\n  if (entry.record === undefined) entry.revision = undefined;",
    heldBy: { file: ENTRY_TEST, title: 'E8 T11: a deletion keeps its revision' },
  },
  {
    name: 't12-purge',
    without: 'What was purged stays cached.',
    file: 'packages/kv4/src/feed-loop.ts',
    find: 'for (const id of event.ids) cache.purge(id);',
    replace: '',
    heldBy: { file: TRAPS_TEST, title: 'M7 T12: a purged document leaves the cache' },
  },
  {
    name: 't34-acknowledged-over-later-row',
    without: 'An acknowledged write covers a later one whose row came first.',
    file: ENTRY,
    find: "if (!accountsFor(snapshot.revision, entry.noted)) return begin(entry, 'loading', readHead);",
    replace: '',
    heldBy: { file: ENTRY_TEST, title: 'E9 T34: an acknowledged write does not go over a later row' },
  },
  {
    name: 't34-own-write',
    without: 'An acknowledged write is not shown before its row comes.',
    file: 'packages/kv4/src/cache.ts',
    find: "if (entry === undefined || entry.state === 'absent') return this.recent.note(id, rev);",
    replace: 'return this.recent.note(id, rev);',
    heldBy: { file: TRAPS_TEST, title: 'M4 T34: a write can be read on its own neuron at once, the feed standing still' },
  },
];
