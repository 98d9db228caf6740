import { expect, it } from 'vitest';

import { RouterError, type LinkTransport, type OutgoingMessage } from '../src/index.ts';
import { messageEnvelope, readEnvelope } from '../src/routing/envelope.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { openSystem, reportOf, toAll, toUser, until, type TestNeuron } from './system-fixture.ts';

const room = { bucket: 'cool', path: '/room' };

async function opened(...names: string[]) {
  const system = await openSystem();
  const neurons: TestNeuron[] = [];
  for (const name of names) neurons.push(await system.open(name));
  const join = (neuron: TestNeuron, user: string, more: { readonly path?: string; readonly device?: string; readonly lastWill?: OutgoingMessage } = {}) => {
    const receiver = new ReceiverRecord();
    return { receiver, peer: neuron.router.join({ ...room, user, ...more }, receiver) };
  };
  const everybodyKnows = (devices: number, path = '/room') => until(() => neurons.every(({ router }) => router.count({ bucket: 'cool', path }).devices === devices));
  return { system, neurons: neurons as [TestNeuron, TestNeuron, TestNeuron], join, everybodyKnows };
}

it('R3: what one peer sends arrives in order, broadcast or not, here and on another neuron', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const [here, there] = [join(neurons[0], 'here'), join(neurons[1], 'there')];
  await everybodyKnows(3);
  const wanted: number[] = [];
  for (let number = 0; number < 300; number += 1) {
    alex.peer.send(number % 3 === 0 ? toUser('there', number) : toAll(number));
    wanted.push(number);
    if (number % 50 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await until(() => there.receiver.messages.length === 300);
  expect(there.receiver.contents).toEqual(wanted);
  expect(here.receiver.contents).toEqual(wanted.filter((number) => number % 3 !== 0));
});

it('R4: a message to who is elsewhere by now is sent on once, and what follows stays behind it', async () => {
  await using system = await openSystem();
  const waiting: (() => void)[] = [];
  // The link to b is broken, which shows only when the test says so.
  const wrapLinks = (links: LinkTransport): LinkTransport => ({ ...links, send: (to, text, onOutcome) => (to === 'b' ? void waiting.push(() => onOutcome('undelivered')) : links.send(to, text, onOutcome)) });
  const [a, b, c] = [await system.open('a', { wrapLinks }), await system.open('b'), await system.open('c')];
  const alex = a.router.join({ ...room, user: 'alex' }, new ReceiverRecord());
  b.router.join({ ...room, user: 'bob' }, new ReceiverRecord());
  await until(() => a.router.count(room).users === 2);
  const reports = [reportOf(alex, toUser('bob', 1, { level: 'written' })), reportOf(alex, toUser('bob', 2, { level: 'written' }))];
  const elsewhere = new ReceiverRecord();
  await until(() => c.router.count(room).users === 2);
  const moved = c.router.join({ ...room, user: 'bob' }, elsewhere);
  await moved.stored();
  await until(() => a.router.channel(room)?.find('bob', 'default')?.neuron === 'c');
  // Where bob is now is known by now: this one must not overtake those that went astray.
  reports.push(reportOf(alex, toUser('bob', 3, { level: 'written' })));
  for (const fail of waiting.splice(0)) fail();
  alex.send(toAll(4));
  expect(await Promise.all(reports)).toEqual([1, 2, 3].map(() => ({ reached: 1, written: 1, undelivered: [] })));
  await until(() => elsewhere.messages.length === 4);
  expect(elsewhere.contents).toEqual([1, 2, 3, 4]);
});

it('R4: a message is sent on once only', async () => {
  await using system = await openSystem();
  let tries = 0;
  const wrapLinks = (links: LinkTransport): LinkTransport => ({ ...links, send: (_to, _text, onOutcome) => queueMicrotask(() => ((tries += 1), onOutcome('undelivered'))) });
  const [a, b] = [await system.open('a', { wrapLinks }), await system.open('b')];
  const alex = a.router.join({ ...room, user: 'alex' }, new ReceiverRecord());
  b.router.join({ ...room, user: 'bob' }, new ReceiverRecord());
  await until(() => a.router.count(room).users === 2);
  expect((await reportOf(alex, toUser('bob', 1, { level: 'reached' }))).undelivered).toEqual([{ reason: 'unreachable', neuron: 'b' }]);
  expect(tries).toBe(1);
});

it('R5: what was not delivered is reported with its reason, also where only the acceptance was asked for', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  join(neurons[1], 'bob');
  await everybodyKnows(2);
  expect(await reportOf(alex.peer, toUser('nobody', 1, { level: 'reached' }))).toEqual({ reached: 0, written: 0, undelivered: [{ reason: 'absent' }] });
  system.network.cut('a', 'b');
  expect(await reportOf(alex.peer, toUser('bob', 1, { level: 'reached' }))).toEqual({ reached: 0, written: 0, undelivered: [{ reason: 'unreachable', neuron: 'b' }] });
  expect(await reportOf(alex.peer, toAll(1, { level: 'reached' }))).toEqual({ reached: 0, written: 0, undelivered: [{ reason: 'unreachable', neuron: 'b' }] });
  alex.peer.send(toAll(2));
  await until(() => alex.receiver.failures.length === 1);
  expect(alex.receiver.failures).toEqual([{ reached: 0, written: 0, undelivered: [{ reason: 'unreachable', neuron: 'b' }] }]);
  system.network.heal();
  system.network.cut('b', 'a');
  // It arrives, and its answer does not: nobody can know.
  const report = reportOf(alex.peer, toAll(3, { level: 'reached' }));
  system.network.bury('b');
  expect((await report).undelivered).toEqual([{ reason: 'unknown', neuron: 'b' }]);
  expect(neurons[0].router.stats().undelivered).toBe(5);
});

it('R6: `written` waits until the sockets of all receivers were written', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const bob = join(neurons[1], 'bob');
  bob.receiver.writesAtOnce = false;
  await everybodyKnows(2);
  let report: unknown;
  alex.peer.send(toAll(1, { level: 'written' }), (told) => (report = told));
  expect(await reportOf(alex.peer, toAll(2, { level: 'reached' }))).toMatchObject({ reached: 1 });
  expect(report).toBeUndefined();
  bob.receiver.unwritten[0]?.(true);
  await until(() => report !== undefined);
  expect(report).toEqual({ reached: 1, written: 1, undelivered: [] });
});

it('R6: what a neuron answers to a process that has ended is no acknowledgement of what the next process of that name has sent', async () => {
  await using system = await openSystem();
  const held: (() => void)[] = [];
  const isReply = (text: string) => readEnvelope(text)?.type === 'replies';
  const wrapLinks = (links: LinkTransport): LinkTransport => ({ ...links, send: (to, text, onOutcome) => (isReply(text) ? void held.push(() => links.send(to, text, onOutcome)) : links.send(to, text, onOutcome)) });
  const [before, b] = [await system.open('a'), await system.open('b', { wrapLinks })];
  const join = ({ router }: TestNeuron, user: string) => router.join({ ...room, user }, new ReceiverRecord());
  const alex = join(before, 'alex');
  join(b, 'bob');
  await until(() => before.router.count(room).users === 2);
  alex.send(toAll(1, { level: 'reached' }));
  await until(() => held.length === 1);
  system.network.kill('a');
  const after = await system.open('a');
  const again = join(after, 'alex');
  join(b, 'cleo');
  await until(() => after.router.count(room).users === 3);
  const report = reportOf(again, toAll(2, { level: 'reached' }));
  await until(() => held.length === 2);
  for (const go of held) go();
  expect(await report).toMatchObject({ reached: 2, undelivered: [] });
});

it('R7: what comes again with its id is delivered once, also through another neuron', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b', 'c');
  await using _system = system;
  const bob = join(neurons[2], 'bob');
  const alex = join(neurons[0], 'alex', { device: 'phone' });
  await everybodyKnows(2);
  const message = toAll('once', { id: 'm1', level: 'reached' });
  expect((await reportOf(alex.peer, message)).reached).toBe(1);
  alex.peer.leave();
  await everybodyKnows(1);
  const again = join(neurons[1], 'alex', { device: 'phone' });
  await everybodyKnows(2);
  expect((await reportOf(again.peer, message)).reached).toBe(1);
  expect((await reportOf(again.peer, toAll('twice', { id: 'm2', level: 'reached' }))).reached).toBe(1);
  expect(bob.receiver.contents).toEqual(['once', 'twice']);
  expect(neurons[2].router.stats().duplicates).toBe(1);
});

it('R8, R9: a subtree and a device can be addressed', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const beneath = [join(neurons[1], 'bob', { path: '/room/sub' }), join(neurons[0], 'carol', { path: '/room/sub' })];
  const aside = join(neurons[1], 'eve', { path: '/roommate' });
  const [phone, desk] = [join(neurons[1], 'dan', { device: 'phone' }), join(neurons[1], 'dan', { device: 'desk' })];
  await Promise.all([everybodyKnows(3), everybodyKnows(2, '/room/sub'), everybodyKnows(1, '/roommate')]);
  expect((await reportOf(alex.peer, toAll('all', { target: { type: 'subtree', path: '/room' }, level: 'reached' }))).reached).toBe(4);
  for (const { receiver } of [...beneath, phone, desk]) expect(receiver.contents).toEqual(['all']);
  expect(aside.receiver.contents).toEqual([]);
  expect(alex.receiver.contents).toEqual([]);
  expect((await reportOf(alex.peer, toAll('one', { target: { type: 'user', user: 'dan', device: 'phone' }, level: 'reached' }))).reached).toBe(1);
  expect(phone.receiver.contents).toEqual(['all', 'one']);
  expect(desk.receiver.contents).toEqual(['all']);
});

it('R10: a last will is sent when the connection is lost, and not otherwise', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const bob = join(neurons[1], 'bob');
  const [lost, left] = [join(neurons[0], 'lost', { lastWill: toAll('farewell') }), join(neurons[0], 'left', { lastWill: toAll('no') })];
  await everybodyKnows(3);
  lost.peer.disconnect();
  lost.peer.disconnect();
  left.peer.leave();
  await everybodyKnows(1);
  expect(bob.receiver.contents).toEqual(['farewell']);
});

it('R11: who sends too much in a second is refused, as a peer and as an account', async () => {
  await using system = await openSystem();
  const { router } = await system.open('a', { limits: { maxPeerMessagesPerSecond: 5, maxAccountMessagesPerSecond: 8 } });
  const [first, second] = ['alex', 'bob'].map((user) => router.join({ ...room, user }, new ReceiverRecord()));
  const sent = (peer: typeof first) => {
    let count = 0;
    try {
      for (; count < 100; count += 1) peer?.send(toAll(count));
    } catch (error) {
      expect(error instanceof RouterError && error.code).toBe('ROUTER_RATE_LIMITED');
    }
    return count;
  };
  expect(sent(first)).toBeLessThanOrEqual(11);
  expect(sent(second)).toBeLessThan(10);
  expect(router.stats().rateLimited).toBe(2);
});

it('R12: what another neuron sends and is no message is counted and does no harm', async () => {
  await using system = await openSystem();
  const { router } = await system.open('a');
  const stranger = system.network.start('b');
  const texts = ['', 'x', '{}', '[]', '["m"]', '["m"]\n1', '["r",5]', '["r",[[1]]]', '["k",1]', '["k","x","b","/",true]', `["m",${'['.repeat(5_000)}`];
  for (const text of texts) stranger.links.send('a', text, () => undefined);
  stranger.links.send('a', '["r",[[99,1,1]]]', () => undefined);
  await until(() => router.stats().malformed === texts.length);
  expect(router.count(room).users).toBe(0);
});

it('R12: an envelope says what was put into it', () => {
  const message = { channel: room, user: 'alex', device: 'd', event: 'message', content: '{"a":"\\n"}', id: 'i', sentAtMs: 5 };
  for (const target of [{ type: 'channel' }, { type: 'user', user: 'bob' }, { type: 'user', user: 'bob', device: 'd' }, { type: 'subtree', path: '/a' }] as const) {
    expect(readEnvelope(messageEnvelope({ ...message, target }, { number: 7, level: 'written', after: 'p' }))).toEqual({ type: 'message', message: { ...message, target }, number: 7, level: 'written', after: 'p' });
  }
});
