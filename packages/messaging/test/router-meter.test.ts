import { expect, it } from 'vitest';

import { meterRouter } from '../src/index.ts';
import { BUCKET, keepingReceiver, openSystem, until } from './messaging-fixture.ts';

it('K1: messages and joins are measured by channel and user, each on one neuron, and read from _stats', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  for (const { router, handler, name } of [a, b]) meterRouter({ router, stats: handler.stats, neuron: name });
  const bob = b.router.join({ bucket: BUCKET, path: '/room', user: 'bob' }, keepingReceiver());
  await until(() => a.router.count({ bucket: BUCKET, path: '/room' }).users === 1);
  await a.call('PUT', '/_messages/room', { v: 'ü', k: 'server' });
  await a.call('PUT', '/_messages/room', { v: 12345678, k: 'server' });
  bob.send({ target: { type: 'channel' }, event: 'message', content: '1' });
  await Promise.all([a.handler.flushStats(), b.handler.flushStats()]);
  expect((await a.call('GET', '/_stats/room?l=router:pkt&k=server')).v).toEqual({ sum: 12, min: 4, max: 8, count: 2 });
  expect((await a.call('GET', '/_stats/room?l=router:pkt&k=bob')).v).toEqual({ sum: 1, min: 1, max: 1, count: 1 });
  expect((await a.call('GET', '/_stats/room?l=router:pkt')).v).toMatchObject({ sum: 13, count: 3 });
  expect((await a.call('GET', '/_stats/room?l=router:sub&k=bob')).v).toEqual({ sum: 1, min: 1, max: 1, count: 1 });
  expect((await a.call('GET', '/_stats/room?l=router:sub')).v).toMatchObject({ count: 1 });
});

it('K2: who connects again, here or on another neuron, while the connection before is still there, is a subscription more, counted once', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  for (const { router, handler, name } of [a, b]) meterRouter({ router, stats: handler.stats, neuron: name });
  const join = ({ router }: typeof a) => router.join({ bucket: BUCKET, path: '/room', user: 'bob' }, keepingReceiver());
  const isOn = (neuron: string) => until(() => [a, b].every(({ router }) => router.peers({ bucket: BUCKET, path: '/room' })[0]?.neuron === neuron));
  join(a);
  join(a);
  await isOn('a');
  const elsewhere = join(b);
  await isOn('b');
  await until(() => a.router.stats().localPeers === 0);
  elsewhere.update({ mood: 'good' });
  await until(() => a.router.peers({ bucket: BUCKET, path: '/room' })[0]?.state !== undefined);
  elsewhere.leave();
  await until(() => a.router.count({ bucket: BUCKET, path: '/room' }).users === 0);
  await Promise.all([a.handler.flushStats(), b.handler.flushStats()]);
  expect((await a.call('GET', '/_stats/room?l=router:sub&k=bob')).v).toEqual({ sum: 3, min: 1, max: 1, count: 3 });
});
