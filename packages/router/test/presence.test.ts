import { expect, it } from 'vitest';

import { RouterError } from '../src/index.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { openSystem, until } from './system-fixture.ts';

const room = { bucket: 'cool', path: '/room' };

it('P2: the peers of a neuron that dies are gone at once, and back when it lives again', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const bob = new ReceiverRecord();
  b.router.join({ ...room, user: 'bob' }, bob);
  a.router.join({ ...room, user: 'alex' }, new ReceiverRecord());
  await until(() => b.router.count(room).users === 2);
  system.network.kill('a', { unnoticed: true });
  expect(b.router.count(room).users).toBe(2);
  system.network.bury('a');
  expect(b.router.count(room).users).toBe(1);
  expect(bob.changes).toEqual(['join alex', 'leave alex']);
});

it('P2: a neuron that was taken for dead writes its peers down again in its next life', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  a.router.join({ ...room, user: 'alex' }, new ReceiverRecord());
  await until(() => b.router.count(room).users === 1);
  system.network.reincarnate('a');
  await until(() => b.router.count(room).users === 1);
  expect(a.router.count(room).users).toBe(1);
});

it('P3: who joins again takes the place of the one before, here or on another neuron, and nobody sees anybody leave', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const watching = new ReceiverRecord();
  b.router.join({ ...room, user: 'bob' }, watching);
  const sockets = [new ReceiverRecord(), new ReceiverRecord(), new ReceiverRecord()] as const;
  const first = a.router.join({ ...room, user: 'alex', device: 'phone' }, sockets[0]);
  await until(() => b.router.count(room).users === 2);
  a.router.join({ ...room, user: 'alex', device: 'phone' }, sockets[1]);
  expect(sockets[0].endedBy).toBe('replaced');
  expect(first.isPresent).toBe(false);
  first.leave();
  await until(() => b.router.channel(room)?.find('alex', 'phone')?.joinedAtMs === a.router.channel(room)?.find('alex', 'phone')?.joinedAtMs);
  b.router.join({ ...room, user: 'alex', device: 'phone' }, sockets[2]);
  await until(() => sockets[1].endedBy === 'replaced');
  await until(() => a.router.channel(room)?.find('alex', 'phone')?.neuron === 'b');
  expect(watching.changes).toEqual(['join alex']);
  expect(sockets[2].endedBy).toBeUndefined();
});

it('P4: who is taken off is told, is gone everywhere, and can send nothing more', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const alex = new ReceiverRecord();
  const peer = a.router.join({ ...room, user: 'alex' }, alex);
  await until(() => b.router.count(room).users === 1);
  expect(await b.router.kick({ ...room, subtree: false, user: 'alex' })).toEqual({ reached: 1, written: 0, undelivered: [] });
  expect(alex.endedBy).toBe('kicked');
  expect(() => peer.send({ target: { type: 'channel' }, event: 'message', content: '1' })).toThrow(RouterError);
  await until(() => b.router.count(room).users === 0);
  expect(await b.router.kick({ ...room, subtree: true })).toEqual({ reached: 0, written: 0, undelivered: [] });
});

it('P5: what a peer says of itself is seen on every neuron, and bounded', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const bob = new ReceiverRecord();
  b.router.join({ ...room, user: 'bob' }, bob);
  const alex = a.router.join({ ...room, user: 'alex' }, new ReceiverRecord());
  alex.update({ mood: 'good' });
  await until(() => JSON.stringify(b.router.channel(room)?.find('alex', 'default')?.state) === '{"mood":"good"}');
  alex.update({ mood: 'bad' });
  await until(() => bob.changes.at(-1) === 'update alex');
  expect(() => alex.update('x'.repeat(5_000))).toThrow(RouterError);
});

it('P6: a router that closes takes its peers along, and leaves nothing stored', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const alex = new ReceiverRecord();
  a.router.join({ ...room, user: 'alex' }, alex);
  await until(() => b.router.count(room).users === 1);
  await Promise.all([a.router.close(), a.router.close()]);
  expect(alex.endedBy).toBe('closed');
  await until(() => b.router.count(room).users === 0);
  expect((await b.store.list({ bucket: '$sys', layer: '*subs:slots', path: '/a' }, { fresh: true })).items).toEqual([]);
  expect(() => a.router.join({ ...room, user: 'alex' }, alex)).toThrow(RouterError);
});

it('P7: on a channel whose peers are only listed nobody is told of others, and who looks sees them on every neuron', async () => {
  await using system = await openSystem();
  const presence = ({ path }: { readonly path: string }) => (path === '/stage' ? ('listed' as const) : ('told' as const));
  const [a, b] = [await system.open('a', { presence }), await system.open('b', { presence })];
  const stage = { bucket: 'cool', path: '/stage' };
  const [alex, other] = [new ReceiverRecord(), new ReceiverRecord()];
  const seen: string[] = [];
  b.router.onPresence(({ type, peer }) => seen.push(`${type} ${peer.user}`));
  a.router.join({ ...stage, user: 'alex' }, alex);
  a.router.join({ ...room, user: 'alex' }, other);
  const bob = b.router.join({ ...stage, user: 'bob' }, new ReceiverRecord());
  b.router.join({ ...room, user: 'bob' }, new ReceiverRecord());
  await until(() => a.router.count(stage).users === 2 && other.changes.length === 1);
  bob.update({ on: true });
  await until(() => a.router.channel(stage)?.find('bob', 'default')?.state !== undefined);
  expect(a.router.peers(stage).map(({ user }) => user).toSorted()).toEqual(['alex', 'bob']);
  bob.leave();
  await until(() => a.router.count(stage).users === 1);
  expect([alex.changes, other.changes]).toEqual([[], ['join bob']]);
  expect([a.router.tellsPresence(stage), a.router.tellsPresence(room)]).toEqual([false, true]);
  expect(seen).toContain('join alex');
});
