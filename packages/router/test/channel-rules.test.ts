import { expect, it } from 'vitest';

import { channelPattern, ChannelRules, InMemoryNetwork, openRouter } from '../src/index.ts';
import { MemoryReferenceStore } from '@xir/kv4-testing';

it.each([
  ['/chat/lobby', ['/chat/lobby'], ['/chat', '/chat/lobby/help', '/chat/lobbyist', '/']],
  ['/', ['/'], ['/chat']],
  ['/**', ['/', '/chat', '/chat/lobby'], []],
  ['/chat/**', ['/chat', '/chat/lobby', '/chat/lobby/help'], ['/chats', '/', '/a/chat']],
  ['/chat/*', ['/chat/lobby'], ['/chat', '/chat/lobby/help']],
  ['/*', ['/chat'], ['/', '/chat/lobby']],
  ['/*/log/**', ['/a/log', '/b/log/x/y'], ['/log', '/a/b/log', '/a/logs']],
  ['//chat//lobby/', ['/chat/lobby'], ['/chat']],
])('C1: the pattern %s covers the channels that it names, and no others', (text, covered, others) => {
  const covers = channelPattern(text);
  expect(covered.filter((path) => !covers(path))).toEqual([]);
  expect(others.filter((path) => covers(path))).toEqual([]);
});

it('C1: a text that is no pattern of channels is refused', () => {
  for (const text of ['', 'chat', '/a/**/b', '/**/**', `/${'x'.repeat(5_000)}`]) expect(() => channelPattern(text), text).toThrow(TypeError);
});

it('C2: of several rules the first that covers a channel counts, for the bucket that it names or for all', () => {
  const rules = new ChannelRules([
    { path: '/chat/vip', bucket: 'cool', slowReceivers: 'drop-oldest' },
    { path: '/chat/**', slowReceivers: 'latest-only' },
    { path: '/**', bucket: 'cool' },
  ]);
  const found = (bucket: string, path: string) => rules.find({ bucket, path });
  for (let round = 0; round < 2; round += 1) {
    expect([found('cool', '/chat/vip')?.slowReceivers, found('warm', '/chat/vip')?.slowReceivers]).toEqual(['drop-oldest', 'latest-only']);
    expect([found('cool', '/elsewhere')?.path, found('warm', '/elsewhere')]).toEqual(['/**', undefined]);
  }
});

it('C2: however many channels are asked for, each gets its rule', () => {
  const rules = new ChannelRules([{ path: '/even/**' }]);
  for (let count = 0; count < 25_000; count += 1) {
    const path = `/${count % 2 === 0 ? 'even' : 'odd'}/${count}`;
    expect(rules.find({ bucket: 'cool', path }) !== undefined).toBe(count % 2 === 0);
  }
});

it('C3: how large and how many messages may be is said for each channel', async () => {
  const store = new MemoryReferenceStore();
  await using router = await openRouter({
    store,
    ...new InMemoryNetwork().start('a'),
    channelLimits: ({ path }) => (path === '/small' ? { maxContentCharacters: 10, maxPeerMessagesPerSecond: 2 } : undefined),
  });
  const receiver = { deliver: () => undefined, end: () => undefined };
  const [small, other] = ['/small', '/other'].map((path) => router.join({ bucket: 'cool', path, user: 'alex' }, receiver));
  const send = (peer: typeof small, content: string) => () => peer?.send({ target: { type: 'channel' }, event: 'message', content });
  expect(send(small, '"123456789"')).toThrow(expect.objectContaining({ code: 'ROUTER_MESSAGE_TOO_LARGE' }));
  for (let count = 0; count < 3; count += 1) expect(send(small, '1')).not.toThrow();
  expect(send(small, '1')).toThrow(expect.objectContaining({ code: 'ROUTER_RATE_LIMITED' }));
  for (let count = 0; count < 100; count += 1) expect(send(other, '"123456789"')).not.toThrow();
});
