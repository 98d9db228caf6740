import { describe, expect, it } from 'vitest';

import { EventFeed } from '../src/channels/event-feed.ts';
import { HistoryPosition } from '../src/channels/history-position.ts';
import { MemberList } from '../src/channels/member-list.ts';
import { RecentIds } from '../src/channels/recent-ids.ts';
import { readServerFrame } from '../src/channels/server-frame.ts';

describe('the position in a history', () => {
  it('moves on with what names it, keeps its place before a gap, and knows what was there already', () => {
    const position = new HistoryPosition();
    expect(position.take('3', '2')).toBe('next');
    expect([position.take('4', '3'), position.take('4', '3'), position.take('2', '1')]).toEqual(['next', 'known', 'known']);
    expect([position.take('7', '6'), position.take('7', null), position.current]).toEqual(['gap', 'gap', '4']);
    position.set('6');
    expect(position.take('7', '6')).toBe('next');
  });

  it('of a history that was empty moves on to its first message, and not to its second', () => {
    const first = new HistoryPosition();
    first.set(null);
    expect([first.take('1', '0'), first.take('2', '1')]).toEqual(['next', 'next']);
    const second = new HistoryPosition();
    second.set(null);
    expect(second.take('2', '1')).toBe('gap');
  });
});

describe('the list of members', () => {
  const member = (user: string, state: string | null = null, device = 'default') => ({ user, device, state });

  it('tells what is different when it comes anew', () => {
    const list = new MemberList();
    expect(list.replace([member('a'), member('b')])).toHaveLength(2);
    expect(list.replace([member('c'), member('b', 'new')])).toEqual([
      { type: 'leave', member: member('a') },
      { type: 'join', member: member('c') },
      { type: 'update', member: member('b', 'new') },
    ]);
    expect(list.all).toEqual([member('b', 'new'), member('c')]);
  });

  it('tells a change once', () => {
    const list = new MemberList();
    expect([list.apply('join', member('a')), list.apply('join', member('a')), list.apply('update', member('a', 'x')), list.apply('join', member('a', 'y'))]).toEqual([
      { type: 'join', member: member('a') },
      undefined,
      { type: 'update', member: member('a', 'x') },
      { type: 'update', member: member('a', 'y') },
    ]);
    expect([list.apply('leave', member('a')), list.apply('leave', member('a')), list.all]).toEqual([{ type: 'leave', member: member('a', 'y') }, undefined, []]);
  });
});

it('ids are remembered up to a number, the oldest forgotten first', () => {
  const ids = new RecentIds(2);
  expect(['a', 'b', 'a', 'c', 'b', 'a'].map((id) => ids.add(id))).toEqual([true, true, false, true, false, true]);
});

it('an iteration that was never begun is let go of when it is given back', async () => {
  const feed = new EventFeed<number>(2);
  const [kept, given] = [feed.read((event) => event), feed.read((event) => event)];
  await given.return();
  feed.push(1);
  feed.push(2);
  feed.end();
  const read: number[] = [];
  for await (const event of kept) read.push(event);
  expect(read).toEqual([1, 2]);
  expect(await given.next()).toEqual({ done: true, value: undefined });
});

it('what is not a frame of a neuron is not taken for one, and what is unknown does no harm', () => {
  for (const text of ['', 'null', '[]', '5', '{', Buffer.from('{}')]) expect(readServerFrame(text), String(text)).toBeUndefined();
  const others = ['{}', '{"t":"pong"}', '{"t":"u"}', '{"t":"u","m":{"f":5,"o":"x"}}', '{"t":"u","m":{"f":"a","o":"stored"}}', '{"t":"u","m":{"f":"a","o":"acknowledged"}}', '{"t":"history"}'];
  for (const text of others) expect(readServerFrame(text), text).toEqual({ type: 'other' });
  expect(readServerFrame('{"t":"u","m":{"f":"a/b/alex","o":"x","t":"bob"}}')).toMatchObject({ message: { path: '/a/b', user: 'alex', device: 'default', content: null, direct: true } });
  expect(readServerFrame('{"t":"u","m":{"f":"alex","o":"x"},"p":1}')).toMatchObject({ message: { path: '/', user: 'alex' } });
  expect(readServerFrame('{"t":"u","m":{"f":"a/__sys__","o":"peers"},"p":{"devices":[5,{"user":"u","device":"d"}]}}')).toEqual({ type: 'peers', kept: false, members: [{ user: 'u', device: 'd', state: null }] });
});
