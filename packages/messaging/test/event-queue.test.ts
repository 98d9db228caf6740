import { expect, it } from 'vitest';

import { eventLines } from '../src/event-lines.ts';
import { EventQueue } from '../src/event-queue.ts';

function queueOf(policy: 'cut' | 'drop-oldest' | 'latest-only', maxBytes = 400) {
  const told = { cut: 0, dropped: 0, written: [] as (readonly [string, boolean])[] };
  const queue = new EventQueue({ policy, maxBytes, onCut: () => (told.cut += 1), onDropped: () => (told.dropped += 1) });
  const push = (text: string, key?: string) => queue.push({ text, key, onWritten: (written) => told.written.push([text, written]) });
  return { queue, told, push, texts: () => queue.take().map(({ text }) => text) };
}

it('Q1: more than may wait cuts the receiver, and all is given up', () => {
  const { queue, told, push, texts } = queueOf('cut');
  for (const text of ['a', 'b', 'c']) push(text, 'k');
  expect(told.cut).toBe(0);
  push('d'.repeat(400), 'k');
  expect(told).toMatchObject({ cut: 1, dropped: 0 });
  expect(told.written.map(([, written]) => written)).toEqual([false, false, false, false]);
  expect([texts(), queue.isEnded]).toEqual([[], true]);
  push('e', 'k');
  expect(told.written.at(-1)).toEqual(['e', false]);
});

it('Q1: the oldest that may be dropped is dropped, and what may not stays', () => {
  const { told, push, texts } = queueOf('drop-oldest');
  push('system');
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) push(text, text);
  expect(told).toMatchObject({ cut: 0, dropped: 2 });
  expect(texts()).toEqual(['system', 'c', 'd', 'e', 'f', 'g']);
});

it('Q1: of what is about the same only the newest waits', () => {
  const { told, push, texts } = queueOf('latest-only');
  for (const text of ['a1', 'b1', 'a2', 'a3']) push(text, text[0]);
  expect(told.dropped).toBe(2);
  expect(texts()).toEqual(['b1', 'a3']);
});

it('Q2: whoever waits is told of what comes, of the end, and of another who waits', async () => {
  const { queue, push } = queueOf('cut');
  const never = new AbortController().signal;
  const first = queue.filled(never);
  const second = queue.filled(never);
  await first;
  push('a');
  await second;
  queue.take();
  const third = queue.filled(never);
  queue.end();
  await third;
  await queue.filled(never);
  expect([queue.isEnded, queue.isEmpty]).toEqual([true, true]);
});

it('Q3: line breaks between the parts of a JSON text do no harm', () => {
  expect(eventLines('{\r\n"a":\n1}', { event: 'message', id: 'p' })).toBe('id: p\nevent: message\ndata: {\ndata: "a":\ndata: 1}\n\n');
});
