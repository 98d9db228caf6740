import { expect, it } from 'vitest';

import { BUCKET, openSystem, until } from './messaging-fixture.ts';

it('M6: a server hears a channel, or everything beneath a path, on any neuron, without being seen', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const [room, all] = [await b.events('/_messages/room?watch=1'), await b.events('/_messages?subtree=1')];
  await Promise.all([room.until('listening'), all.until('listening')]);
  await until(async () => (await a.call('PUT', '/_messages/room', { v: 'first' })).v.reached === 2);
  await a.call('PUT', '/_messages/room/1', { v: { text: 'second' }, k: 'server' });
  await all.until('message', 2);
  expect(room.events.filter(({ event }) => event === 'message').map(({ data }) => data.v)).toEqual(['first']);
  expect(all.events.filter(({ event }) => event === 'message').map(({ data }) => [data.path, data.k, data.v])).toEqual([
    ['/room', 'elena', 'first'],
    ['/room/1', 'server', { text: 'second' }],
  ]);
  expect(b.router.count({ bucket: BUCKET, path: '/room' })).toEqual({ users: 0, devices: 0 });
  room.close();
  all.close();
  await until(() => b.router.stats().localListeners === 0);
});

it('M7: whoever listens again with the id of the last event is told everything that came behind it, or that something is missing', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const first = await a.events('/_messages/kept/room?watch=1');
  expect((await first.until('listening'))[0]).toMatchObject({ id: '0', data: { recovered: true, position: '0' } });
  await a.call('PUT', '/_messages/kept/room', { v: 1 });
  const [{ id = '' } = { id: '' }] = await first.until('message');
  first.close();
  await a.call('PUT', '/_messages/kept/room', { v: 2 });
  await a.call('PUT', '/_messages/kept/room', { v: 3 });
  const again = await b.events('/_messages/kept/room?watch=1', { 'last-event-id': id });
  const [told] = await again.until('listening');
  expect(told).toMatchObject({ data: { recovered: true }, id: again.events.findLast(({ event }) => event === 'message')?.id });
  expect(again.events.map(({ event, data }) => [event, data.v])).toEqual([['message', 2], ['message', 3], ['listening', undefined]]);
  const blind = await b.events('/_messages/kept/room?watch=1', { 'last-event-id': '0' });
  expect((await blind.until('listening'))[0]?.data.recovered).toBe(false);
});

it('M8: a listener that does not read is cut once so much waits, counted, and harms nobody', async () => {
  await using system = await openSystem();
  const a = await system.open('a', { messaging: { limits: { maxQueuedBytes: 100_000 } }, rest: { maxWatchBufferBytes: 1_000 } });
  const [slow, quick] = [await a.events('/_messages/room?watch=1'), await a.events('/_messages/room?watch=1')];
  await Promise.all([slow.until('listening'), quick.until('listening')]);
  slow.response.pause();
  const content = 'x'.repeat(200_000);
  for (let number = 0; number < 200 && a.messaging.metrics().slowCut === 0; number += 1) {
    await a.call('PUT', '/_messages/room', { v: { number } });
    await a.call('PUT', '/_messages/other', { v: content });
    await a.call('PUT', '/_messages/room', { v: content.slice(0, 90_000) });
  }
  expect(a.messaging.metrics().slowCut).toBe(1);
  expect(a.router.stats().localListeners).toBe(1);
  slow.close();
  quick.close();
});
