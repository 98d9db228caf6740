import type { Memory } from '@xir/kv4';
import { Kv4Error } from '@xir/kv4-core';
import { expect, it } from 'vitest';

import { EMPTY_HISTORY_POSITION, type HistoryOptions, type HistoryPolicies, type Message } from '../src/index.ts';
import { isWholeHistory } from '../src/history/history-policy.ts';
import { AppendGate } from '../src/routing/append-gate.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { openSystem, reportOf, toAll, toUser, until, type TestNeuron } from './system-fixture.ts';

const room = { bucket: 'cool', path: '/room' };
const history: HistoryPolicies = ({ path }) => (path === '/whole' ? { layer: '*messages', retention: 'unlimited' } : path === '/room' ? { layer: '*messages', maxRecoveredMessages: 10 } : undefined);

/** A receiver that also writes down where its own messages are stored. */
class HistoryRecord extends ReceiverRecord {
  readonly own: Message[] = [];

  stored(message: Message): void {
    this.own.push(message);
  }

  /** Everything that the peer knows of the channel's history, in order: each has to name the one before. */
  get chain(): (readonly [string | undefined, string | undefined])[] {
    return [...this.messages, ...this.own]
      .filter(({ position }) => position !== undefined)
      .toSorted((a, b) => ((a.position ?? '') < (b.position ?? '') ? -1 : 1))
      .map(({ previous, position }) => [previous, position] as const);
  }
}

async function opened(...names: string[]) {
  const system = await openSystem();
  const neurons: TestNeuron[] = [];
  for (const name of names) neurons.push(await system.open(name, { history }));
  const join = (neuron: TestNeuron, user: string, more: { readonly since?: string; readonly path?: string } = {}) => {
    const receiver = new HistoryRecord();
    return { receiver, peer: neuron.router.join({ ...room, user, ...more }, receiver) };
  };
  const everybodyKnows = (devices: number) => until(() => neurons.every(({ router }) => router.count(room).devices === devices));
  return { system, neurons: neurons as [TestNeuron, TestNeuron], join, everybodyKnows };
}

it('H1: on a channel that keeps its messages all neurons tell the same ones in the same order, each naming the one before', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const peers = [join(neurons[0], 'alex'), join(neurons[1], 'bob'), join(neurons[0], 'carol'), join(neurons[1], 'dan')] as const;
  await everybodyKnows(4);
  for (let number = 0; number < 20; number += 1) {
    peers[0].peer.send(toAll(`a${number}`));
    peers[1].peer.send(toAll(`b${number}`));
    if (number % 4 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await until(() => peers[2].receiver.messages.length === 40 && peers[3].receiver.messages.length === 40 && peers[0].receiver.chain.length === 40);
  expect(peers[2].receiver.contents).toEqual(peers[3].receiver.contents);
  for (const sender of ['a', 'b']) {
    expect(peers[2].receiver.contents.filter((content) => String(content).startsWith(sender))).toEqual(Array.from({ length: 20 }, (_, number) => `${sender}${number}`));
  }
  for (const { receiver } of peers) {
    const { chain } = receiver;
    for (const [index, [previous]] of chain.entries()) if (index > 0) expect(previous).toBe(chain[index - 1]?.[1]);
  }
});

it('H1: who is the first of its neuron on a channel is handed what others of the neuron send before it is known what was there', async () => {
  const { system, neurons, join } = await opened('a');
  await using _system = system;
  const { store } = neurons[0];
  const watch: Memory['watch'] = store.watch.bind(store);
  const order: string[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const put = store.put.bind(store);
  store.put = (address, ...given) => {
    if (address.layer === '*messages') order.push('stored');
    return put(address, ...given);
  };
  // What was there is slow to be read.
  store.watch = async function* (scope, options) {
    await gate;
    yield* watch(scope, options);
  };
  const alex = join(neurons[0], 'alex');
  const bob = join(neurons[0], 'bob');
  const reported = reportOf(bob.peer, toAll('at once', { level: 'reached' }));
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  order.push('read');
  open();
  await until(() => alex.receiver.messages.length === 1);
  expect(order).toEqual(['read', 'stored']);
  expect(alex.receiver.contents).toEqual(['at once']);
  expect(await reported).toMatchObject({ reached: 1, undelivered: [] });
});

it('H1: who is the first of its neuron on a channel counts on other neurons once it is known there what was stored before, and is handed what they store from then on', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const [a, b] = neurons;
  const watch: Memory['watch'] = b.store.watch.bind(b.store);
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  // What was there is slow to be read.
  b.store.watch = async function* (scope, options) {
    await gate;
    yield* watch(scope, options);
  };
  const alex = join(a, 'alex', { path: '/room' });
  const bob = join(b, 'bob');
  let isStored = false;
  const stored = bob.peer.stored().then(() => (isStored = true));
  join(b, 'carol', { path: '/other' });
  // Slots of a neuron are written together.
  await until(() => a.router.count({ bucket: 'cool', path: '/other' }).devices === 1);
  expect(a.router.count(room).devices).toBe(1);
  expect(await reportOf(alex.peer, toAll('before', { level: 'reached' }))).toMatchObject({ reached: 0 });
  expect(isStored).toBe(false);
  open();
  await stored;
  await everybodyKnows(2);
  expect(await reportOf(alex.peer, toAll('after', { level: 'reached' }))).toMatchObject({ reached: 1 });
  expect(bob.receiver.contents).toEqual(['after']);
  bob.peer.update({ mood: 'good' });
  await until(() => JSON.stringify(a.router.channel(room)?.find('bob', 'default')?.state) === '{"mood":"good"}');
});

it('H2: who comes back with its position is handed what it missed, then what comes; on any neuron', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const bob = join(neurons[1], 'bob', { since: '' });
  await everybodyKnows(2);
  expect(await bob.peer.recovery).toEqual({ recovered: true, position: EMPTY_HISTORY_POSITION });
  const { position } = await reportOf(alex.peer, toAll(1, { level: 'reached' }));
  bob.peer.leave();
  for (const number of [2, 3]) await reportOf(alex.peer, toAll(number, { level: 'reached' }));
  const back = join(neurons[0], 'bob', { since: position ?? '' });
  alex.peer.send(toAll(4));
  expect(await back.peer.recovery).toMatchObject({ recovered: true });
  await until(() => back.receiver.messages.length === 3);
  expect(back.receiver.contents).toEqual([2, 3, 4]);
  expect(back.receiver.messages[0]?.previous).toBe(position);
});

it('H3: where it cannot be told that nothing is missing, it is said so, and nothing is handed over', async () => {
  const { system, neurons, join } = await opened('a');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const positions: string[] = [];
  for (let number = 0; number < 12; number += 1) positions.push((await reportOf(alex.peer, toAll(number, { level: 'reached' }))).position ?? '');
  const unknown = join(neurons[0], 'bob', { since: (positions[5] ?? '').replace(/-.*/, '-elsewhere') });
  const tooMany = join(neurons[0], 'carol', { since: positions[0] ?? '' });
  const nonsense = join(neurons[0], 'dan', { since: 'nonsense' });
  const right = join(neurons[0], 'eve', { since: positions[2] ?? '' });
  const recoveries: (boolean | undefined)[] = [];
  for (const { peer } of [unknown, tooMany, nonsense, right]) recoveries.push((await peer.recovery)?.recovered);
  expect(recoveries).toEqual([false, false, false, true]);
  for (const { receiver } of [unknown, tooMany, nonsense]) expect(receiver.contents).toEqual([]);
  expect(right.receiver.contents).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

it('H4: a message to one peer stays behind what its sender sent to all before', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const bob = join(neurons[1], 'bob');
  await everybodyKnows(2);
  for (let number = 0; number < 30; number += 1) alex.peer.send(number % 3 === 2 ? toUser('bob', number) : toAll(number));
  await until(() => bob.receiver.messages.length === 30);
  expect(bob.receiver.contents).toEqual(Array.from({ length: 30 }, (_, number) => number));
});

it('H5: acknowledgements of stored messages say where they stand, and hold what they say', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const bob = join(neurons[1], 'bob');
  bob.receiver.writesAtOnce = false;
  await everybodyKnows(2);
  let report: unknown;
  alex.peer.send(toAll(1, { level: 'written' }), (told) => (report = told));
  await until(() => bob.receiver.unwritten.length === 1);
  const reached = await reportOf(alex.peer, toAll(2, { level: 'reached' }));
  expect(reached).toMatchObject({ reached: 1, undelivered: [], position: bob.receiver.messages[1]?.position });
  expect(report).toBeUndefined();
  bob.receiver.unwritten[0]?.(true);
  await until(() => report !== undefined);
  expect(report).toMatchObject({ reached: 1, written: 1, position: bob.receiver.messages[0]?.position });
});

it('H6: a message that could not be stored is reported, and one with an id that comes again is told once', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const bob = join(neurons[1], 'bob');
  await everybodyKnows(2);
  for (let count = 0; count < 2; count += 1) await reportOf(alex.peer, toAll('once', { id: 'm1', level: 'reached' }));
  await reportOf(alex.peer, toAll('twice', { level: 'reached' }));
  expect(bob.receiver.contents).toEqual(['once', 'twice']);
  expect(bob.receiver.messages[1]?.previous).toBe(bob.receiver.messages[0]?.position);
  await neurons[0].store.close();
  expect(await reportOf(alex.peer, toAll('lost', { level: 'reached' }))).toMatchObject({ undelivered: [{ reason: 'not-stored' }] });
});

it('H6: a message that the database took, perhaps, is reported as unknown', async () => {
  const { system, neurons, join } = await opened('a');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  neurons[0].store.put = () => Promise.reject(new Kv4Error('KV4_OUTCOME_UNKNOWN', 'the write may or may not have happened'));
  expect(await reportOf(alex.peer, toAll('perhaps', { level: 'reached' }))).toEqual({ reached: 0, written: 0, undelivered: [{ reason: 'unknown' }] });
});

it('H6: who comes back is handed what was sent again with its id once, and not at all what it had before', async () => {
  const { system, neurons, join, everybodyKnows } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const bob = join(neurons[0], 'bob', { since: '' });
  await everybodyKnows(2);
  const again = toAll('again', { id: 'm1', level: 'reached' });
  const first = await reportOf(alex.peer, again);
  const other = await reportOf(alex.peer, toAll('other', { id: 'm2', level: 'reached' }));
  expect(await reportOf(alex.peer, again)).toMatchObject({ reached: 1, undelivered: [] });
  await reportOf(alex.peer, toAll('other', { id: 'm2', level: 'reached' }));
  bob.peer.leave();
  const last = await reportOf(alex.peer, toAll('last', { level: 'reached' }));
  const back = join(neurons[1], 'bob', { since: first.position ?? '' });
  expect(await back.peer.recovery).toEqual({ recovered: true, position: last.position });
  expect(back.receiver.contents).toEqual(['other', 'last']);
  expect(back.receiver.chain).toEqual([[first.position, other.position], [other.position, last.position]]);
  await reportOf(alex.peer, toAll('other', { id: 'm2', level: 'reached' }));
  await reportOf(alex.peer, toAll('end', { level: 'reached' }));
  await until(() => back.receiver.messages.length === 3);
  expect(back.receiver.contents).toEqual(['other', 'last', 'end']);
  // The sender is told where its message is stored when it is, and not again.
  expect(alex.receiver.own.map(({ content }) => JSON.parse(content) as unknown)).toEqual(['again', 'other', 'last', 'end']);
});

it('H4: what is stored leaves one behind the other, and all else waits for it', () => {
  const gate = new AppendGate<string>(2);
  expect([gate.enter('direct', false), gate.enter('one', true), gate.enter('two', true), gate.enter('three', true), gate.enter('direct', false), gate.enter('full', false)]).toEqual(['now', 'now', 'now', 'later', 'later', 'full']);
  expect(gate.appended('p1')).toEqual(['three']);
  expect(gate.appended(undefined)).toEqual([]);
  expect(gate.appended('p0')).toEqual(['direct']);
  expect(gate.behind).toBe('p1');
});

it('H8: who knew a history as empty is handed all of it, where it is sure that nothing was let go; the first message names the empty history', async () => {
  const { system, neurons, join } = await opened('a', 'b');
  await using _system = system;
  for (const path of ['/whole', '/room']) {
    const [alex, bob] = [join(neurons[0], 'alex', { path }), join(neurons[1], 'bob', { path, since: '' })];
    expect(await bob.peer.recovery).toEqual({ recovered: true, position: EMPTY_HISTORY_POSITION });
    for (const number of [1, 2]) await reportOf(alex.peer, toAll(number, { level: 'written' }));
    await until(() => bob.receiver.messages.length === 2);
    expect(bob.receiver.messages[0]?.previous).toBe(EMPTY_HISTORY_POSITION);
    bob.peer.leave();
    const back = join(neurons[1], 'bob', { path, since: EMPTY_HISTORY_POSITION });
    const isWhole = path === '/whole';
    expect(await back.peer.recovery).toMatchObject({ recovered: isWhole });
    expect(back.receiver.contents).toEqual(isWhole ? [1, 2] : []);
  }
});

it('H8: whether nothing was let go is told from what is kept', () => {
  const oldest = '000000010000000a-n'; // 65,536 ms
  const kept = (retention: Parameters<typeof isWholeHistory>[0], count = 5, nowMs = 70_000) => isWholeHistory(retention, { oldest, count }, nowMs);
  expect([kept('unlimited'), kept({ versions: 6 }), kept({ durationMs: 5_000 })]).toEqual([true, true, true]);
  expect([kept(undefined), kept('none'), kept({ versions: 5 }), kept({ durationMs: 4_000 })]).toEqual([false, false, false, false]);
  expect(isWholeHistory('unlimited', { oldest: undefined, count: 0 }, 0)).toBe(false);
});

it('H9: nobody is handed more than fits into what may wait for a receiver', async () => {
  const { system, neurons, join } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex', { path: '/whole' });
  const { position } = await reportOf(alex.peer, toAll('first', { level: 'reached' }));
  for (const number of [1, 2]) await reportOf(alex.peer, toAll(`${number}`.repeat(200_000), { level: 'reached' }));
  const since = position ?? '';
  expect(await join(neurons[0], 'bob', { path: '/whole', since }).peer.recovery).toMatchObject({ recovered: true });
  await reportOf(alex.peer, toAll('3'.repeat(200_000), { level: 'reached' }));
  const late = join(neurons[0], 'bob', { path: '/whole', since });
  expect(await late.peer.recovery).toMatchObject({ recovered: false });
  expect(late.receiver.messages).toEqual([]);
});

it('H7: a history can be read from a position on, or its newest messages, and says whether something is missing', async () => {
  const { system, neurons, join } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const positions: string[] = [];
  for (let number = 0; number < 5; number += 1) positions.push((await reportOf(alex.peer, toAll(number, { level: 'reached' }))).position ?? '');
  const read = async (options: HistoryOptions) => {
    const page = await neurons[1].router.history(room, options);
    return [page?.messages.map(({ content }) => Number(content)), page?.isContinuous, page?.hasMore];
  };
  await neurons[1].router.refresh();
  expect(await read({ limit: 2 })).toEqual([[3, 4], true, true]);
  expect(await read({})).toEqual([[0, 1, 2, 3, 4], true, false]);
  expect(await read({ since: positions[1] ?? '', limit: 2 })).toEqual([[2, 3], true, true]);
  expect(await read({ since: EMPTY_HISTORY_POSITION, limit: 5 })).toEqual([[0, 1, 2, 3, 4], false, false]);
  expect(await read({ since: (positions[1] ?? '').replace(/-.*/, '-elsewhere') })).toMatchObject({ 1: false });
  expect(await read({ since: 'nonsense' })).toEqual([[], false, false]);
  expect((await neurons[1].router.history(room, { since: positions[1] ?? '' }))?.messages.map(({ previous }) => previous)).toEqual(positions.slice(1, 4));
  expect(await neurons[1].router.history({ bucket: 'cool', path: '/other' })).toBeUndefined();
  await expect(neurons[1].router.history(room, { limit: 0 })).rejects.toThrow(TypeError);
});

it('N7: a listener that comes back with its position is handed what it missed, then what comes', async () => {
  const { system, neurons, join } = await opened('a', 'b');
  await using _system = system;
  const alex = join(neurons[0], 'alex');
  const { position = '' } = await reportOf(alex.peer, toAll(1, { level: 'reached' }));
  await reportOf(alex.peer, toAll(2, { level: 'reached' }));
  const receiver = new ReceiverRecord();
  const listening = neurons[1].router.listen({ ...room, since: position }, receiver);
  expect(await listening.recovery).toMatchObject({ recovered: true });
  await Promise.all([listening.stored(), neurons[0].router.refresh()]);
  await reportOf(alex.peer, toAll(3, { level: 'reached' }));
  expect(receiver.contents).toEqual([2, 3]);
  expect(neurons[1].router.listen({ bucket: 'cool', path: '/other', since: '' }, receiver).recovery).toBeUndefined();
});
