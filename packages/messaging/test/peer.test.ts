import { expect, it } from 'vitest';

import { BUCKET, keepingReceiver, openSystem, until, type TestNeuron } from './messaging-fixture.ts';

const presence = (neuron: TestNeuron, path = '/room') => neuron.router.peers({ bucket: BUCKET, path }).map(({ user }) => user).toSorted();

/** Sends a frame as a peer. */
function frame(content: unknown, meta: object = {}) {
  return { t: 'u', m: { f: 'spoofed/eve', o: 'message', ...meta }, p: content };
}

it('M9: a browser without WebSockets is on a channel by server-sent events: presence, messages both ways, its true name', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const bob = keepingReceiver();
  b.router.join({ bucket: BUCKET, path: '/room', user: 'bob' }, bob);
  await until(() => presence(a).includes('bob'));
  const token = a.token('alex', '/room');
  const alex = await a.events(`/_peer?token=${token}`, { authorization: '' });
  const [{ data } = { data: {} }] = await alex.until('open');
  await until(() => alex.frames.length === 2);
  expect(alex.frames).toEqual([['peer_connected', 'alex'], ['peers', { users: ['bob', 'alex'] }]]);
  await until(() => presence(b).includes('alex'));
  expect(await a.call('POST', `/_peer/room?token=${token}&session=${data.session}`, frame({ hello: 1 }, { a: 'written', i: 'm1' }), {})).toMatchObject({ v: [{ reached: 1, written: 1 }] });
  expect(bob.messages[0]).toMatchObject({ user: 'alex', content: '{"hello":1}', id: 'm1' });
  await b.call('PUT', '/_messages/room', { v: 'for all', level: 'written' });
  await until(() => alex.frames.length === 3);
  expect(alex.frames[2]).toEqual(['message', 'for all']);
  const states = await a.call('POST', `/_peer/room?token=${token}&session=${data.session}`, { frames: [frame({ mood: 'good' }, { o: 'state' }), frame(1, { o: 'peers' }), 'nonsense', frame(2)] }, {});
  expect(states.v).toMatchObject([{}, { error: 'bad_value' }, { error: 'bad_value' }, { undelivered: [] }]);
  await until(() => bob.contents.length === 3);
  expect(bob.contents).toEqual([{ hello: 1 }, 'for all', 2]);
  const stateOfAlex = () => JSON.stringify(b.router.peers({ bucket: BUCKET, path: '/room' }).find(({ user }) => user === 'alex')?.state);
  await until(() => stateOfAlex() === '{"mood":"good"}');
  alex.close();
  await until(() => presence(b).join() === 'bob');
});

it('M9: on a channel whose peers are only listed a stream tells of its own peer alone, and of messages', async () => {
  await using system = await openSystem();
  const a = await system.open('a');
  const alex = await a.events(`/_peer?token=${a.token('alex', '/stage')}`, { authorization: '' });
  await alex.until('open');
  a.router.join({ bucket: BUCKET, path: '/stage', user: 'bob' }, keepingReceiver());
  await a.events(`/_peer?token=${a.token('eve', '/stage')}`, { authorization: '' });
  await until(() => presence(a, '/stage').length === 3);
  await a.call('PUT', '/_messages/stage', { v: 'for all' });
  await until(() => alex.frames.length === 3);
  expect(alex.frames).toEqual([['peer_connected', 'alex'], ['peers', { users: ['alex'] }], ['message', 'for all']]);
});

it('M10: a stream that was lost goes on behind its last event, on any neuron', async () => {
  await using system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const first = await a.events(`/_peer?token=${a.token('alex', '/kept/room')}`);
  await until(() => first.frames.some(([operation]) => operation === 'recovered'));
  await a.call('PUT', '/_messages/kept/room', { v: 1 });
  await until(() => first.frames.some(([, content]) => content === 1));
  const id = first.events.findLast((event) => event.id !== undefined)?.id ?? '';
  first.close();
  await until(() => presence(a, '/kept/room').length === 0);
  for (const v of [2, 3]) await a.call('PUT', '/_messages/kept/room', { v });
  const again = await b.events(`/_peer?token=${b.token('alex', '/kept/room')}`, { 'last-event-id': id });
  await until(() => again.frames.some(([operation]) => operation === 'recovered'));
  expect(again.frames.slice(2)).toMatchObject([['message', 2], ['message', 3], ['recovered', { recovered: true }]]);
});

it('M11: a client that polls stays on the channel between polls, is told everything once it acknowledges, and is gone when it polls no more', async () => {
  await using system = await openSystem();
  const a = await system.open('a', { messaging: { limits: { pollLeaseMs: 400, maxPollWaitMs: 5_000 } } });
  const token = a.token('alex', '/room');
  const poll = async (more: string) => (await a.call('GET', `/_peer/room?token=${token}${more}`, undefined, {})).v;
  const first = await poll('');
  expect(first.frames.map(({ m }: { m: { o: string } }) => m.o)).toEqual(['peer_connected', 'peers']);
  const waiting = poll(`&after=${first.after}`);
  expect((await a.call('PUT', '/_messages/room', { v: 1 })).v.reached).toBe(1);
  const second = await waiting;
  expect(second.frames.map(({ p }: { p: unknown }) => p)).toEqual([1]);
  let isWritten = false;
  const written = a.call('PUT', '/_messages/room', { v: 2, level: 'written' }).then(({ v }) => {
    isWritten = true;
    return v;
  });
  const lost = await poll(`&after=${second.after}`);
  // The answer was lost: the same is asked for again.
  const again = await poll(`&after=${second.after}&wait=0`);
  expect(again.frames).toEqual(lost.frames);
  expect(isWritten).toBe(false);
  const last = await poll(`&after=${again.after}&wait=0`);
  expect(last.frames).toEqual([]);
  expect(await written).toMatchObject({ reached: 1, written: 1 });
  expect(presence(a)).toEqual(['alex']);
  await until(() => presence(a).length === 0);
  expect(a.messaging.metrics().sessions).toBe(0);
});

it('M12: a poll whose token has expired goes on with its session, and with nothing else', async () => {
  await using system = await openSystem();
  const a = await system.open('a');
  const get = (path: string) => a.call('GET', path, undefined, {});
  const { v } = await get(`/_peer/room?token=${a.token('alex', '/room')}&wait=0`);
  const expired = a.token('alex', '/room', { expired: true });
  expect((await get(`/_peer/room?token=${expired}&after=${v.after}&wait=0`)).s).toBe('ok');
  expect((await get(`/_peer/room?token=${expired}&wait=0`)).v).toBe('unauthorized');
  expect((await get(`/_peer/room?token=${expired}&after=guess.0&wait=0`)).v).toBe('unauthorized');
  expect((await get(`/_peer/room?token=${a.token('eve', '/room', { expired: true })}&after=${v.after}&wait=0`)).v).toBe('unauthorized');
  expect((await a.call('DELETE', `/_peer/room?token=${expired}&session=${v.after.split('.')[0]}`, undefined, {})).v).toBe(1);
  expect(presence(a)).toEqual([]);
});

it('M13: a token opens its own channel only; a forged one, one made before a kick, or one from a banned address opens nothing', async () => {
  await using system = await openSystem();
  const a = await system.open('a');
  const refused = async (path: string, headers: Readonly<Record<string, string>> = {}) => (await a.call('GET', path, undefined, headers)).v === 'unauthorized';
  const token = a.token('alex', '/room');
  expect(await refused(`/_peer/other?token=${token}&wait=0`)).toBe(true);
  expect(await refused(`/_peer/room?token=${token.slice(0, -2)}xx&wait=0`)).toBe(true);
  expect(await refused('/_peer/room?wait=0')).toBe(true);
  expect(await refused(`/_peer/room?token=${a.token('alex/bob', '/room')}&wait=0`)).toBe(true);
  expect(await refused(`/_messages/room?token=${token}`)).toBe(true);
  expect((await a.call('GET', '/_peer/room?wait=0', undefined, { authorization: `Bearer ${a.token('carol', null)}` })).s).toBe('ok');
  const early = a.token('alex', '/room');
  const stream = await a.events(`/_peer?token=${early}`);
  await stream.until('open');
  expect((await a.call('DELETE', '/_subs/room?k=alex')).v).toBe(1);
  expect((await stream.until('end'))[0]?.data).toEqual({ reason: 'kicked' });
  await until(() => stream.isOver);
  expect(await refused(`/_peer?token=${early}&wait=0`)).toBe(true);
  await a.call('PUT', '/_auth/room', { k: '127.0.0.1' });
  await system.accounts.bans.check(BUCKET, '127.0.0.1', '/room');
  expect(await refused(`/_peer/room?token=${a.token('dan', '/room')}&wait=0`)).toBe(true);
});

it('M14: a user is put onto a channel on its behalf for a while, is seen, and what it is sent waits for whoever has the answer', async () => {
  await using system = await openSystem();
  const a = await system.open('a', { messaging: { limits: { pollLeaseMs: 50 } } });
  const held = (await a.call('PUT', '/_subs/room', { k: 'robot', v: { kind: 'bot' }, expire: 1 })).v;
  expect(held).toMatchObject({ key: 'robot', device: 'held', path: '/room', expire: 1 });
  expect((await a.call('GET', '/_subs/room?k=robot')).v).toMatchObject({ key: 'robot', meta: { kind: 'bot' }, devices: ['held'] });
  expect((await a.call('GET', '/_subs/room?as=count')).v).toEqual({ users: 1, devices: 1 });
  await a.call('PUT', '/_messages/room', { v: 'hello' });
  const { v } = await a.call('GET', `/_peer/room?device=held&token=${held.token}&after=${held.after}`, undefined, {});
  expect(v.frames.at(-1)).toMatchObject({ m: { o: 'message' }, p: 'hello' });
  expect((await a.call('PUT', '/_subs/room', { k: 'robot', v: { kind: 'older' }, expire: 1 })).v.session).toBe(held.session);
  expect((await a.call('GET', '/_subs/room?k=robot')).v.meta).toEqual({ kind: 'older' });
  await until(() => presence(a).length === 0);
  expect((await a.call('PUT', '/_subs/room', { k: 'a/b' })).v).toBe('bad_option');
  expect((await a.call('PUT', '/_subs/room', { k: 'robot', expire: 100_000 })).v).toBe('bad_option');
});

it('M15: peers over HTTP are bounded, flooding is refused, and a request without a session of this neuron is told so', async () => {
  await using system = await openSystem();
  const a = await system.open('a', { messaging: { limits: { maxSessions: 1, maxBatchMessages: 3 } }, router: { maxPeerMessagesPerSecond: 2 } });
  const token = a.token('alex', '/room');
  const { v } = await a.call('GET', `/_peer/room?token=${token}&wait=0`, undefined, {});
  expect((await a.call('GET', `/_peer/room?token=${a.token('bob', '/room')}&wait=0`, undefined, {})).code).toBe('MESSAGING_TOO_MANY_SESSIONS');
  const session = v.after.split('.')[0];
  const post = (body: unknown, more = `&session=${session}`) => a.call('POST', `/_peer/room?token=${token}${more}`, body, {});
  expect((await post(frame(1), '')).code).toBe('MESSAGING_NO_SESSION');
  expect((await post({ frames: [1, 2, 3, 4] })).code).toBe('MESSAGING_TOO_MANY_MESSAGES');
  expect((await post({ frames: [frame(1), frame(2), frame(3)] })).v).toMatchObject([{}, {}, {}]);
  expect((await post({ frames: [frame(1), frame(2)] })).v.at(-1)).toMatchObject({ error: 'rate_limited' });
  expect((await a.call('GET', `/_peer/room?token=${token}&device=%2F`, undefined, {})).v).toBe('bad_option');
  expect((await a.call('GET', `/_peer/room?token=${token}&wait=soon`, undefined, {})).v).toBe('bad_option');
});

it('M16: while the neuron does not serve, nobody comes, listens or sends; when it is away, peers and listeners are sent elsewhere', async () => {
  await using system = await openSystem();
  let standing: 'serving' | 'holding' | 'away' = 'serving';
  const a = await system.open('a', { messaging: { standing: () => standing } });
  const alex = await a.events(`/_peer?token=${a.token('alex', '/room')}`);
  const [{ data } = { data: {} }] = await alex.until('open');
  const listener = await a.events('/_messages/room?watch=1');
  await listener.until('listening');
  standing = 'holding';
  a.messaging.recheck();
  const refused = [
    a.call('PUT', '/_messages/room', { v: 1 }),
    a.call('GET', '/_messages/room?watch=1'),
    a.call('PUT', '/_subs/room', { k: 'robot' }),
    a.call('GET', `/_peer?token=${a.token('bob', '/room')}`, undefined, {}),
    a.call('POST', `/_peer?token=${a.token('alex', '/room')}&session=${data.session}`, frame(1), {}),
  ];
  for (const answer of refused) expect(await answer).toMatchObject({ v: 'unavailable', code: 'MESSAGING_NOT_SERVING' });
  expect(presence(a)).toEqual(['alex']);
  standing = 'away';
  a.messaging.recheck();
  for (const events of [alex, listener]) expect((await events.until('end'))[0]?.data).toEqual({ reason: 'closed' });
  expect(presence(a)).toEqual([]);
  expect(a.router.stats().localListeners).toBe(0);
  standing = 'serving';
  a.messaging.recheck();
  const again = await a.events('/_messages/room?watch=1');
  await again.until('listening');
  again.close();
});
