import { describe, expect, it, vi } from 'vitest';

import { openChannel, SdkError, type ChannelOptions, type ChannelSocket } from '../src/channels.ts';
import { listen, openChannelSystem, tokenFor, webSocket } from './channel-system.ts';

const usersOf = ({ channel }: { readonly channel: { readonly members: readonly { readonly user: string; readonly device: string }[] } }) => channel.members.map(({ user, device }) => `${user}/${device}`).toSorted();

/** A WebSocket whose incoming texts pass `let`: false, and it is not handed on. */
function filtered(pass: (text: string, socket: ChannelSocket) => boolean): (url: string) => ChannelSocket {
  return (url) => {
    const socket = webSocket(url);
    const add = socket.addEventListener.bind(socket) as (type: string, listener: (event: never) => void) => void;
    return {
      send: (text) => socket.send(text),
      close: () => socket.close(),
      addEventListener: (type: string, listener: (event: never) => void) => add(type, type !== 'message' ? listener : (event: { readonly data: unknown }) => pass(String(event.data), socket) && listener(event as never)),
    };
  };
}

const operationOf = (text: string) => (JSON.parse(text) as { readonly m?: { readonly o?: string } }).m?.o;

describe('a channel', () => {
  it('knows who is on it, on any neuron, and what they say of themselves', async () => {
    await using system = openChannelSystem();
    const [a, b] = [await system.open('a'), await system.open('b')];
    const alex = await system.join([a], 'alex', { device: 'phone', state: { mood: 'good' } });
    await alex.until(() => alex.channel.members.some(({ state }) => state !== null));
    expect(alex.channel.members).toEqual([{ user: 'alex', device: 'phone', state: { mood: 'good' } }]);
    const bob = await system.join([b], 'bob');
    expect(usersOf(bob)).toEqual(['alex/phone', 'bob/default']);
    expect(bob.channel.members.find(({ user }) => user === 'alex')?.state).toEqual({ mood: 'good' });
    await alex.until(() => alex.channel.members.length === 2);
    await bob.channel.update('busy');
    await alex.until(() => alex.events.at(-1)?.type === 'update');
    await bob.channel.close();
    await alex.until(() => alex.channel.members.length === 1);
    expect(alex.events.filter(({ type }) => type !== 'connected')).toEqual([
      { type: 'update', member: { user: 'alex', device: 'phone', state: { mood: 'good' } } },
      { type: 'join', member: { user: 'bob', device: 'default', state: null } },
      { type: 'update', member: { user: 'bob', device: 'default', state: 'busy' } },
      { type: 'leave', member: { user: 'bob', device: 'default', state: 'busy' } },
    ]);
  });

  it('sends to all, to a user, to a device, and to those beneath, and says what became of it', async () => {
    await using system = openChannelSystem();
    const [a, b] = [await system.open('a'), await system.open('b')];
    const alex = await system.join([a], 'alex');
    const phone = await system.join([b], 'bob', { device: 'phone' });
    const desk = await system.join([a], 'bob', { device: 'desk' });
    const beneath = await system.join([b], 'eve', { path: '/room/side' });
    await vi.waitFor(() => expect([a.router.count({ bucket: 'cool', path: '/room' }).devices, a.router.count({ bucket: 'cool', path: '/room/side' }).devices]).toEqual([3, 1]));
    const { channel } = alex;
    expect(await channel.send('all')).toEqual({ reached: 2, written: 0, undelivered: [] });
    expect(await channel.send('user', { to: { user: 'bob' }, acknowledge: 'written', event: 'note' })).toEqual({ reached: 2, written: 2, undelivered: [] });
    expect(await channel.send('device', { to: { user: 'bob', device: 'desk' }, acknowledge: 'accepted' })).toEqual({ reached: 0, written: 0, undelivered: [] });
    expect(await channel.send({ deep: [1] }, { subtree: true })).toMatchObject({ reached: 3 });
    expect(await channel.send('nobody', { to: { user: 'carol' } })).toEqual({ reached: 0, written: 0, undelivered: [{ reason: 'absent' }] });
    await Promise.all([desk.until(() => desk.messages.length === 4), phone.until(() => phone.messages.length === 3), beneath.until(() => beneath.messages.length === 1)]);
    expect(desk.contents).toEqual(['all', 'user', 'device', { deep: [1] }]);
    expect(phone.contents).toEqual(['all', 'user', { deep: [1] }]);
    expect(beneath.messages).toMatchObject([{ path: '/room', user: 'alex', device: 'default', event: 'message', direct: false }]);
    expect(phone.messages[1]).toMatchObject({ event: 'note', direct: true });
    expect(Math.abs(Date.now() - (phone.messages[0]?.sentAtMs ?? 0))).toBeLessThan(60_000);
    expect(alex.contents).toEqual([]);
  });

  it('whose message is refused says why, and tells of one that was accepted and could not be delivered', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    const alex = await system.join([neuron], 'alex');
    await expect(alex.channel.send('x', { event: 'x'.repeat(200) })).rejects.toMatchObject({ code: 'SDK_REFUSED', errorString: 'ROUTER_BAD_MESSAGE' });
    await expect(alex.channel.send('x'.repeat(262_145))).rejects.toMatchObject({ code: 'SDK_BAD_OPTION' });
    await expect(alex.channel.send(1, { to: { user: 'bob' }, subtree: true })).rejects.toMatchObject({ code: 'SDK_BAD_OPTION' });
    await alex.channel.send('lost', { to: { user: 'bob' }, acknowledge: 'accepted', id: 'mine' });
    await alex.until(() => alex.events.some(({ type }) => type === 'undelivered'));
    expect(alex.events.at(-1)).toEqual({ type: 'undelivered', id: 'mine', report: { reached: 0, written: 0, undelivered: [{ reason: 'absent' }] } });
  });

  it('whose neuron dies goes on at another, is given everything that it missed, and nothing twice', async () => {
    await using system = openChannelSystem();
    const [a, b] = [await system.open('a'), await system.open('b')];
    const alex = await system.join([a, b], 'alex', { path: '/kept/room' });
    const bob = await system.join([b], 'bob', { path: '/kept/room' });
    for (let number = 0; number < 5; number += 1) await bob.channel.send(number);
    await alex.until(() => alex.messages.length === 5);
    const killed = a.kill();
    for (let number = 5; number < 30; number += 1) await bob.channel.send(number);
    await alex.until(() => alex.messages.length === 30);
    await killed;
    expect(alex.contents).toEqual(Array.from({ length: 30 }, (_, number) => number));
    expect(alex.events.flatMap((event) => (event.type === 'connected' ? [event.recovered] : []))).toEqual([true, true]);
    expect(alex.channel.position).toBe(bob.channel.position);
    expect(usersOf(alex)).toEqual(['alex/default', 'bob/default']);
    expect((await alex.channel.send('here again')).reached).toBe(1);
  });

  it('is where its neuron sends it when that drains', async () => {
    await using system = openChannelSystem();
    const b = await system.open('b');
    const a = await system.open('a', { nextHost: () => b.url });
    const alex = await system.join([a], 'alex');
    const bob = await system.join([b], 'bob');
    await alex.until(() => alex.channel.members.length === 2);
    await a.face.close(1_000);
    await alex.until(() => alex.events.at(-1)?.type === 'connected');
    expect(alex.events.at(-1)).toEqual({ type: 'connected', host: b.url, recovered: false });
    expect((await bob.channel.send('moved?')).reached).toBe(1);
    // Nothing is kept here, so something may have been missed, and the next message says so.
    await alex.until(() => alex.messages.length === 1);
    expect(alex.messages[0]).toMatchObject({ content: 'moved?', missed: true });
    expect((await bob.channel.send('again')).reached).toBe(1);
    await alex.until(() => alex.messages.length === 2);
    expect(alex.messages[1]?.missed).toBeUndefined();
  });

  it.each(['/room', '/kept/room'])('whose connection breaks while a message is on its way sends it again, and it is delivered once: on %s', async (path) => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    let cuts = 0;
    // The answer is lost, with the connection.
    const lossy = filtered((text, socket) => {
      const isAnswer = operationOf(text) === 'acknowledged' || operationOf(text) === 'stored';
      if (!isAnswer || cuts > 1) return true;
      cuts += 1;
      socket.close();
      return false;
    });
    const alex = await system.join([neuron], 'alex', { path, webSocket: lossy });
    const bob = await system.join([neuron], 'bob', { path });
    const reports = await Promise.all([alex.channel.send('first'), alex.channel.send('second'), alex.channel.send('third')]);
    expect(cuts).toBe(2);
    expect(reports.map(({ undelivered }) => undelivered)).toEqual([[], [], []]);
    expect(reports.map(({ position }) => position !== undefined)).toEqual(Array(3).fill(path.startsWith('/kept')));
    await alex.channel.send('end');
    await bob.until(() => bob.contents.includes('end'));
    expect(bob.contents).toEqual(['first', 'second', 'third', 'end']);
    // What one has sent oneself is not told.
    expect(alex.contents).toEqual([]);
    expect(alex.channel.position).toBe(bob.channel.position);
  });

  it('that has missed more than it is given, or whose position is not known any more, says so', async () => {
    await using system = openChannelSystem();
    const [a, b] = [await system.open('a'), await system.open('b')];
    let mayConnect = true;
    const closed: ChannelSocket[] = [];
    const alex = await system.join([a], 'alex', {
      path: '/kept/room',
      webSocket: (url) => {
        const socket = webSocket(mayConnect ? url : 'ws://127.0.0.1:1/');
        closed.push(socket);
        return socket;
      },
    });
    const bob = await system.join([b], 'bob', { path: '/kept/room' });
    await bob.channel.send('before');
    await alex.until(() => alex.messages.length === 1);
    mayConnect = false;
    a.cut();
    for (let number = 0; number < 101; number += 1) await bob.channel.send(number, { acknowledge: 'accepted' });
    await bob.channel.send('stored');
    mayConnect = true;
    await alex.until(() => alex.events.at(-1)?.type === 'connected');
    expect(alex.events.at(-1)).toMatchObject({ recovered: false });
    await bob.channel.send('after');
    await alex.until(() => alex.messages.length === 2);
    expect(alex.messages[1]).toMatchObject({ content: 'after', missed: true });
  });

  it('notices on a live connection that a message is missing, and fetches it', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    let dropped = 0;
    const lossy = filtered((text) => {
      if (operationOf(text) !== 'message' || !text.endsWith('"p":1}') || dropped > 0) return true;
      dropped += 1;
      return false;
    });
    const alex = await system.join([neuron], 'alex', { path: '/kept/room', webSocket: lossy });
    const bob = await system.join([neuron], 'bob', { path: '/kept/room' });
    for (const number of [0, 1, 2, 3]) await bob.channel.send(number);
    await alex.until(() => alex.messages.length === 4);
    expect(dropped).toBe(1);
    expect(alex.contents).toEqual([0, 1, 2, 3]);
    expect(alex.events.filter(({ type }) => type === 'disconnected')).toMatchObject([{ reason: 'something is missing' }]);
  });

  it('that others end throws why, and comes back no more', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    const [kicked, replaced] = [await system.join([neuron], 'alex'), await system.join([neuron], 'bob')];
    await neuron.router.kick({ bucket: 'cool', path: '/room', user: 'alex', subtree: false });
    expect(await kicked.ended).toMatchObject({ code: 'SDK_KICKED' });
    await expect(kicked.channel.send('more')).rejects.toMatchObject({ code: 'SDK_KICKED' });
    const again = await system.join([neuron], 'bob');
    expect(await replaced.ended).toMatchObject({ code: 'SDK_REPLACED' });
    expect([kicked.channel.state, replaced.channel.state, again.channel.state]).toEqual(['closed', 'closed', 'connected']);
    await vi.waitFor(() => expect(neuron.face.metrics().connections).toBe(1));
  });

  it('whose token is refused ends; where tokens are made anew, a fresh one is tried first', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    const open = (token: ChannelOptions['token'], path = '/room') => listen(openChannel({ url: neuron.url, path, ...(token === undefined ? {} : { token }), webSocket, maxRetryMs: 5 }));
    expect(await open('forged').ended).toMatchObject({ code: 'SDK_UNAUTHORIZED' });
    expect(await open(tokenFor('alex', '/other')).ended).toMatchObject({ code: 'SDK_UNAUTHORIZED' });
    let asked = 0;
    const never = open(() => `expired@${(asked += 1)}`);
    expect(await never.ended).toMatchObject({ code: 'SDK_UNAUTHORIZED' });
    await expect(never.channel.opened).rejects.toMatchObject({ code: 'SDK_UNAUTHORIZED' });
    expect(asked).toBe(2);
    const tokens = ['expired@.room', tokenFor('alex', '/room')];
    const renewed = open(async () => tokens.shift() ?? '');
    await renewed.channel.opened;
    await renewed.channel.close();
    expect(await renewed.ended).toBeUndefined();
  });

  it('hands out what the channel keeps, up to where its messages begin', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    const bob = await system.join([neuron], 'bob', { path: '/kept/room' });
    expect(await bob.channel.history()).toEqual({ messages: [], hasMore: false });
    for (let number = 0; number < 10; number += 1) await bob.channel.send(number);
    const alex = await system.join([neuron], 'alex', { path: '/kept/room' });
    await bob.channel.send('live');
    await alex.until(() => alex.messages.length === 1);
    const newest = await alex.channel.history({ limit: 4 });
    expect([newest.messages.map(({ content }) => content), newest.hasMore]).toEqual([[6, 7, 8, 9], true]);
    expect(newest.messages[0]).toMatchObject({ user: 'bob', event: 'message', path: '/kept/room' });
    const older = await alex.channel.history({ limit: 100, before: newest.messages[0]?.position ?? '' });
    expect([older.messages.map(({ content }) => content), older.hasMore]).toEqual([[0, 1, 2, 3, 4, 5], false]);
    const plain = await system.join([neuron], 'alex');
    await expect(plain.channel.history()).rejects.toMatchObject({ code: 'SDK_REFUSED', errorString: 'no_history' });
    await expect(alex.channel.history({ limit: 5_000 })).rejects.toMatchObject({ code: 'SDK_REFUSED', errorString: 'bad_request' });
  });
});

describe('what a channel holds is bounded', () => {
  it('who iterates too slowly is told', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    const slow = await system.join([neuron], 'slow', { maxQueuedEvents: 3 });
    const alex = await system.join([neuron], 'alex');
    const messages = slow.channel.messages();
    for (let number = 0; number < 5; number += 1) await alex.channel.send(number);
    await slow.until(() => slow.messages.length === 5);
    const read: unknown[] = [];
    const reading = async () => {
      for await (const { content } of messages) read.push(content);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'SDK_TOO_SLOW' });
    // One event more than these was the arrival of alex.
    expect(read.length).toBeLessThanOrEqual(3);
  });

  it('messages wait while there is no connection, a bounded number of them and for a bounded time', async () => {
    const url = 'ws://127.0.0.1:1/';
    await using channel = openChannel({ url, path: '/room', token: 't', webSocket, maxPendingSends: 2, sendTimeoutMs: 30, maxRetryMs: 5 });
    const [first, second] = [channel.send(1), channel.send(2)];
    await expect(channel.send(3)).rejects.toMatchObject({ code: 'SDK_BUSY' });
    await expect(first).rejects.toMatchObject({ code: 'SDK_UNAVAILABLE' });
    await expect(second).rejects.toMatchObject({ code: 'SDK_UNAVAILABLE' });
    const giving = new AbortController();
    const sent = channel.send(4, { signal: giving.signal });
    giving.abort(new Error('given up'));
    await expect(sent).rejects.toThrow('given up');
    const last = channel.send(5);
    await Promise.all([channel.close(), channel.close(), expect(last).rejects.toMatchObject({ code: 'SDK_CLOSED' })]);
    await expect(channel.send(6)).rejects.toBeInstanceOf(SdkError);
  });

  it('a message whose answer a lost connection has swallowed is sent again over the next, and delivered once', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    let swallowed = 0;
    const cutting = filtered((text, socket) => {
      if (operationOf(text) !== 'acknowledged' || swallowed > 0) return true;
      swallowed += 1;
      socket.close();
      return false;
    });
    const alex = await system.join([neuron], 'alex', { webSocket: cutting });
    const bob = await system.join([neuron], 'bob');
    expect(await alex.channel.send('once')).toMatchObject({ reached: 1 });
    await alex.channel.send('after it');
    await bob.until(() => bob.messages.length >= 2);
    expect([swallowed, bob.contents]).toEqual([1, ['once', 'after it']]);
  });

  it('a message that was sent and is not answered in time has an unknown outcome', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    const alex = await system.join([neuron], 'alex', { webSocket: filtered((text) => operationOf(text) !== 'acknowledged'), sendTimeoutMs: 50 });
    await expect(alex.channel.send('heard?')).rejects.toMatchObject({ code: 'SDK_OUTCOME_UNKNOWN' });
  });

  it('a signal ends an iteration, or the channel, and nothing is left', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    const closing = new AbortController();
    const alex = await system.join([neuron], 'alex', { signal: closing.signal });
    const reading = new AbortController();
    const messages = alex.channel.messages({ signal: reading.signal });
    const next = messages.next();
    reading.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    await alex.channel.events().return();
    closing.abort();
    expect(await alex.ended).toBeUndefined();
    await alex.channel.close();
    await vi.waitFor(() => expect(neuron.face.metrics().connections).toBe(0));
    const late = openChannel({ url: neuron.url, path: '/room', token: 't', webSocket, signal: closing.signal });
    expect([late.state, await late.messages().next()]).toEqual(['closed', { done: true, value: undefined }]);
  });

  it('a connection that gives no sign of life is given up', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    let isDeaf = false;
    let pongs = 0;
    const alex = await system.join([neuron], 'alex', { silenceMs: 60, webSocket: filtered((text) => !isDeaf && (pongs += Number(text.includes('pong'))) >= 0) });
    await vi.waitFor(() => expect(pongs).toBeGreaterThan(4), { timeout: 10_000 });
    // Answers to pings keep it.
    expect(alex.events.map(({ type }) => type)).toEqual(['connected']);
    isDeaf = true;
    await alex.until(() => alex.events.some(({ type }) => type === 'disconnected'));
    expect(alex.events.at(-1)).toMatchObject({ reason: 'no sign of life' });
  });
});

describe('with a login', () => {
  const credentials = { account: 'cool', secret: 's' };

  it('the neuron makes the channel and a token, and says where to connect; where it cannot, its own address is taken', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    const asked: string[] = [];
    const answers: Record<string, unknown> = { 'PUT /_ns/my%20room': 'path_exists', 'PUT /_token/my%20room?k=alex%20b': tokenFor('alex b', '/my room'), 'GET /_host/my%20room?type=signal&own=0': neuron.url };
    const fetch: NonNullable<ChannelOptions['fetch']> = async (url, init) => {
      const request = `${init?.method} ${String(url).replace('https://neuron', '')}`;
      asked.push(`${request} ${new Headers(init?.headers).get('authorization')}`);
      const answer = answers[request];
      return Response.json(answer === undefined || answer === 'path_exists' ? { s: 'error', v: answer ?? 'not_found' } : { s: 'ok', v: answer });
    };
    const base = { url: 'https://neuron/', credentials, user: 'alex b', create: true, webSocket, fetch, maxRetryMs: 5 };
    await using channel = openChannel({ ...base, path: '/my room' });
    await channel.opened;
    const basic = `Basic ${btoa('cool:s')}`;
    expect(asked).toEqual([`PUT /_ns/my%20room ${basic}`, `PUT /_token/my%20room?k=alex%20b ${basic}`, `GET /_host/my%20room?type=signal&own=0 ${basic}`]);
    delete answers['GET /_host/my%20room?type=signal&own=0'];
    const tried: string[] = [];
    await using other = openChannel({ ...base, path: '/my room', webSocket: (url) => (tried.push(url), webSocket('ws://127.0.0.1:1/')) });
    await vi.waitFor(() => expect(tried[0]).toMatch(/^wss:\/\/neuron\/ws\/v2\//));
    expect(other.state).toBe('connecting');
  });

  it('one that is refused ends the channel, one that cannot be asked is asked elsewhere', async () => {
    await using system = openChannelSystem();
    const neuron = await system.open('a');
    const answer = (v: string): NonNullable<ChannelOptions['fetch']> => async () => Response.json({ s: 'error', v });
    const base = { url: 'http://one', credentials, user: 'alex', path: '/room', webSocket, maxRetryMs: 5 };
    await expect(openChannel({ ...base, fetch: answer('unauthorized') }).opened).rejects.toMatchObject({ code: 'SDK_UNAUTHORIZED' });
    await expect(openChannel({ ...base, fetch: answer('no_namespace') }).opened).rejects.toMatchObject({ code: 'SDK_REFUSED', errorString: 'no_namespace' });
    const asked = new Set<string>();
    const fetch: NonNullable<ChannelOptions['fetch']> = async (url) => {
      const { host, pathname } = new URL(String(url));
      asked.add(host);
      if (host === 'one') throw new TypeError('fetch failed');
      return Response.json({ s: 'ok', v: pathname.startsWith('/_host') ? neuron.url : tokenFor('alex', '/room') });
    };
    await using channel = openChannel({ ...base, url: ['http://one', 'http://two'], fetch });
    const listened = listen(channel);
    await channel.opened;
    expect([...asked]).toEqual(['one', 'two']);
    await listened.until(() => listened.events.length === 2);
    expect(listened.events.map(({ type }) => type)).toEqual(['disconnected', 'connected']);
  });

  it.each<[string, Partial<ChannelOptions>]>([
    ['neither a token nor credentials', { token: undefined as never }],
    ['both', { credentials, user: 'a' }],
    ['credentials without a user', { token: undefined as never, credentials }],
    ['a user with a slash', { token: undefined as never, credentials, user: 'a/b' }],
    ['no URL', { url: [] }],
    ['a URL that is none', { url: 'neuron' }],
    ['a URL of another kind', { url: 'http://neuron' }],
    ['a device with a blank', { device: 'my phone' }],
    ['a path that cannot be', { path: `/${'x'.repeat(5_000)}` }],
    ['a time of zero', { silenceMs: 0 }],
    ['a time beyond the window of ids', { sendTimeoutMs: 200_000 }],
  ])('%s is refused at once', (_, options) => {
    expect(() => openChannel({ url: 'ws://neuron', path: '/room', token: 't', webSocket, ...options })).toThrow(expect.objectContaining({ code: expect.stringMatching(/^SDK_BAD_(OPTION|URL)$/) as string }));
  });
});
