import { expect, it } from 'vitest';

import { RouterError, type HistoryPolicies, type LinkTransport, type Listening, type ListenRequest, type RouterOptions } from '../src/index.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { openSystem, reportOf, toAll, toUser, type TestNeuron } from './system-fixture.ts';

const bucket = 'cool';
const history: HistoryPolicies = ({ path }) => (path.startsWith('/kept') ? { layer: '*messages' } : undefined);

/** A listener that also counts how often it was told that it may have missed something. */
class ListenerRecord extends ReceiverRecord {
  missedCount = 0;

  missed(): void {
    this.missedCount += 1;
  }
}

async function opened(...names: string[]) {
  const system = await openSystem();
  const neurons: TestNeuron[] = [];
  const open = async (name: string, options: Partial<RouterOptions> & { readonly wrapLinks?: (links: LinkTransport) => LinkTransport } = {}) => {
    const neuron = await system.open(name, { history, ...options });
    neurons.push(neuron);
    return neuron;
  };
  for (const name of names) await open(name);
  const refreshAll = () => Promise.all(neurons.map(({ router }) => router.refresh()));
  const listen = async (neuron: TestNeuron, request: Omit<ListenRequest, 'bucket'>): Promise<{ readonly receiver: ListenerRecord; readonly listening: Listening }> => {
    const receiver = new ListenerRecord();
    const listening = neuron.router.listen({ bucket, ...request }, receiver);
    await listening.stored();
    await refreshAll();
    return { receiver, listening };
  };
  const join = async (neuron: TestNeuron, user: string, path = '/room') => {
    const receiver = new ReceiverRecord();
    const peer = neuron.router.join({ bucket, path, user }, receiver);
    await peer.stored();
    await refreshAll();
    return { receiver, peer };
  };
  return { system, neurons: neurons as [TestNeuron, TestNeuron, TestNeuron], open, listen, join };
}

it('N1: a listener hears what is for everybody on a channel, on whatever neuron, and is not seen', async () => {
  const { system, neurons, listen, join } = await opened('a', 'b');
  await using _system = system;
  const [here, there] = [await listen(neurons[0], { path: '/room' }), await listen(neurons[1], { path: 'room/' })];
  const alex = await join(neurons[0], 'alex');
  await join(neurons[1], 'bob');
  expect(neurons[1].router.count({ bucket, path: '/room' }).devices).toBe(2);
  expect(await reportOf(alex.peer, toAll(1, { level: 'written' }))).toEqual({ reached: 3, written: 3, undelivered: [] });
  expect(await reportOf(alex.peer, toUser('bob', 2, { level: 'reached' }))).toMatchObject({ reached: 1 });
  await reportOf(alex.peer, toAll(3, { level: 'reached' }));
  for (const { receiver } of [here, there]) expect(receiver.contents).toEqual([1, 3]);
  expect(here.receiver.messages[0]).toMatchObject({ channel: { bucket, path: '/room' }, user: 'alex' });
  there.listening.stop();
  there.listening.stop();
  here.listening.stop();
  await reportOf(alex.peer, toAll(4, { level: 'reached' }));
  expect([here, there].map(({ receiver }) => receiver.contents.length)).toEqual([2, 2]);
});

it('N1: a listener to a subtree hears every channel at the path and beneath it, and messages to subtrees that meet its own, once', async () => {
  const { system, neurons, listen, join } = await opened('a', 'b');
  await using _system = system;
  const [all, own, beneath, aside] = [
    await listen(neurons[1], { path: '/', subtree: true }),
    await listen(neurons[1], { path: '/a', subtree: true }),
    await listen(neurons[1], { path: '/a/b/c' }),
    await listen(neurons[1], { path: '/ab', subtree: true }),
  ];
  const alex = await join(neurons[0], 'alex', '/a/b');
  for (const [content, path] of [
    ['to /', '/'],
    ['to /a/b', '/a/b'],
    ['to /a/b/c', '/a/b/c'],
    ['to /ab', '/ab'],
  ] as const) {
    await reportOf(alex.peer, toAll(content, { target: { type: 'subtree', path }, level: 'reached' }));
  }
  await reportOf(alex.peer, toAll('on /a/b', { level: 'reached' }));
  expect(all.receiver.contents).toEqual(['to /', 'to /a/b', 'to /a/b/c', 'to /ab', 'on /a/b']);
  expect(own.receiver.contents).toEqual(['to /', 'to /a/b', 'to /a/b/c', 'on /a/b']);
  expect(beneath.receiver.contents).toEqual(['to /', 'to /a/b', 'to /a/b/c']);
  expect(aside.receiver.contents).toEqual(['to /', 'to /ab']);
});

it('N3: however many listen at a place, the others are told of it once, and no longer when the last is gone', async () => {
  const { system, neurons, listen } = await opened('a', 'b');
  await using _system = system;
  const listeners = [await listen(neurons[0], { path: '/room' }), await listen(neurons[0], { path: '/room' })] as const;
  const slotsOf = async () => (await neurons[1].store.list({ bucket: '$sys', layer: '*subs:slots', path: '/a' }, { fresh: true })).items.map(({ value }) => value);
  expect(await slotsOf()).toMatchObject([{ listeners: [[bucket, '/room', false]] }]);
  listeners[0].listening.stop();
  expect(neurons[0].router.stats()).toMatchObject({ localListeners: 1 });
  listeners[1].listening.stop();
  await listeners[1].listening.stored();
  expect(await slotsOf()).toEqual([]);
});

it('N4: only neurons with a peer or a listener are told of a message, and listeners of a dead one count no more', async () => {
  const told: string[] = [];
  const { system, neurons, open, listen, join } = await opened('a', 'b');
  await using _system = system;
  const sender = await open('s', { wrapLinks: (links) => ({ ...links, send: (to, ...rest) => (told.push(to), links.send(to, ...rest)) }) });
  await listen(neurons[1], { path: '/room', subtree: true });
  const alex = await join(sender, 'alex', '/room/1');
  expect(await reportOf(alex.peer, toAll(1, { level: 'reached' }))).toMatchObject({ reached: 1 });
  expect(told).toEqual(['b']);
  system.network.kill('b');
  expect(await reportOf(alex.peer, toAll(2, { level: 'reached' }))).toEqual({ reached: 0, written: 0, undelivered: [] });
  expect(told).toEqual(['b']);
});

it('N5: on channels that keep their messages each is heard once, in order, by those who listen to the channel and to subtrees', async () => {
  const { system, neurons, listen, join } = await opened('a', 'b', 'c');
  await using _system = system;
  const [channel, subtree, both] = [
    await listen(neurons[1], { path: '/kept/1' }),
    await listen(neurons[2], { path: '/kept', subtree: true }),
    await listen(neurons[1], { path: '/', subtree: true }),
  ];
  const [alex, bob] = [await join(neurons[0], 'alex', '/kept/1'), await join(neurons[1], 'bob', '/kept/1')];
  for (let number = 0; number < 20; number += 1) {
    alex.peer.send(toAll(`a${number}`));
    bob.peer.send(toAll(`b${number}`));
    if (number % 5 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const report = await reportOf(alex.peer, toAll('last', { level: 'written', id: 'last' }));
  expect(report).toMatchObject({ reached: 4, written: 4, undelivered: [] });
  // Alex' messages may all come before those of bob.
  await reportOf(bob.peer, toAll('bob’s last', { level: 'written', id: 'last' }));
  const inOrder = channel.receiver.messages.map(({ position }) => position);
  expect(inOrder).toHaveLength(42);
  expect(inOrder).toEqual(inOrder.toSorted());
  for (const { receiver } of [subtree, both]) {
    expect(receiver.contents).toEqual(channel.receiver.contents);
    for (const [index, { previous }] of receiver.messages.entries()) if (index > 0) expect(previous).toBe(inOrder[index - 1]);
    expect(receiver.missedCount).toBe(0);
  }
});

it('N6: there are no more listeners than there may be', async () => {
  await using system = await openSystem();
  const { router } = await system.open('a', { limits: { maxListeners: 1 } });
  const first = router.listen({ bucket, path: '/a' }, new ListenerRecord());
  const second = () => router.listen({ bucket, path: '/b' }, new ListenerRecord());
  expect(second).toThrow(expect.objectContaining({ code: 'ROUTER_TOO_MANY_LISTENERS' }));
  first.stop();
  expect(second).not.toThrow(RouterError);
  const last = new ListenerRecord();
  await router.close();
  expect(() => router.listen({ bucket, path: '/a' }, last)).toThrow(expect.objectContaining({ code: 'ROUTER_CLOSED' }));
});
