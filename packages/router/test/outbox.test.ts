import { expect, it } from 'vitest';

import { Outbox, OutboxSchedule, type OutboxOptions, type SlowReceiverPolicy } from '../src/index.ts';

const frame = (text: string) => Buffer.from(text);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** An outbox whose connection takes a write and then no more, until it is drained. */
function opened(policy: SlowReceiverPolicy, options: Partial<OutboxOptions> = {}) {
  const writes: Uint8Array[] = [];
  const state = { takes: true, wasCut: false };
  const schedule = options.schedule ?? new OutboxSchedule();
  const sink: OutboxOptions['sink'] = {
    write(bytes, onWritten) {
      writes.push(bytes);
      onWritten?.(true);
      return state.takes;
    },
    cut: () => (state.wasCut = true),
  };
  const outbox = new Outbox({ sink, schedule, policy, ...options });
  const block = () => {
    state.takes = false;
    outbox.push(frame('first '));
    outbox.flush();
    state.takes = true;
  };
  return { writes, state, schedule, outbox, block, text: () => Buffer.concat(writes).toString() };
}

it('O1: frames of a turn leave in one write, put together once for all who get the same', async () => {
  const schedule = new OutboxSchedule();
  const [a, b, c] = [opened('cut', { schedule }), opened('cut', { schedule }), opened('cut', { schedule })];
  const frames = [frame('one '), frame('two '), frame('three')];
  for (const each of frames) for (const { outbox } of [a, b]) outbox.push(each);
  c.outbox.push(frames[1] as Buffer);
  expect(a.writes).toEqual([]);
  await turn();
  expect(a.text()).toBe('one two three');
  expect(a.writes).toHaveLength(1);
  expect(b.writes[0]).toBe(a.writes[0]);
  expect(c.text()).toBe('two ');
  a.outbox.push(frame('later'));
  await turn();
  expect(a.writes).toHaveLength(2);
});

it('O2: with the policy cut, a receiver for whom too much waits is cut and counted', () => {
  const { outbox, block, state, schedule } = opened('cut', { maxWaitingBytes: 10 });
  block();
  outbox.push(frame('12345'), { key: 'k' });
  expect(state.wasCut).toBe(false);
  outbox.push(frame('123456'), { key: 'k' });
  expect([state.wasCut, schedule.cut, schedule.dropped]).toEqual([true, 1, 0]);
});

it('O2: with the policy drop-oldest, the oldest that may be dropped make room', () => {
  const { outbox, block, state, schedule, text } = opened('drop-oldest', { maxWaitingBytes: 10 });
  block();
  outbox.push(frame('keep '));
  for (const each of ['11111', '22222', '33333']) outbox.push(frame(each), { key: 'k' });
  outbox.drained();
  expect(text()).toBe('first keep 33333');
  expect([state.wasCut, schedule.dropped]).toEqual([false, 2]);
});

it('O2: what may not be dropped cuts a receiver whatever its policy', () => {
  const { outbox, block, state } = opened('drop-oldest', { maxWaitingBytes: 10 });
  block();
  outbox.push(frame('must be told'));
  expect(state.wasCut).toBe(true);
});

it('O2: with the policy latest-only, of what has the same key the latest waits', () => {
  const { outbox, block, schedule, text } = opened('latest-only');
  block();
  outbox.push(frame('a1 '), { key: 'a' });
  outbox.push(frame('b1 '), { key: 'b' });
  outbox.push(frame('a2 '), { key: 'a' });
  outbox.drained();
  expect(text()).toBe('first b1 a2 ');
  expect(schedule.dropped).toBe(1);
});

it('O3: who asks whether a frame was written is told once: written, dropped, cut or closed', async () => {
  const told: string[] = [];
  const ask = (name: string) => ({ key: 'k', onWritten: (written: boolean) => told.push(`${name} ${written}`) });
  const { outbox, block } = opened('latest-only');
  outbox.push(frame('a'), ask('a'));
  await turn();
  block();
  outbox.push(frame('b'), ask('b'));
  outbox.push(frame('c'), ask('c'));
  expect(told).toEqual(['a true', 'b false']);
  outbox.drained();
  outbox.push(frame('d'), ask('d'));
  outbox.close();
  outbox.push(frame('e'), ask('e'));
  await turn();
  expect(told).toEqual(['a true', 'b false', 'c true', 'e false', 'd false']);
});
