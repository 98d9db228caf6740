import { expect, it } from 'vitest';

import { ReceiverRecord } from './receiver-record.ts';
import { openSystem, reportOf, toAll, toUser, until } from './system-fixture.ts';

const room = { bucket: 'cool', path: '/room' };
const names = (peers: readonly { readonly user: string; readonly neuron: string }[]) => peers.map(({ user, neuron }) => `${user}@${neuron}`).toSorted();

it('P1, R1: a peer of one neuron is listed on the other, and reached from there in one hop', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const [alex, bob] = [new ReceiverRecord(), new ReceiverRecord()];
  const atA = a.router.join({ ...room, user: 'alex' }, alex);
  b.router.join({ ...room, user: 'bob', state: { mood: 'good' } }, bob);
  const everybody = ['alex@a', 'bob@b'];
  await until(() => names(a.router.peers(room)).join() === everybody.join() && names(b.router.peers(room)).join() === everybody.join());
  expect(a.router.count(room)).toEqual({ users: 2, devices: 2 });
  expect(a.router.channel(room)?.find('bob', 'default')?.state).toEqual({ mood: 'good' });
  expect(alex.changes).toEqual(['join bob']);

  expect(await reportOf(atA, toAll('hello', { level: 'written' }))).toEqual({ reached: 1, written: 1, undelivered: [] });
  expect(await reportOf(atA, toUser('bob', 'you', { level: 'reached' }))).toEqual({ reached: 1, written: 0, undelivered: [] });
  expect(bob.contents).toEqual(['hello', 'you']);
  expect(bob.messages[0]).toMatchObject({ channel: room, user: 'alex', device: 'default', event: 'message' });
  expect(alex.messages).toEqual([]);

  atA.leave();
  await until(() => names(b.router.peers(room)).join() === 'bob@b');
  expect(bob.changes).toEqual(['join alex', 'leave alex']);
});
