import { expect, it } from 'vitest';

import { RouterError, type HistoryPolicies, type OutgoingMessage, type Publisher, type SendReport } from '../src/index.ts';
import { createPublisher } from '../src/routing/publisher.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { openSystem, toAll, toUser, until, type TestNeuron } from './system-fixture.ts';

const bucket = 'cool';
const history: HistoryPolicies = ({ path }) => (path === '/kept' ? { layer: '*messages' } : undefined);

async function opened(...names: string[]) {
  const system = await openSystem();
  const neurons: TestNeuron[] = [];
  for (const name of names) neurons.push(await system.open(name, { history }));
  const join = async (neuron: TestNeuron, user: string, more: { readonly path?: string; readonly device?: string; readonly since?: string } = {}) => {
    const receiver = new ReceiverRecord();
    const peer = neuron.router.join({ bucket, path: '/room', user, ...more }, receiver);
    await peer.stored();
    await Promise.all(neurons.map(({ router }) => router.refresh()));
    return { receiver, peer };
  };
  return { system, neurons: neurons as [TestNeuron, TestNeuron], join };
}

function published(publisher: Publisher, path: string, message: OutgoingMessage): Promise<SendReport> {
  return new Promise((resolve) => publisher.send(path, message, resolve));
}

it('B1: a publisher reaches channels, users, devices and subtrees on any neuron without being seen, its namesake included', async () => {
  const { system, neurons, join } = await opened('a', 'b');
  await using _system = system;
  const [alex, phone, beneath] = [await join(neurons[1], 'alex', { device: 'publisher' }), await join(neurons[0], 'dan', { device: 'phone' }), await join(neurons[1], 'eve', { path: '/room/1' })];
  const desk = await join(neurons[1], 'dan', { device: 'desk' });
  const publisher = neurons[0].router.publisher({ bucket, user: 'alex' });
  expect(await published(publisher, 'room', toAll(1, { level: 'written' }))).toEqual({ reached: 3, written: 3, undelivered: [] });
  expect(await published(publisher, '/room', toUser('dan', 2, { level: 'reached' }))).toMatchObject({ reached: 2 });
  expect(await published(publisher, '/room', toAll(3, { target: { type: 'user', user: 'dan', device: 'desk' }, level: 'reached' }))).toMatchObject({ reached: 1 });
  expect(await published(publisher, '/', toAll(4, { target: { type: 'subtree', path: '/room' }, level: 'reached' }))).toMatchObject({ reached: 4 });
  expect(alex.receiver.contents).toEqual([1, 4]);
  expect(phone.receiver.contents).toEqual([1, 2, 4]);
  expect(desk.receiver.contents).toEqual([1, 2, 3, 4]);
  expect(beneath.receiver.contents).toEqual([4]);
  expect(alex.receiver.messages[0]).toMatchObject({ user: 'alex', device: 'publisher', published: true });
  expect(alex.receiver.changes).toEqual(['join dan', 'join dan']);
});

it('B2: what one publisher sends to a channel arrives in order, also across neurons and where some of it is stored', async () => {
  const { system, neurons, join } = await opened('a', 'b');
  await using _system = system;
  const [room, kept] = [await join(neurons[1], 'bob'), await join(neurons[1], 'bob', { path: '/kept' })];
  const publisher = neurons[0].router.publisher({ bucket, user: 'server' });
  const numbers = Array.from({ length: 90 }, (_, number) => number);
  for (const number of numbers) for (const path of ['/room', '/kept']) publisher.send(path, number % 3 === 0 ? toUser('bob', number) : toAll(number));
  await until(() => room.receiver.messages.length === 90 && kept.receiver.messages.length === 90);
  expect(room.receiver.contents).toEqual(numbers);
  expect(kept.receiver.contents).toEqual(numbers);
});

it('B3: an account that publishes too much in a second is refused', async () => {
  await using system = await openSystem();
  const { router } = await system.open('a', { limits: { maxAccountMessagesPerSecond: 5, maxPeerMessagesPerSecond: 1 } });
  let sent = 0;
  const flood = () => {
    for (; sent < 100; sent += 1) router.publisher({ bucket, user: 'server' }).send('/room', toAll(sent));
  };
  expect(flood).toThrow(expect.objectContaining({ code: 'ROUTER_RATE_LIMITED' }));
  expect(sent).toBeGreaterThanOrEqual(10);
  expect(sent).toBeLessThan(20);
});

it('B3: a publisher remembers the channels it used last, and those on which something is on its way', () => {
  const lanes: { path: string; isIdle: boolean }[] = [];
  let made = 0;
  const lane = () => {
    made += 1;
    const one = { path: String(made), isIdle: made > 1 };
    lanes.push(one);
    return { lane: one, gate: { isIdle: true } } as never;
  };
  const publisher = createPublisher({ bucket, user: 'server' }, { admit: () => undefined, lane, send: () => undefined, maxChannels: 2 });
  for (const path of ['/1', '/2', '/3', '/3', '/1']) publisher.send(path, toAll(0));
  expect(made).toBe(3);
  publisher.send('/2', toAll(0));
  expect(made).toBe(4);
});

it('B4: on a channel that keeps its messages a publisher is told the position, and what comes again with its id is told once', async () => {
  const { system, neurons, join } = await opened('a', 'b');
  await using _system = system;
  const bob = await join(neurons[1], 'bob', { path: '/kept', since: '' });
  await bob.peer.recovery;
  const publisher = neurons[0].router.publisher({ bucket, user: 'bob', device: 'default' });
  const first = await published(publisher, '/kept', toAll(1, { id: 'm1', level: 'reached' }));
  await published(publisher, '/kept', toAll(1, { id: 'm1', level: 'reached' }));
  const { position } = await published(publisher, '/kept', toAll(2, { level: 'reached' }));
  expect(bob.receiver.messages.map((message) => [message.content, message.position])).toEqual([
    ['1', first.position],
    ['2', position],
  ]);
  expect(first).toMatchObject({ reached: 1, undelivered: [] });
});

it('B5: what was accepted and cannot be delivered is told to the publisher, and what cannot be is refused', async () => {
  const { system, neurons } = await opened('a');
  await using _system = system;
  const { router } = neurons[0];
  const failures: (readonly [SendReport['undelivered'], string | undefined])[] = [];
  const publisher = router.publisher({ bucket, user: 'server', onUndelivered: ({ undelivered }, id) => failures.push([undelivered, id]) });
  publisher.send('/room', toUser('nobody', 1, { id: 'm1' }));
  await until(() => failures.length === 1);
  expect(failures).toEqual([[[{ reason: 'absent' }], 'm1']]);
  const codes = [() => publisher.send('x'.repeat(5_000), toAll(1)), () => publisher.send('/room', toAll(1, { event: '' })), () => router.publisher({ bucket, user: 'a/b' }), () => router.publisher({ bucket, user: 'a', device: '/' })].map((act) => {
    try {
      return act();
    } catch (error) {
      return error instanceof RouterError && error.code;
    }
  });
  expect(codes).toEqual(['ROUTER_BAD_MESSAGE', 'ROUTER_BAD_MESSAGE', 'ROUTER_BAD_PEER', 'ROUTER_BAD_PEER']);
  await router.close();
  expect(() => publisher.send('/room', toAll(1))).toThrow(expect.objectContaining({ code: 'ROUTER_CLOSED' }));
});
