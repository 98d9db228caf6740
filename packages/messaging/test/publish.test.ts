import { expect, it } from 'vitest';

import { BUCKET, keepingReceiver, openSystem, until } from './messaging-fixture.ts';

async function opened() {
  const system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const join = async (user: string, path: string, device?: string) => {
    const receiver = keepingReceiver();
    b.router.join({ bucket: BUCKET, path, user, ...(device === undefined ? {} : { device }) }, receiver);
    await until(() => a.router.peers({ bucket: BUCKET, path }).some((peer) => peer.user === user && peer.device === (device ?? 'default')));
    return receiver;
  };
  return { system, a, b, join };
}

it('M1: a server publishes to a channel, a user, a device and a subtree, and is told what became of it', async () => {
  const { system, a, join } = await opened();
  await using _system = system;
  const [room, phone, beneath] = [await join('alex', '/room'), await join('dan', '/room', 'phone'), await join('eve', '/room/1')];
  expect(await a.call('PUT', '/_messages/room', { v: { n: 1 }, level: 'written' })).toMatchObject({ s: 'ok', v: { reached: 2, written: 2, undelivered: [] } });
  expect(await a.call('POST', '/_messages/room', { v: 2, to: 'dan', device: 'phone', event: 'news', k: 'server', id: 'm2' })).toMatchObject({ v: { reached: 1 } });
  expect(await a.call('PUT', '/_messages', { v: 3, subtree: true, level: 'accepted' })).toMatchObject({ v: { reached: 0, undelivered: [] } });
  await until(() => beneath.messages.length === 1);
  expect(await a.call('PUT', '/_messages/room', { v: 4, to: 'nobody' })).toMatchObject({ v: { reached: 0, undelivered: [{ reason: 'absent' }] } });
  expect(room.contents).toEqual([{ n: 1 }, 3]);
  expect(phone.contents).toEqual([{ n: 1 }, 2, 3]);
  expect(phone.messages[1]).toMatchObject({ event: 'news', user: 'server', id: 'm2', published: true });
  expect(room.messages[0]).toMatchObject({ event: 'message', user: 'elena' });
});

it('M2: a batch is sent in its order and answered message by message; one that is refused harms no other', async () => {
  const { system, a, join } = await opened();
  await using _system = system;
  const [room, one] = [await join('alex', '/room'), await join('alex', '/room/1')];
  const { v } = await a.call('PUT', '/_messages/room', { messages: [{ v: 1 }, { path: '1', v: 2 }, { v: 3, level: 'loud' }, 'nonsense', { path: 7, v: 1 }, { v: 4, event: '' }, { v: 5, k: 'a/b' }, { v: 6 }] });
  expect(v).toMatchObject([{ reached: 1 }, { reached: 1 }, { error: 'bad_option' }, { error: 'bad_value' }, { error: 'bad_option' }, { error: 'bad_value', code: 'ROUTER_BAD_MESSAGE' }, { error: 'bad_name', code: 'ROUTER_BAD_PEER' }, { reached: 1 }]);
  expect(room.contents).toEqual([1, 6]);
  expect(one.contents).toEqual([2]);
  expect((await a.call('PUT', '/_messages', { paths: ['room', '/room/1', 'nobody'], v: 'all' })).v).toMatchObject([{ reached: 1 }, { reached: 1 }, { reached: 0 }]);
  expect(room.contents.at(-1)).toBe('all');
});

it('M3: what is sent again with the same id is delivered once, and what one sender sends stays in order over requests', async () => {
  const { system, a, join } = await opened();
  await using _system = system;
  const room = await join('alex', '/room');
  for (let time = 0; time < 2; time += 1) await a.call('PUT', '/_messages/room', { v: 'once', id: 'm1' });
  for (let number = 0; number < 20; number += 1) await a.call('PUT', '/_messages/room', { v: number, level: 'accepted' });
  await until(() => room.messages.length === 21);
  expect(room.contents).toEqual(['once', ...Array.from({ length: 20 }, (_, number) => number)]);
});

it('M4: a history is read, its newest messages or those behind a position, with sender and position', async () => {
  const { system, a, b } = await opened();
  await using _system = system;
  const positions: string[] = [];
  for (let number = 1; number <= 4; number += 1) positions.push((await a.call('PUT', '/_messages/kept/room', { v: { number }, k: 'server' })).v.position);
  await until(async () => (await b.call('GET', '/_messages/kept/room')).v.messages.length === 4);
  const newest = (await b.call('GET', '/_messages/kept/room?limit=2')).v;
  expect(newest).toMatchObject({ position: positions[3], continuous: true, more: true });
  expect(newest.messages.map(({ v }: { v: unknown }) => v)).toEqual([{ number: 3 }, { number: 4 }]);
  expect(newest.messages[0]).toMatchObject({ path: '/kept/room', k: 'server', device: 'publisher', event: 'message', position: positions[2] });
  const behind = (await b.call('GET', `/_messages/kept/room?since=${positions[1]}`)).v;
  expect(behind).toMatchObject({ position: positions[3], continuous: true, more: false, messages: [{ previous: positions[1] }, { previous: positions[2] }] });
  expect((await b.call('GET', '/_messages/kept/room?since=nonsense')).v).toEqual({ messages: [], position: null, continuous: false, more: false });
  expect(await b.call('GET', '/_messages/room')).toEqual({ v: 'no_history', s: 'error', code: 'MESSAGING_NO_HISTORY' });
});

it('M5: what cannot be published is refused with a word that says why, and an account that sends too much with another', async () => {
  await using system = await openSystem();
  const a = await system.open('a', { messaging: { limits: { maxBatchMessages: 2 } }, router: { maxAccountMessagesPerSecond: 5, maxContentCharacters: 100 } });
  const words = async (body: unknown) => {
    const { v, code } = await a.call('PUT', '/_messages/room', body);
    return [v, code];
  };
  expect(await words({})).toEqual(['bad_value', 'MESSAGING_BAD_MESSAGE']);
  expect(await words({ v: 1, level: 1 })).toEqual(['bad_option', 'MESSAGING_BAD_OPTION']);
  expect(await words({ v: 1, to: 'a/b' })).toEqual(['bad_option', 'MESSAGING_BAD_OPTION']);
  expect(await words({ v: 1, to: 'a', subtree: 1 })).toEqual(['bad_option', 'MESSAGING_BAD_OPTION']);
  expect(await words({ v: 1, device: 'd' })).toEqual(['bad_option', 'MESSAGING_BAD_OPTION']);
  expect(await words({ v: 1, event: 'x'.repeat(200) })).toEqual(['bad_value', 'ROUTER_BAD_MESSAGE']);
  expect(await words({ messages: [1, 2, 3] })).toEqual(['too_large', 'MESSAGING_TOO_MANY_MESSAGES']);
  expect(await words({ messages: {} })).toEqual(['bad_option', 'MESSAGING_BAD_OPTION']);
  expect(await words({ v: 'x'.repeat(200) })).toEqual(['too_large', 'ROUTER_MESSAGE_TOO_LARGE']);
  expect((await a.call('PUT', '/_messages/room', { v: 1 }, {})).v).toBe('unauthorized');
  expect((await a.call('PUT', '/_messages/room?w=somebody', { v: 1 })).v).toBe('unauthorized');
  let refused: (string | undefined)[] = [];
  for (let number = 0; number < 20 && refused[1] !== 'ROUTER_RATE_LIMITED'; number += 1) refused = await words({ v: number });
  expect(refused).toEqual(['rate_limited', 'ROUTER_RATE_LIMITED']);
});
