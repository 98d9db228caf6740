import type { Mutant } from '../mutant.ts';

/** What bounds the work: documents on the wire, rows that wait, an event loop that is blocked. */
export const LOAD_MUTANTS: readonly Mutant[] = [
  {
    name: 't25-documents-on-the-wire',
    without: 'Large documents come with the rows whether they are wanted or not.',
    file: 'packages/couch-feed/src/include-docs.ts',
    find: 'return measure.documentBytes <= SMALL_DOCUMENT_BYTES * slack || measure.wantedRatio >= WANTED_RATIO / slack;',
    replace: 'return true;',
    heldBy: { file: 'packages/couch-feed/test/include-docs.test.ts', title: 'M2 T24 T25 carries small documents' },
  },
  {
    name: 't41-blocked-loop',
    without: 'An event loop that is blocked is not noticed.',
    file: 'packages/operations/src/watchdog-worker.ts',
    find: '  stallMs += elapsedMs;',
    replace: '',
    heldBy: { file: 'packages/operations/test/watchdog.test.ts', title: 'T41: notices that the loop of its own process was blocked' },
  },
  {
    name: 't41-backlog-in-one-turn',
    without: 'A backlog of rows is applied in one turn of the event loop.',
    file: 'packages/kv4/src/feed-loop.ts',
    find: 'if (this.#budget.isSpent(clock.monotonic())) {',
    replace: 'if (rows.length < 0) {',
    heldBy: { file: 'packages/kv4/test/feed-turns.test.ts', title: 'M19 T41: others get their turn' },
  },
  {
    name: 't42-bounded-queue',
    without: 'Rows pile up in memory before a consumer that is slow.',
    file: 'packages/couch-feed/src/feed-queue.ts',
    find: 'return this.#ended === undefined && (this.#rows >= this.#limits.maxQueueRows || this.#bytes >= this.#limits.maxQueueBytes);',
    replace: 'return this.#ended === undefined && this.#rows < 0;',
    heldBy: { file: 'packages/couch-feed/test/feed-suite.test.ts', suite: 'driven time', title: 'T42 a consumer that is slow holds the server back' },
  },
];
