import { expect, it } from 'vitest';

import type { Message } from '../src/index.ts';
import { RecoveringReceiver } from '../src/routing/recovering-receiver.ts';

const message = (position: string | undefined, id?: string): Message => ({ channel: { bucket: 'cool', path: '/room' }, user: 'alex', device: 'd', target: { type: 'channel' }, event: 'message', content: '""', sentAtMs: 1, ...(position === undefined ? {} : { position }), ...(id === undefined ? {} : { id }) });

function opened(standing: () => string | undefined = () => undefined) {
  const told: string[] = [];
  const tell = (what: string) => ({ position }: Message, onWritten?: (written: boolean) => void) => {
    told.push(`${what} ${position ?? ''}`);
    onWritten?.(true);
  };
  return { told, receiver: new RecoveringReceiver({ deliver: tell('message'), stored: tell('stored'), end: () => undefined }, standing) };
}

it('H2: that an own message was stored is told behind what was missed before it', () => {
  const { told, receiver } = opened();
  receiver.stored(message('3'));
  receiver.deliver(message(undefined));
  receiver.release([message('1'), message('2')], '2');
  expect(told).toEqual(['message 1', 'message 2', 'stored 3', 'message ']);
});

it('H2: what is not stored, and comes while what was missed is looked up, stays between what was stored before and behind it', () => {
  let standing: string | undefined;
  const { told, receiver } = opened(() => standing);
  receiver.deliver(message(undefined, 'first'));
  standing = '2';
  receiver.deliver(message(undefined, 'second'));
  standing = '3';
  receiver.deliver(message('3'));
  receiver.deliver(message('4'));
  receiver.release([message('1'), message('2'), message('3')], '3');
  expect(told).toEqual(['message ', 'message 1', 'message 2', 'message ', 'message 3', 'message 4']);
});

it('H2: who is ahead of its neuron is told nothing again, and what is told again counts as written', () => {
  const { told, receiver } = opened();
  const written: boolean[] = [];
  receiver.deliver(message('4'), (isWritten) => written.push(isWritten));
  receiver.release([], '5');
  receiver.deliver(message('5'), (isWritten) => written.push(isWritten));
  receiver.stored(message('5'));
  receiver.deliver(message('6'));
  expect(told).toEqual(['message 6']);
  expect(written).toEqual([true, true]);
});

it('H6: what was missed and is sent again with its id, while it is looked up, is handed over once', () => {
  const { told, receiver } = opened();
  const written: boolean[] = [];
  receiver.deliver(message('3', 'm1'), (isWritten) => written.push(isWritten));
  receiver.deliver(message('4', 'm2'));
  receiver.deliver(message('5'));
  receiver.release([message('1', 'm1'), message('2')], '2');
  expect(told).toEqual(['message 1', 'message 2', 'message 4', 'message 5']);
  expect(written).toEqual([true]);
});
