import type { Mutant } from '../mutant.ts';

const STATE = 'packages/stem-sdk/src/cache-state.ts';
const CACHE = 'packages/stem-sdk/src/client-cache.ts';
const PROPERTY = { file: 'packages/stem-sdk/test/cache-property.test.ts', title: 'whatever order questions, writes, answers' };
const truth = (title: string) => ({ file: 'packages/stem-sdk/test/cache-truth.test.ts', suite: "over 'TCP'", title });

/** The cache of the SDK: what would be shown although it does not stand any more. */
export const CLIENT_CACHE_MUTANTS: readonly Mutant[] = [
  {
    name: 'cached-behind-its-change',
    without: 'An answer that was on its way when a change of its key was told is kept.',
    file: STATE,
    find: 'this.#touch(id);\n    const known',
    replace: 'const known',
    heldBy: truth('does not keep an answer that was on its way'),
  },
  {
    name: 'cached-behind-an-answer',
    without: 'An answer that comes behind a later one of the same key is kept, own writes included.',
    file: STATE,
    find: '    this.#touch(ticket.id);\n',
    replace: '',
    heldBy: PROPERTY,
  },
  {
    name: 'cached-across-a-loss',
    without: 'An answer whose request began before a connection was lost is kept behind it.',
    file: STATE,
    find: 'state.epoch += 1;',
    replace: '',
    heldBy: PROPERTY,
  },
  {
    name: 'cached-while-lost',
    without: 'What was kept before a connection was lost is shown behind it.',
    file: STATE,
    find: 'this.#table.removeWhere((_, answer) => answer.scope === scope);',
    replace: '',
    heldBy: truth('is never stale behind a lost connection'),
  },
  {
    name: 'cached-past-reset',
    without: 'What was kept is shown although the neuron said reset.',
    file: STATE,
    find: "      case 'reset':\n        return this.fall(scope);",
    replace: "      case 'reset':\n        return;",
    heldBy: truth('is forgotten when the neuron says reset'),
  },
  {
    name: 'cached-without-history',
    without: 'A key that was read between its creation and its deletion, before either was told, is shown for good.',
    file: CACHE,
    find: 'history: true',
    replace: 'history: false',
    heldBy: truth('is gone that was read between its creation and its deletion'),
  },
  {
    name: 'cached-without-order',
    without: 'Of two states of a key where one has no version, the one that was told is taken for the later.',
    file: STATE,
    find: 'if (newer === undefined) this.#table.remove(id);',
    replace: 'if (newer === undefined && change.version === undefined) this.#table.remove(id);',
    heldBy: PROPERTY,
  },
  {
    name: 'cached-past-own-writes',
    without: 'A client does not see its own write.',
    file: CACHE,
    find: 'else this.#state.wrote(ticket, result, this.#options.nowMs());',
    replace: '',
    heldBy: truth('shows own writes at once'),
  },
  {
    name: 'cached-past-own-clearings',
    without: 'A client does not see that it deleted a path.',
    file: CACHE,
    find: 'this.#state.forgetAll(coverOf({ type, address }));',
    replace: '',
    heldBy: truth('shows own writes at once'),
  },
  {
    name: 'cached-past-expiry',
    without: 'A key is shown past its expiry until that is told.',
    file: STATE,
    find: 'return record?.expiresAtMs === undefined || nowMs < record.expiresAtMs;',
    replace: 'return true;',
    heldBy: truth('does not outlive its expiry'),
  },
  {
    name: 'cached-for-ever',
    without: 'A wrong answer stays for good where nothing is told of its key.',
    file: STATE,
    find: ' || nowMs - atMs >= this.#maxAgeMs',
    replace: '',
    heldBy: truth('is asked for anew when its age is up'),
  },
  {
    name: 'cached-value-shared',
    without: 'What a reader does to a value is shown to the next.',
    file: STATE,
    find: 'record: record === undefined ? undefined : copyOf(record.address, record) };',
    replace: 'record };',
    heldBy: truth('gives each reader a value of its own'),
  },
  {
    name: 'sent-away-and-staying',
    without: 'A watch, and the cache behind it, stays with a neuron that has sent its clients away while requests go to another.',
    file: 'packages/stem-sdk/src/socket-line.ts',
    find: '    this.isOver = true;\n    for (const watch of this.#watches.values()) watch.lost();',
    replace: '    this.isOver = true;',
    heldBy: { file: 'packages/stem-sdk/test/go-away.test.ts', title: 'a neuron that sends its clients away' },
  },
  {
    name: 'watched-after-the-account',
    without: 'Over HTTP, a watch goes on telling after its account was deleted.',
    file: 'packages/rest/src/watch-stream.ts',
    find: 'await options.admit();',
    replace: '',
    heldBy: { file: 'packages/rest/test/watch.test.ts', suite: 'at the next event', title: 'it ends with its account' },
  },
];
