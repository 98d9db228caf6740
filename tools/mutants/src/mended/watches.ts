import type { Mutant } from '../mutant.ts';

const SOCKETS_TEST = { file: 'tools/simulation/test/faces.test.ts', title: 'what watches over WebSockets tell' };

const CATCH_UP = 'packages/kv4/src/watch-catch-up.ts';
const TOLD_TEST = 'packages/kv4/test/told-whole.test.ts';
const RESUME_TEST = 'packages/kv4/test/watch-resume.test.ts';

/** Mended defects of watches: each mutant takes the fix back. */
export const MENDED_WATCH_MUTANTS: readonly Mutant[] = [
  {
    name: 'upkeep-is-news',
    without: 'A row of upkeep tells a resumed watch its version again.',
    file: CATCH_UP,
    find: 'let first = this.#told.firstUntold(spot.id, texts, this.#expiredMs);',
    replace: 'let first = 0;',
    heldBy: { file: RESUME_TEST, title: 'upkeep that writes a told version again is no event' },
  },
  {
    name: 'rows-told-elsewhere',
    without: 'Rows that a new neuron’s feed brings later are told again.',
    file: CATCH_UP,
    find: 'if (this.wasTold(item.id, item.version)) return undefined;\n    this.note',
    replace: 'this.note',
    heldBy: { file: RESUME_TEST, title: 'M16: a memory whose feed is behind tells nothing again' },
    byChance: true,
  },
  {
    name: 'expiry-before-a-write-in-time',
    without: 'An expiry is told before the feed is known to be past it.',
    file: 'packages/kv4/src/expiry-gate.ts',
    find: 'await prove();',
    replace: 'if (prove === undefined) await prove();',
    heldBy: { file: RESUME_TEST, title: 'M13: a key written in time, its row on its way, is not told to have expired' },
  },
  {
    name: 'purged-while-away',
    without: 'A resumed watch is not told that a document was purged.',
    file: CATCH_UP,
    find: '    yield* this.#purged();\n',
    replace: '',
    heldBy: { file: RESUME_TEST, title: 'a key whose document was purged meanwhile is told to be gone' },
  },
  {
    name: 'came-and-went',
    without: 'A key that came and went between two rows is not told.',
    file: 'packages/kv4/src/cache.ts',
    find: ' || (isServed && entry.version !== undefined && (entry.version !== known.version || entry.revision !== known.revision));',
    replace: ';',
    heldBy: { file: RESUME_TEST, title: 'M16: with history, a key that came and went between two rows is told' },
    byChance: true,
  },
  {
    name: 'cleared-away-and-created-again',
    without: 'Versions of a key that was cleared away and created again between two rows are left out.',
    file: CATCH_UP,
    find: 'if (reaches) return [...tail, ...present];',
    replace: 'if (reaches !== undefined) return [...tail, ...present];',
    heldBy: { file: RESUME_TEST, title: 'M16: versions of a key that was deleted, cleared away and created again between two rows are told' },
  },
  {
    name: 'upkeep-in-place-of-an-own-write',
    without: 'An own write whose row is replaced by one of upkeep before it comes is not told.',
    file: 'packages/kv4/src/cache.ts',
    find: '(entry.version !== known.version || entry.revision !== known.revision));',
    replace: 'entry.version !== known.version);',
    heldBy: { file: TOLD_TEST, title: 'an own write whose row is replaced by one of upkeep is told with that' },
  },
  {
    name: 'watch-that-outgrew-the-cache',
    without: 'A watch that has to begin anew and does not fit into the cache any more waits for ever.',
    file: 'packages/kv4/src/watch-stream.ts',
    find: 'if (fits === false) throw',
    replace: 'if (fits === false && !patient) throw',
    heldBy: { file: TOLD_TEST, title: 'M15: ends with KV4_UNAVAILABLE when what it covers has outgrown' },
  },
  {
    name: 'told-elsewhere-forgotten',
    without: 'A resumed watch tells again what a replica that is behind brings late.',
    file: 'packages/kv4/src/watch-stream.ts',
    find: 'this.#told = this.#catchUp?.told;',
    replace: '',
    heldBy: { file: 'packages/kv4/test/watch-replicas.test.ts', title: 'M27 T8: is not told again what it was told elsewhere' },
  },
  {
    name: 'catch-up-from-a-replica-behind',
    without: 'A resumed watch never tells what the cache had and the replica that answered the resumption had not.',
    file: 'packages/kv4/src/watch-stream.ts',
    find: 'yield* this.#unmet(catchUp);',
    replace: '',
    heldBy: { file: 'packages/kv4/test/watch-replicas.test.ts', title: 'M27 T8: is told what the cache knows already' },
  },
  {
    name: 'in-doubt-is-not-told',
    without: 'A resumed watch never tells what the cache shows while it is asked whether that still holds.',
    file: 'packages/kv4/src/watch-stream.ts',
    find: 'if (!isServable(entry) || hub.isUnannounced(entry)) continue;',
    replace: "if (!isServable(entry) || entry.state === 'verifying' || hub.isUnannounced(entry)) continue;",
    heldBy: { file: 'packages/kv4/test/watch-replicas.test.ts', title: 'M27 T8: is told what the cache knows already, also while' },
  },
  {
    name: 'credit-is-not-counted',
    without: 'A watch over a WebSocket tells more events than its client has granted.',
    file: 'packages/websocket/src/watch.ts',
    find: 'while (this.#credit === 0 && !this.#stopped) await this.#granted();',
    replace: '',
    heldBy: SOCKETS_TEST,
  },
  {
    name: 'resumed-from-the-beginning',
    without: 'A watch over a WebSocket that is taken to another neuron begins anew.',
    file: 'packages/websocket/src/watch.ts',
    find: 'given({ initial, after, latestOnly, history })',
    replace: 'given({ initial, after: after === undefined ? undefined : undefined, latestOnly, history })',
    heldBy: SOCKETS_TEST,
  },
];
