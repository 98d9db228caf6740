import type { Mutant } from '../mutant.ts';

const LANE = 'packages/router/src/routing/sender-lane.ts';
const LANE_TEST = 'packages/router/test/sender-lane.test.ts';
const RECOVERING = 'packages/router/src/routing/recovering-receiver.ts';
const RECOVERING_TEST = 'packages/router/test/recovering-receiver.test.ts';

/** Defects of messaging that the simulation found, and that were mended: each mutant takes the fix back. */
export const MESSAGING_MUTANTS: readonly Mutant[] = [
  {
    name: 'left-slots-stay',
    without: 'A slot of a dead neuron that was stored when everything of it had been deleted stays stored.',
    file: 'packages/router/src/router.ts',
    find: 'this.#leftSlots.look(nowMs);',
    replace: '',
    heldBy: { file: 'tools/simulation/test/mended-seeds.test.ts', title: 'of the schedule 1918410680' },
  },
  {
    name: 'first-of-its-neuron',
    without: 'What is sent before it is known what a channel keeps counts as known before, to who is the first of the neuron there.',
    file: 'packages/router/src/history/history-desk.ts',
    find: 'if (history !== undefined && !history.isReady) await this.#within(history.ready);',
    replace: '',
    heldBy: { file: 'packages/router/test/history.test.ts', title: 'H1: who is the first of its neuron' },
  },
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
    find: '(this.#outstanding?.size ?? 0) > 0 || this.#spreading > 0) return false;',
    replace: 'this.#spreading > 0) return false;',
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
  {
    name: 'stored-before-it-has-spread',
    without: 'A message that is stored overtakes one to a subtree that is on its way to other neurons.',
    file: LANE,
    find: 'if (sending.holdsAppends === true) this.#spread(sending);\n      else this.#parts',
    replace: 'this.#parts',
    heldBy: { file: LANE_TEST, title: 'R3: what has to be stored waits' },
  },
  {
    name: 'unreachable-device-not-reported',
    without: 'A neuron that could not be reached is not reported where the user was found elsewhere too.',
    file: LANE,
    find: " || (reason !== 'absent' && now.has(neuron))",
    replace: '',
    heldBy: { file: LANE_TEST, title: 'R5: a neuron that could not be reached' },
  },
  {
    name: 'unknown-is-sent-again',
    without: 'A neuron that may have had a message is sent it again.',
    file: LANE,
    find: "first.filter(({ failure: reason }) => reason !== 'absent').map",
    replace: "first.filter(({ failure: reason }) => reason !== 'absent' && reason !== 'unknown').map",
    heldBy: { file: LANE_TEST, title: 'R5: a neuron that may have had a message' },
  },
  {
    name: 'stored-again-handed-again',
    without: 'Who comes back is handed once more what was sent again with its id.',
    file: 'packages/router/src/history/channel-history.ts',
    find: 'return messages.filter((message) => !this.#firsts.isRepetition(message));',
    replace: 'return messages;',
    heldBy: { file: 'packages/router/test/history.test.ts', title: 'H6: who comes back is handed what was sent again' },
  },
  {
    name: 'stored-again-after-a-recovery',
    without: 'What was handed to who came back, and is sent again with its id, is told as something new.',
    file: 'packages/router/src/history/channel-history.ts',
    find: 'const isRepetition = message !== undefined && this.#firsts.isRepetition(message);',
    replace: 'const isRepetition = message === undefined;',
    heldBy: { file: 'packages/router/test/history.test.ts', title: 'H6: who comes back is handed what was sent again' },
  },
  {
    name: 'missed-and-sent-again',
    without: 'What was missed and is sent again while it is looked up is handed over twice.',
    file: RECOVERING,
    find: 'else if (name !== undefined && had.has(name)) onWritten?.(true);',
    replace: '',
    heldBy: { file: RECOVERING_TEST, title: 'H6: what was missed and is sent again' },
  },
];
