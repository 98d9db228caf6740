import type { Mutant } from '../mutant.ts';

const AUDIT = 'packages/kv4/src/audit.ts';
const CACHE = 'packages/kv4/src/cache.ts';
const TRAPS_TEST = 'packages/kv4/test/traps.test.ts';
const ANNOUNCEMENTS_TEST = 'packages/kv4/test/announcements.test.ts';
const FAILED_READS_TEST = 'packages/kv4/test/failed-reads.test.ts';

/** Mended defects of the cache and its audit: each mutant takes the fix back. */
export const MENDED_CACHE_MUTANTS: readonly Mutant[] = [
  {
    name: 'audit-of-moving-keys',
    without: 'A key that is written again while the audit looks counts as a divergence.',
    file: AUDIT,
    find: 'this.#differing(entries.filter((entry) => entry.revision === revisions.get(entry)))',
    replace: 'this.#differing(revisions.size < 0 ? [] : entries)',
    heldBy: { file: TRAPS_TEST, title: 'M9 audit: a key that is written again and again is no divergence' },
  },
  {
    name: 'barrier-gone-is-a-warning',
    without: 'A barrier that is missing in the database leads to a warning only.',
    file: 'packages/couch-feed/src/upkeep.ts',
    find: "if (isCouchError(error, 'COUCH_NOT_FOUND')) this.#feed.reconnect();",
    replace: '',
    heldBy: { file: 'tools/simulation/test/mended-seeds.test.ts', title: 'of the schedule 3859001078' },
  },
  {
    name: 'audit-waits-for-replicas',
    without: 'A database that is ahead of the cache counts as a divergence at once, though the feed may be read from a replica that lags.',
    file: AUDIT,
    find: 'differing.some(({ isAhead }) => isAhead) && waitedMs < patienceMs',
    replace: 'differing.length < 0 && waitedMs < patienceMs',
    heldBy: { file: 'tools/simulation/test/mended-seeds.test.ts', title: 'of the schedule 159211099' },
  },
  {
    name: 'audit-before-a-purge-is-known',
    without: 'A purged document that the feed has not heard of counts as a divergence.',
    file: AUDIT,
    find: 'await feed.inspect();',
    replace: '',
    heldBy: { file: TRAPS_TEST, title: 'M9 T12 audit: a purged document that the feed has not heard of' },
  },
  {
    name: 'delete-of-nothing',
    without: 'A deletion that finds nothing in the database leaves the cached value.',
    file: 'packages/kv4/src/memory.ts',
    find: "if (result === undefined && typeof this.peek(checked)?.version === 'string') this.#cache.purge(headId(checked));",
    replace: '',
    heldBy: { file: TRAPS_TEST, title: 'M4 T34: a delete that finds nothing there is believed at once' },
  },
  {
    name: 'losing-leaf-of-a-known-winner',
    without: 'A row that announces a known revision counts as a repetition, whatever other leaves it tells of.',
    file: CACHE,
    find: 'const contested = this.#losing.isContested(entry, losers);',
    replace: 'const contested = losers === null;',
    heldBy: { file: ANNOUNCEMENTS_TEST, title: 'M20 T6: a leaf that loses by its revision' },
  },
  {
    name: 'leaf-beneath-a-write',
    without: 'A row of another leaf that comes while a write is on its way is no question to the database.',
    file: CACHE,
    find: "this.apply(entry, { type: 'row', revision, snapshot, contested }, 'feed');",
    replace: "this.apply(entry, { type: 'row', revision, snapshot }, 'feed');",
    heldBy: { file: ANNOUNCEMENTS_TEST, title: 'M20 T6: a leaf that came while a write was on its way' },
  },
  {
    name: 'row-during-a-failed-load',
    without: 'A row that passed during a load that failed is forgotten.',
    file: CACHE,
    find: "if (entry.state === 'absent' && announced !== undefined) this.recent.note(entry.id, announced);",
    replace: '',
    heldBy: { file: ANNOUNCEMENTS_TEST, title: 'M21: a row that passed during a load that failed' },
  },
  {
    name: 'older-row-behind-a-later-one',
    without: 'Of what passed unread, the last row is remembered, not the latest.',
    file: 'packages/kv4-core/src/revision-table.ts',
    find: 'if (mark !== PACKED || this.#isLater(slot, revision)) {',
    replace: 'if (mark !== undefined || this.#isLater(slot, revision)) {',
    also: [{ find: 'const later = laterRevision(this.get(high, low), revision);', replace: 'const later = laterRevision(undefined, revision);' }],
    heldBy: { file: 'packages/kv4-core/test/entry-property.test.ts', title: 'E18 T8' },
  },
  {
    name: 'failed-load-in-a-whole-listing',
    without: 'A load that fails takes its key out of a whole listing.',
    file: CACHE,
    find: "if (event.type === 'failed' && isLoading && this.table.isListed(entry)) return this.reader.readHeadLater(entry);",
    replace: '',
    heldBy: { file: FAILED_READS_TEST, title: 'M22 T10: does not take its key out of a listing' },
  },
  {
    name: 'document-that-could-not-be-read',
    without: 'A document that the database could not read counts as missing.',
    file: 'packages/kv4-couch/src/leaf-documents.ts',
    find: '      refuseFailure(error);\n',
    replace: '      if (error === refuseFailure) continue;\n',
    heldBy: { file: FAILED_READS_TEST, title: 'M22: of one document, told within an answer that is a success' },
  },
  {
    name: 'age-after-a-standstill',
    without: 'What lay in the sockets while the process stood still makes its age small.',
    file: 'packages/kv4/src/standstill-watch.ts',
    find: 'this.#clock.monotonic() - this.#tickedAtMs > STANDSTILL_MS ? this.#signMs : undefined',
    replace: 'this.#clock.monotonic() - this.#tickedAtMs > STANDSTILL_MS * 1e9 ? this.#signMs : undefined',
    heldBy: { file: 'packages/kv4/test/standstill.test.ts', title: 'M8: takes nothing that lay in its sockets' },
  },
  {
    name: 'evicted-before-it-was-looked-at',
    without: 'A cache that is too full lets go of what was just read, before whoever asked has looked at it.',
    file: CACHE,
    find: '      entry.pins += 1;\n      this.#start(entry);\n      entry.pins -= 1;\n',
    replace: '      this.#start(entry);\n',
    heldBy: { file: 'tools/simulation/test/mended-seeds.test.ts', title: 'of the schedule 3004464098' },
  },
  {
    name: 'fresh-reads-woken-by-another-row',
    without: 'A fresh read that waits for what is in doubt is woken by any row that can be served.',
    file: CACHE,
    find: "const patient = entry.state === 'verifying' ? waiting.filter(({ thorough }) => thorough) : [];",
    replace: 'const patient: typeof waiting = [];',
    heldBy: { file: 'packages/kv4/test/told-whole.test.ts', title: 'M24: waits for what a row announced, though another row comes meanwhile' },
  },
  {
    name: 'age-of-what-is-in-doubt',
    without: 'A value in doubt is said to be as old as the doubt.',
    file: CACHE,
    find: 'this.#clock.monotonic() - (this.#options.ageMs?.() ?? 0)',
    replace: 'this.#clock.monotonic()',
    heldBy: { file: 'tools/simulation/test/mended-seeds.test.ts', title: 'of the schedule 2586729365' },
  },
];
