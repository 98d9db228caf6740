import type { Mutant } from '../mutant.ts';

const FOLD_TEST = 'packages/kv4-core/test/fold.test.ts';
const HISTORY_TEST = 'packages/kv4-couch/test/history.test.ts';
const REST = { file: 'packages/rest/test/hostile-documents.test.ts', title: 'every one leaves listings, trees, series and watches of its neighbours right' };
const HIDDEN_SEGMENTS = 'is found by time and by version behind documents that have the ids of segments and are none';

/** Defects that hostile documents over REST found, and that were mended: each mutant takes the fix back. */
export const HOSTILE_MUTANTS: readonly Mutant[] = [
  {
    name: 'expiry-of-the-last-version',
    without: 'A head with the last version there can be may expire, though nothing can say so: the neuron ends.',
    file: 'packages/kv4-core/src/head-codec.ts',
    find: ' || !hasLaterVersion(head.ver)) return false;',
    replace: ') return false;',
    heldBy: REST,
  },
  {
    name: 'expiry-beyond-all-versions',
    without: 'An expiry later than any version can be has no deletion: it ends a watch.',
    file: 'packages/kv4-core/src/fold.ts',
    find: 'Math.min(Math.max(0, head.x ?? 0), MAX_VERSION_TIME_MS)',
    replace: 'Math.max(0, head.x ?? 0)',
    heldBy: { file: FOLD_TEST, title: 'F6 every value that expires has its deletion' },
  },
  {
    name: 'last-moment-is-for-expiries',
    without: 'A write may take the last version there can be, and nothing can say that it has expired.',
    file: 'packages/kv4-core/src/hybrid-clock.ts',
    find: ' && neuron !== EXPIRY_NEURON) throw noneLeft();',
    replace: ' && neuron === \'\') throw noneLeft();',
    heldBy: { file: FOLD_TEST, title: 'F6 every value that expires has its deletion' },
  },
  {
    name: 'strangers-among-segments',
    without: 'A document among segments that has the id of none ends every look at the past of the subtree.',
    file: 'packages/kv4-couch/src/tree-at.ts',
    find: 'if (segment === undefined) continue;',
    replace: "if (segment === undefined) throw new TypeError('not the id of a segment');",
    heldBy: { file: HISTORY_TEST, title: HIDDEN_SEGMENTS },
  },
  {
    name: 'no-segments-among-segments',
    without: 'A document with the id of a segment that is none hides the one beneath it from looks at the past.',
    file: 'packages/kv4-couch/src/tree-at.ts',
    find: '(segments.get(segmentId) ?? (await behind(store, query, id, head)))',
    replace: 'segments.get(segmentId)',
    heldBy: { file: HISTORY_TEST, title: HIDDEN_SEGMENTS },
  },
  {
    name: 'segment-beneath-a-stranger',
    without: 'A document with the id of a segment that is none hides the versions beneath it from writers.',
    file: 'packages/kv4-couch/src/segments.ts',
    find: 'if (segments[0] !== undefined || !more || lastId === undefined) return segments[0];',
    replace: 'if (limit > 0 || lastId === undefined) return segments[0];',
    heldBy: { file: HISTORY_TEST, title: HIDDEN_SEGMENTS },
  },
  {
    name: 'conflicts-of-nobody',
    without: 'Conflicts of a document that is no head are counted, and given to the upkeep, which fails.',
    file: 'packages/kv4-couch/src/head-scan.ts',
    find: "row.conflicted && parseDocumentId(row.id)?.kind === 'head'",
    replace: "row.conflicted && parseDocumentId(row.id)?.kind !== 'system'",
    heldBy: { file: 'packages/kv4-couch/test/conflicts.test.ts', title: 'under the id of no head is nobody’s conflict' },
  },
  {
    name: 'answer-without-end',
    without: 'The SDK reads an HTTP answer to its end, if it has one.',
    file: 'packages/stem-sdk/src/rest-channel.ts',
    find: 'if (bytes > maxBytes) {',
    replace: 'if (bytes > 100 * maxBytes) {',
    heldBy: { file: 'packages/stem-sdk/test/hostile-neuron.test.ts', suite: "over 'HTTP', a neuron", title: 'that never comes to an end' },
  },
  {
    name: 'events-beyond-credit',
    without: 'A neuron may send more events than it was granted, which wait in memory.',
    file: 'packages/stem-sdk/src/message-watch.ts',
    find: 'if (queue.length > 2 * CREDIT_EVENTS) line.close();',
    replace: '',
    heldBy: { file: 'packages/stem-sdk/test/hostile-neuron.test.ts', title: 'a neuron that tells more than it was granted' },
  },
];
