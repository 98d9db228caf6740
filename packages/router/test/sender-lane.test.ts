import { expect, it } from 'vitest';

import type { Target } from '../src/index.ts';
import type { NeuronAnswer } from '../src/routing/dispatch.ts';
import { SenderLane, type Sending } from '../src/routing/sender-lane.ts';

/** A lane whose answers the test gives. */
function opened({ answersAtOnce = false, maxHeld = 100 } = {}) {
  const places = new Map<string, Set<string>>();
  const left: string[] = [];
  const reported: string[] = [];
  const answers = new Map<string, (answers: readonly NeuronAnswer[]) => void>();
  const refreshes: (() => void)[] = [];
  const lane = new SenderLane({
    resolve: ({ message: { target } }) => places.get(target.type === 'user' ? target.user : '') ?? new Set(),
    dispatch: ({ message }, neurons, onDone) => {
      left.push(`${message.content} ${[...neurons].join()}`.trim());
      if (answersAtOnce && left.length > 1) onDone([...neurons].map((neuron) => ({ neuron, reached: 1, written: 0 })));
      else answers.set(message.content, onDone);
    },
    refresh: () => new Promise((resolve) => refreshes.push(resolve)),
    report: ({ message }, given) => void reported.push(`${message.content} ${given.map(({ failure }) => failure ?? 'delivered').join()}`),
    maxHeld,
  });
  const sending = (content: string, target: Target, more: Partial<Sending> = {}): Sending => ({
    outgoing: { target, event: 'message', content },
    message: { channel: { bucket: 'cool', path: '/room' }, user: 'alex', device: 'd', target, event: 'message', content, sentAtMs: 1 },
    onReport: undefined,
    onUndelivered: () => undefined,
    ...more,
  });
  const submit = (content: string, user?: string) => lane.submit(sending(content, user === undefined ? { type: 'channel' } : { type: 'user', user }));
  const store = (content: string) => lane.submit(sending(content, { type: 'channel' }, { append: () => void left.push(`${content} stored`) }));
  const answer = (content: string, neuron: string, failure?: NeuronAnswer['failure']) => answers.get(content)?.([failure === undefined ? { neuron, reached: 1, written: 0 } : { neuron, reached: 0, written: 0, failure }]);
  const found = async () => {
    refreshes.shift()?.();
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return { lane, sending, answers, places, left, reported, submit, store, answer, found };
}

it('R4: what has to be stored waits until what was sent to a user before is answered', async () => {
  const { places, left, submit, store, answer, found } = opened();
  places.set('bob', new Set(['a']));
  submit('1', 'bob');
  store('2');
  submit('3');
  expect(left).toEqual(['1 a']);
  places.set('bob', new Set(['b']));
  answer('1', 'a', 'absent');
  await found();
  expect(left).toEqual(['1 a', '1 b']);
  answer('1', 'b');
  expect(left).toEqual(['1 a', '1 b', '2 stored', '3']);
});

it('R3: what has to be stored waits until what was sent before has reached its neurons, where it would not wait for it', () => {
  const { left, lane, sending, store, answer } = opened();
  lane.submit(sending('1', { type: 'subtree', path: '/' }, { holdsAppends: true }));
  store('2');
  expect(left).toEqual(['1']);
  answer('1', 'a');
  expect(left).toEqual(['1', '2 stored']);
});

it('R4: a message to all does not overtake one to a user who is elsewhere by now', async () => {
  const { places, left, submit, answer, found } = opened();
  places.set('bob', new Set(['a']));
  submit('1', 'bob');
  submit('2');
  places.set('bob', new Set(['b']));
  submit('3');
  expect(left).toEqual(['1 a', '2']);
  answer('1', 'a', 'unreachable');
  await found();
  answer('1', 'b');
  expect(left).toEqual(['1 a', '2', '1 b', '3']);
});

it('R4: what waited leaves once and in order, also where it is answered at once', async () => {
  const { places, left, reported, submit, answer, found } = opened({ answersAtOnce: true, maxHeld: 2_000 });
  places.set('bob', new Set(['a']));
  places.set('carol', new Set(['here']));
  submit('first', 'bob');
  answer('first', 'a', 'absent');
  for (let number = 0; number < 2_000; number += 1) submit(String(number), 'carol');
  await found();
  expect(left).toEqual(['first a', 'first a', ...Array.from({ length: 2_000 }, (_, number) => `${number} here`)]);
  expect(reported).toHaveLength(2_001);
});

it('R5: a neuron that could not be reached is reported, though another device was found elsewhere meanwhile', async () => {
  const { places, left, reported, submit, answer, found } = opened();
  places.set('bob', new Set(['a']));
  submit('1', 'bob');
  places.set('bob', new Set(['a', 'b']));
  answer('1', 'a', 'unreachable');
  await found();
  answer('1', 'b');
  expect(left).toEqual(['1 a', '1 b']);
  expect(reported).toEqual(['1 unreachable,delivered']);
});

it('R5: a neuron that may have had a message is not sent it again', async () => {
  const { places, left, reported, submit, answers, found } = opened();
  places.set('bob', new Set(['a', 'b']));
  submit('1', 'bob');
  answers.get('1')?.([{ neuron: 'a', reached: 0, written: 0, failure: 'unknown' }, { neuron: 'b', reached: 0, written: 0, failure: 'absent' }]);
  await found();
  expect(left).toEqual(['1 a,b', '1 b']);
  answers.get('1')?.([{ neuron: 'b', reached: 0, written: 0, failure: 'absent' }]);
  expect(reported).toEqual(['1 unknown,absent']);
});

it('R5: what would have to wait behind too many is reported as busy', () => {
  const { places, reported, lane, submit, store, answer } = opened({ maxHeld: 1 });
  places.set('bob', new Set(['a']));
  submit('1', 'bob');
  expect([store('2'), store('3')]).toEqual([true, false]);
  expect(reported).toEqual(['3 busy']);
  answer('1', 'a');
  expect(lane.isIdle).toBe(true);
});
