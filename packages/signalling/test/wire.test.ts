import { expect, it, vi } from 'vitest';

import { openSystem } from './signalling-fixture.ts';

it('W1: who connects is told of itself first, then who is there; the others are told of it', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const alex = await neuron.connect('alex');
  expect((await alex.atLeast(2)).slice(0, 2)).toEqual([
    { t: 'u', m: { f: 'room/alex', o: 'peer_connected', t: null }, p: 'alex' },
    { t: 'u', m: { f: 'room/__sys__', o: 'peers', t: null }, p: { users: ['alex'] } },
  ]);
  const bob = await neuron.connect('bob', '/v1/{token}');
  expect((await bob.until('peers'))[0]).toEqual({ users: ['alex', 'bob'] });
  expect((await alex.atLeast(3))[2]).toEqual({ t: 'u', m: { f: 'room/bob', o: 'peer_connected', t: null }, p: 'bob' });
  bob.socket.close();
  expect((await alex.atLeast(4))[3]).toEqual({ t: 'u', m: { f: 'room/bob', o: 'peer_removed', t: null }, p: 'bob' });
});

it('W1: on a channel whose peers are only listed who connects is told of itself alone, with details or without, and hears messages', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const alex = await neuron.connect('alex', '/v2/alex@.stage');
  const bob = await neuron.connect('bob', '/v2/bob@.stage?details=1');
  expect(await bob.until('peers')).toEqual([{ users: ['bob'], devices: [{ user: 'bob', device: 'default', state: null }], kept: false }]);
  bob.say({ o: 'message' }, 'hello');
  expect(await alex.until('message')).toEqual(['hello']);
  expect(alex.contents('peers')).toEqual([{ users: ['alex'] }]);
  expect(alex.contents('peer_connected')).toEqual(['alex']);
});

it('W2: a message goes to all others, or to one, with the sender’s true name, whatever it claims', async () => {
  await using system = openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const alex = await a.connect('alex');
  const bob = await a.connect('bob', '/v2/{token}');
  const eve = await b.connect('eve', '/ws/v1/{token}');
  await alex.until('peer_connected', 3);
  await eve.until('peers');
  alex.say({ f: '/examples/someoneelse', o: 'message', t: null }, { msg: 'hello' });
  const told = { t: 'u', m: { f: 'room/alex', o: 'message', t: null }, p: { msg: 'hello' } };
  await Promise.all([bob.until('message'), eve.until('message')]);
  expect(bob.frames.at(-1)).toEqual(told);
  expect(eve.frames.at(-1)).toEqual(told);
  alex.say({ o: 'session', t: '/dom/app/room/eve' }, 'offer');
  expect(await eve.until('session')).toEqual(['offer']);
  eve.say({ o: 'message', t: 'alex' }, null);
  await alex.until('message');
  expect(alex.contents('message')).toEqual([null]);
  expect(bob.contents('session')).toEqual([]);
});

it('W3: operations of clients are passed on with their content untouched; those of the server are not', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const [alex, bob] = [await neuron.connect('alex'), await neuron.connect('bob')];
  await alex.until('peer_connected', 2);
  for (const operation of ['peer_connected', 'peers', 'peer_removed', 'go_away']) alex.say({ o: operation }, 'eve');
  alex.socket.send('{ "t":"u", "p" : {"n":12345678901234567890, "s":"\\u00e9}\\"" , "p":[1e400]} , "m":{"o":"room_updated"}}');
  await bob.until('room_updated');
  expect(bob.texts.at(-1)).toBe('{"t":"u","m":{"f":"room/alex","o":"room_updated","t":null},"p":{"n":12345678901234567890, "s":"\\u00e9}\\"" , "p":[1e400]}}');
  expect(bob.contents('peer_removed')).toEqual([]);
  expect(neuron.face.metrics().spoofed).toBe(4);
});

it('W4: heartbeats are borne: a raw ping and `{}` are not answered, a JSON ping is', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const alex = await neuron.connect('alex');
  await alex.until('peers');
  for (let count = 0; count < 500; count += 1) alex.socket.send('ping');
  for (const text of ['{}', '{"t":"tm"}', 'nonsense', '[]', '{"t":"u"}', '{"t":"u","m":{"o":5}}', '{"t":"u","m":{"o":"x","t":5}}', '{"t":"ping","ts":17}']) alex.socket.send(text);
  expect((await alex.atLeast(3))[2]).toEqual({ t: 'pong', ts: 17 });
  expect(alex.texts).toHaveLength(3);
  expect(neuron.face.metrics()).toMatchObject({ framesIn: 508, malformed: 5, floodsCut: 0 });
});

it('W5: with an id a message is delivered once, and acknowledged where that is asked for', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const [alex, bob] = [await neuron.connect('alex'), await neuron.connect('bob')];
  await alex.until('peer_connected', 2);
  for (let count = 0; count < 2; count += 1) alex.say({ o: 'message', i: 'm1', a: 'written' }, 'once');
  alex.say({ o: 'message', i: 2, t: 'nobody' }, 'lost');
  const written = { reached: 1, written: 1, undelivered: [] };
  expect(await alex.until('acknowledged', 2)).toEqual([written, written]);
  expect(await alex.until('undelivered')).toEqual([{ reached: 0, written: 0, undelivered: [{ reason: 'absent' }] }]);
  expect(bob.contents('message')).toEqual(['once']);
});

it('W6: a user may have several devices, and is there from the first to the last', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const alex = await neuron.connect('alex');
  const phone = await neuron.connect('bob', '/ws/v2/{token}?device=phone');
  const desk = await neuron.connect('bob', '/ws/v2/{token}?device=desk');
  await desk.until('peers');
  alex.say({ o: 'message', t: 'bob' }, 'both');
  alex.say({ o: 'message', t: 'bob', d: 'desk' }, 'one');
  expect(await desk.until('message', 2)).toEqual(['both', 'one']);
  phone.socket.close();
  await phone.closed;
  alex.say({ o: 'message', t: 'bob' }, 'end');
  await desk.until('message', 3);
  expect(phone.contents('message')).toEqual(['both']);
  desk.socket.close();
  await alex.until('peer_removed');
  expect(alex.frames.filter(({ m }) => m.f === 'room/bob').map(({ m }) => m.o)).toEqual(['peer_connected', 'peer_removed']);
});

it('W7: who connects again takes its own place, and nobody sees it leave', async () => {
  await using system = openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const alex = await a.connect('alex');
  const first = await a.connect('bob');
  await alex.until('peer_connected', 2);
  const second = await b.connect('bob');
  expect(await first.closed).toBe(4002);
  alex.say({ o: 'message', t: 'bob' }, 'still there?');
  expect(await second.until('message')).toEqual(['still there?']);
  expect(alex.contents('peer_removed')).toEqual([]);
});

it('W8: what a peer says of itself is told to the others', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const [alex, bob] = [await neuron.connect('alex'), await neuron.connect('bob')];
  bob.say({ o: 'state' }, { mood: 'good' });
  expect(await alex.until('peer_updated')).toEqual([{ user: 'bob', state: { mood: 'good' } }]);
  bob.say({ o: 'state' }, 'x'.repeat(5_000));
  expect(await bob.until('refused')).toEqual([{ code: 'ROUTER_BAD_PEER' }]);
});

it('W9: on a channel that keeps its messages, who comes back is given what it missed, or told that it is not', async () => {
  await using system = openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const kept = (user: string, since?: string) => `/ws/v2/${user}@.kept${since === undefined ? '' : `?since=${since}`}`;
  const alex = await a.connect('alex', kept('alex'));
  const bob = await b.connect('bob', kept('bob', ''));
  expect(await bob.until('recovered')).toEqual([{ recovered: true, position: '0' }]);
  await alex.until('peer_connected', 2);
  alex.say({ o: 'message' }, 1);
  alex.say({ o: 'message', i: 'x' }, 2);
  await Promise.all([bob.until('message', 2), alex.until('stored', 2)]);
  const [first, second] = bob.frames.filter(({ m }) => m.o === 'message').map(({ m }) => m as { readonly n?: string; readonly q?: string | null });
  expect(second?.q).toBe(first?.n);
  expect(alex.frames.findLast(({ m }) => m.o === 'stored')?.m).toMatchObject({ i: 'x', n: second?.n, q: first?.n });
  bob.socket.close();
  await alex.until('peer_removed');
  alex.say({ o: 'message' }, 3);
  await alex.until('stored', 3);
  const back = await a.connect('bob', kept('bob', first?.n));
  expect(await back.until('recovered')).toMatchObject([{ recovered: true }]);
  expect(back.contents('message')).toEqual([2, 3]);
  const lost = await b.connect('eve', kept('eve', '0000000000010000-n'));
  expect(await lost.until('recovered')).toMatchObject([{ recovered: false }]);
  expect(lost.contents('message')).toEqual([]);
});

it('W10: who asks for details is told of devices, what they say of themselves, and when messages were sent; others are told what they know', async () => {
  await using system = openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const plain = await a.connect('plain');
  const phone = await a.connect('alex', '/ws/v2/{token}?device=phone&details=1');
  await phone.until('peers');
  phone.say({ o: 'state', i: 's1' }, { mood: 'good' });
  expect(await phone.until('acknowledged')).toEqual([{ reached: 0, written: 0, undelivered: [] }]);
  await plain.until('peer_updated');
  await vi.waitFor(() => expect(b.router.peers({ bucket: 'cool', path: '/room' }).some(({ state }) => state !== undefined)).toBe(true));
  const desk = await b.connect('alex', '/ws/v2/{token}?device=desk&details=1&since=');
  expect(desk.frames[0]).toEqual({ t: 'u', m: { f: 'room/alex', o: 'peer_connected', t: null, d: 'desk' }, p: { user: 'alex', state: null } });
  const [peers] = (await desk.until('peers')) as [{ readonly users: string[]; readonly devices: { readonly device: string }[] }];
  expect(peers.users.toSorted()).toEqual(['alex', 'plain']);
  expect(peers.devices.toSorted((left, right) => (left.device < right.device ? -1 : 1))).toEqual([
    { user: 'plain', device: 'default', state: null },
    { user: 'alex', device: 'desk', state: null },
    { user: 'alex', device: 'phone', state: { mood: 'good' } },
  ]);
  expect(peers).toMatchObject({ kept: false });
  await phone.until('peer_connected', 2);
  plain.say({ o: 'message' }, 1);
  desk.say({ o: 'message' }, 2);
  await Promise.all([phone.until('message', 2), plain.until('message')]);
  const told = phone.frames.filter(({ m }) => m.o === 'message').map(({ m }) => m);
  expect(told.map((meta) => ({ ...meta, s: typeof (meta as { s?: unknown }).s })).toSorted((left, right) => (left.f > right.f ? -1 : 1))).toEqual([
    { f: 'room/plain', o: 'message', t: null, d: 'default', s: 'number' },
    { f: 'room/alex', o: 'message', t: null, d: 'desk', s: 'number' },
  ]);
  expect(plain.frames.at(-1)).toEqual({ t: 'u', m: { f: 'room/alex', o: 'message', t: null }, p: 2 });
  desk.socket.close();
  await phone.until('peer_removed');
  expect(phone.frames.at(-1)?.m).toEqual({ f: 'room/alex', o: 'peer_removed', t: null, d: 'desk' });
  expect(plain.contents('peer_removed')).toEqual([]);
});

it('W11: on a channel that keeps its messages who asks for details is told that it does', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const alex = await neuron.connect('alex', '/ws/v2/alex@.kept?since=&details=1');
  expect(await alex.until('peers')).toMatchObject([{ kept: true }]);
});

it('W12: what the channel keeps is handed out in pages, up to a position or before one; what cannot be is refused under the id of the request', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const alex = await neuron.connect('alex', '/ws/v2/alex@.kept');
  for (let number = 0; number < 5; number += 1) alex.say({ o: 'message', i: String(number) }, number);
  await alex.until('stored', 5);
  const pages = () => alex.texts.filter((text) => text.startsWith('{"t":"history"')).map((text) => JSON.parse(text) as { readonly i: string; readonly more?: boolean; readonly code?: string; readonly messages?: { readonly m: { readonly n: string }; readonly p: unknown }[] });
  const ask = async (request: object) => {
    const { length } = pages();
    alex.socket.send(JSON.stringify({ t: 'history', ...request }));
    await vi.waitFor(() => expect(pages()).toHaveLength(length + 1));
    const page = pages().at(-1);
    return { ...page, contents: page?.messages?.map(({ p }) => p) };
  };
  const newest = await ask({ i: 'a', limit: 2 });
  expect(newest).toMatchObject({ i: 'a', more: true, contents: [3, 4] });
  expect(newest.messages?.[0]?.m).toMatchObject({ f: 'kept/alex', o: 'message', d: 'default', s: expect.any(Number) as number, i: '3' });
  const position = newest.messages?.[0]?.m.n;
  expect(await ask({ i: 'b', before: position })).toMatchObject({ more: false, contents: [0, 1, 2] });
  expect(await ask({ i: 'c', upTo: position, limit: 3 })).toMatchObject({ more: true, contents: [1, 2, 3] });
  expect(await ask({ i: 'd', upTo: '0' })).toMatchObject({ more: false, contents: [] });
  for (const wrong of [{ limit: 0 }, { limit: 1.5 }, { limit: 1_001 }, { before: 5 }, { upTo: 'x'.repeat(200) }]) expect(await ask({ i: 'e', ...wrong })).toMatchObject({ i: 'e', code: 'bad_request' });
  // One message larger than a page alone, then as many of the newest as fit.
  for (let number = 0; number < 4; number += 1) alex.say({ o: 'message', i: `large${number}` }, String(number).repeat(200_000));
  await alex.until('stored', 9);
  const large = await ask({ i: 'f' });
  expect([large.more, large.messages?.length]).toEqual([true, 2]);
  for (let count = 0; count < 10; count += 1) alex.socket.send(`{"t":"history","i":"g${count}"}`);
  await vi.waitFor(() => expect(pages().filter(({ i }) => i.startsWith('g'))).toHaveLength(10));
  expect(pages().some(({ code }) => code === 'busy')).toBe(true);
  const plain = await neuron.connect('bob');
  plain.socket.send('{"t":"history","i":"h"}');
  await vi.waitFor(() => expect(plain.texts.at(-1)).toBe('{"t":"history","i":"h","code":"no_history"}'));
});
