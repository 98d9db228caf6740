import type { Mutant } from '../mutant.ts';

const LANE = 'packages/router/src/routing/sender-lane.ts';
const LANE_TEST = 'packages/router/test/sender-lane.test.ts';
const RECOVERING = 'packages/router/src/routing/recovering-receiver.ts';
const RECOVERING_TEST = 'packages/router/test/recovering-receiver.test.ts';

/** Defects of messaging that the simulation found, and that were mended: each mutant takes the fix back. */
export const MESSAGING_MUTANTS: readonly Mutant[] = [
  {
    name: 'moved-with-another-state',
    without: 'Who moves to another neuron and says something else of itself there is not told to have said so.',
    file: 'packages/router/src/subscriptions/directory.ts',
    find: 'if (!moved || !isSameState(previous, peer))',
    replace: 'if (!moved)',
    heldBy: { file: 'packages/router/test/directory.test.ts', title: 'D9: a device that moves' },
  },
  {
    name: 'told-again-by-a-neuron-behind',
    without: 'Who comes back to a neuron that is behind is told again what it has had.',
    file: RECOVERING,
    find: 'this.#knownUpTo = knownUpTo;',
    replace: 'void knownUpTo;',
    heldBy: { file: RECOVERING_TEST, title: 'H2: who is ahead of its neuron' },
  },
  {
    name: 'own-before-what-was-missed',
    without: 'That an own message was stored is told before what was missed.',
    file: RECOVERING,
    find: '    if (this.#held === undefined) {\n      if (!this.#isKnown(message))',
    replace: '    if (this.#held !== undefined || this.#held === undefined) {\n      if (!this.#isKnown(message))',
    heldBy: { file: RECOVERING_TEST, title: 'H2: that an own message was stored' },
  },
  {
    name: 'held-message-sent-again',
    without: 'A message that waited and is answered while it leaves is sent again and again.',
    file: LANE,
    find: 'if (this.#isGoingOn) return;',
    replace: '',
    also: [{ find: 'const next = this.#held?.shift();\n      if (next === undefined) break;\n      if (this.#leave(next)) continue;\n      this.#held?.unshift(next);\n      break;', replace: 'const next = this.#held?.[0];\n      if (next === undefined || !this.#leave(next)) break;\n      this.#held?.shift();' }],
    heldBy: { file: LANE_TEST, title: 'R4: what waited leaves once and in order' },
  },
  {
    name: 'stored-before-it-is-answered',
    without: 'A message that is stored overtakes one to a user that has to be sent on.',
    file: LANE,
    find: 'if ((this.#outstanding?.size ?? 0) > 0) return false;\n      sending.append();',
    replace: 'sending.append();',
    heldBy: { file: LANE_TEST, title: 'R4: what has to be stored waits' },
  },
  {
    name: 'all-before-who-has-moved',
    without: 'A message to all overtakes one to a user who is elsewhere by now.',
    file: LANE,
    find: 'if (this.#hasMoved()) return false;',
    replace: '',
    heldBy: { file: LANE_TEST, title: 'R4: a message to all does not overtake' },
  },
];
