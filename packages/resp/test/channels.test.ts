import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Message, Receiver, Router } from '@xir/router';

import { channelPath, placeOf } from '../src/messaging.ts';
import type { RespStanding } from '../src/index.ts';
import { openFixture, type Fixture, type Neighbour } from './face-fixture.ts';

const run = promisify(execFile);
let fixture: Fixture;
let other: Neighbour;

beforeAll(async () => {
  fixture = await openFixture({ channels: true });
  other = await fixture.openNeighbour();
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** A peer of signalling, or of the SDK, on a channel. */
function join(router: Router | undefined, path: string, user = 'alex') {
  const messages: Message[] = [];
  const receiver: Receiver = { deliver: (message, onWritten) => (messages.push(message), onWritten?.(true)), end: () => undefined };
  const peer = router?.join({ bucket: 'elena', path, user }, receiver);
  if (peer === undefined) throw new Error('no router');
  const say = (content: unknown) => new Promise<number>((resolve) => peer.send({ target: { type: 'channel' }, event: 'message', content: JSON.stringify(content), level: 'reached' }, ({ reached }) => resolve(reached)));
  return { peer, messages, say, contents: () => messages.map(({ content }) => JSON.parse(content) as unknown) };
}

const knows = (router: Router | undefined, path: string) => vi.waitFor(() => expect(router?.channel({ bucket: 'elena', path })?.size).toBe(1));

async function cli(...words: string[]): Promise<string> {
  const { stdout } = await run('redis-cli', ['-p', String(fixture.server.port), '--user', 'elena', '--pass', 'elenas', '--no-auth-warning', ...words]);
  return stdout.trimEnd();
}

describe('channels', () => {
  it('M1 a message of redis-cli reaches peers and subscribers on every neuron, and is counted', async () => {
    const [here, there] = [join(fixture.router, '/p1/room', 'alex'), join(other.router, '/p1/room', 'bob')];
    const [redis, subscribed] = [new Redis({ port: other.server.port, username: 'elena', password: 'elenas' }), await fixture.open()];
    try {
      const told: string[][] = [];
      redis.on('message', (...message: string[]) => told.push(message));
      await redis.ping();
      await redis.subscribe('p1/room');
      await subscribed.call('SUBSCRIBE', '/p1/room');
      await vi.waitFor(() => expect([...(fixture.router?.channel({ bucket: 'elena', path: '/p1/room' })?.users() ?? [])].toSorted()).toEqual(['alex', 'bob']));
      await vi.waitFor(async () => expect(await cli('PUBLISH', '/p1/room', '{"text":"hello"}')).toBe('4'), { timeout: 15_000 });
      await vi.waitFor(() => expect(told.at(-1)).toEqual(['p1/room', '{"text":"hello"}']));
      expect(here.contents().at(-1)).toEqual({ text: 'hello' });
      expect(there.messages.at(-1)).toMatchObject({ user: 'elena', device: 'redis', event: 'message', content: '{"text":"hello"}' });
      expect(subscribed.pendingMessages.at(-1)).toEqual(['message', '/p1/room', '{"text":"hello"}']);
      expect(await cli('PUBLISH', 'p1/nobody', 'x')).toBe('0');
    } finally {
      redis.disconnect();
    }
  });

  it('M2 what peers say reaches subscribers of Redis on every neuron, in order', async () => {
    const client = createClient({ url: `redis://elena:elenas@127.0.0.1:${other.server.port}` });
    await client.connect();
    try {
      const told: string[] = [];
      await client.subscribe('/p2', (message) => message !== 'ready' && told.push(message));
      const alex = join(fixture.router, '/p2');
      await vi.waitFor(async () => expect(await alex.say('ready')).toBe(1));
      for (let number = 0; number < 100; number += 1) void alex.say(number);
      await alex.say({ last: true });
      await vi.waitFor(() => expect(told).toHaveLength(101));
      expect(told).toEqual([...Array.from({ length: 100 }, (_, number) => String(number)), '{"last":true}']);
    } finally {
      client.destroy();
    }
  });

  it('M3 a pattern hears the channels that it matches, named as it is written', async () => {
    const [slashed, plain] = [await other.open(3), await other.open(3)];
    await slashed.call('PSUBSCRIBE', '/p3/room-?');
    await plain.call('PSUBSCRIBE', 'p3/*');
    const publisher = await fixture.open();
    await vi.waitFor(async () => expect(await publisher.call('PUBLISH', 'p3/room-0', 'ready')).toBe(2));
    for (const channel of ['p3/room-1', '/p3/room-22', '/p3/side', '/p33/room-1']) await publisher.call('PUBLISH', channel, 'x');
    await vi.waitFor(() => expect(plain.pendingMessages.filter((push) => push[0] === 'pmessage').at(-1)).toEqual(['pmessage', 'p3/*', 'p3/side', 'x']));
    const heard = (client: typeof plain) => client.pendingMessages.filter((push) => push[0] === 'pmessage' && push[3] === 'x').map((push) => push[2]);
    expect(heard(slashed)).toEqual(['/p3/room-1']);
    expect(heard(plain)).toEqual(['p3/room-1', 'p3/room-22', 'p3/side']);
  });

  it('M4 what one client publishes arrives in order, also through a pipeline, and behind what it wrote before', async () => {
    const redis = new Redis({ port: fixture.server.port, username: 'elena', password: 'elenas' });
    const bob = join(other.router, '/p4', 'bob');
    try {
      await knows(fixture.router, '/p4');
      const pipeline = redis.pipeline();
      for (let number = 0; number < 50; number += 1) pipeline.publish('/p4', String(number));
      pipeline.set('/p4/value', 'written').publish('/p4', 'value');
      const answers = await pipeline.exec();
      expect(answers?.map(([, answer]) => answer)).toEqual([...Array<number>(50).fill(1), 'OK', 1]);
      expect(bob.contents()).toEqual([...Array.from({ length: 50 }, (_, number) => number), 'value']);
      expect(await redis.multi().publish('/p4', 'in a transaction').exec()).toEqual([[null, 1]]);
      expect(bob.contents().at(-1)).toBe('in a transaction');
    } finally {
      redis.disconnect();
    }
  });

  it('M5 what is published where messages are kept is in the history, and comes once', async () => {
    const [client, listener] = [await fixture.open(), await other.open(3)];
    await listener.call('SUBSCRIBE', '/kept/p5');
    const bob = join(other.router, '/kept/p5', 'bob');
    await knows(fixture.router, '/kept/p5');
    for (const text of ['one', 'two']) expect(await client.call('PUBLISH', 'kept/p5', text)).toBe(2);
    await vi.waitFor(() => expect(bob.contents()).toEqual(['one', 'two']));
    expect(bob.messages[1]?.previous).toBe(bob.messages[0]?.position);
    expect(listener.pendingMessages.filter(([kind]) => kind === 'message').map((push) => push[2])).toEqual(['one', 'two']);
  });

  it('M6 who unsubscribes, or goes, is told and counted no more', async () => {
    const before = other.router?.stats().localListeners;
    const [client, listener, gone] = [await fixture.open(), await other.open(3), await other.open(3)];
    await listener.call('SUBSCRIBE', '/p6');
    await gone.call('PSUBSCRIBE', '/p6*');
    await vi.waitFor(async () => expect(await client.call('PUBLISH', '/p6', 'x')).toBe(2));
    await listener.call('UNSUBSCRIBE', '/p6');
    gone.close();
    await vi.waitFor(async () => expect(await client.call('PUBLISH', '/p6', 'y')).toBe(0));
    expect(other.router?.stats().localListeners).toBe(before);
    expect(listener.pendingMessages.filter((push) => push[0] === 'message' && push[2] === 'y')).toEqual([]);
  });

  it('M7 what cannot be a channel, and what its rules forbid, is refused with a reason', async () => {
    const client = await fixture.open();
    const refused = async (...words: string[]) => ((await client.call(...words)) as Error).message;
    expect(await refused('PUBLISH', `/${'x'.repeat(5_000)}`, 'x')).toMatch(/^ERR no such channel is possible/);
    expect(await refused('SUBSCRIBE', `/${'x/'.repeat(500)}`)).toMatch(/^ERR no such channel is possible/);
    expect(await refused('PUBLISH', '/p7', 'x'.repeat(300_000))).toMatch(/^ERR a message has at most 262144 characters/);
  });

  it('M8 names with two underscores in front stay what they were: events, and messages on this neuron', async () => {
    const [client, listener] = [await fixture.open(), await other.open(3)];
    await listener.call('PSUBSCRIBE', '__keyspace@0__:/p8/*');
    await client.call('SET', '/p8/key', '1');
    await vi.waitFor(() => expect(listener.pendingMessages.at(-1)).toEqual(['pmessage', '__keyspace@0__:/p8/*', '__keyspace@0__:/p8/key', 'set']));
    const own = await fixture.open(3);
    await own.call('SUBSCRIBE', '__mine');
    expect(await client.call('PUBLISH', '__mine', 'x')).toBe(1);
  });

  it('M9 a subscriber that reads too slowly is cut, and counted', async () => {
    await using system = await openFixture({ channels: true, resp: { limits: { maxOutputBytes: 2_000_000 } } });
    const [listener, writer] = [await system.open(3), await system.open()];
    await listener.call('SUBSCRIBE', '/p9');
    listener.socket.pause();
    await vi.waitFor(
      async () => {
        await writer.call('PUBLISH', '/p9', 'x'.repeat(200_000));
        expect(system.face.metrics().slowReadersCut).toBe(1);
      },
      { timeout: 20_000, interval: 1 },
    );
    await vi.waitFor(async () => expect(await writer.call('PUBLISH', '/p9', 'x')).toBe(0));
  });

  it('M11 while the neuron does not serve, nobody publishes or begins to listen; who listens is cut when it is away', async () => {
    let standing: RespStanding = 'serving';
    await using system = await openFixture({ channels: true, resp: { standing: () => standing } });
    const [listener, other, writer] = [await system.open(3), await system.open(3), await system.open()];
    await listener.call('SUBSCRIBE', '/p11');
    await other.call('SUBSCRIBE', '__keyspace@0__:/p11/key');
    const heldBack: readonly RespStanding[] = ['holding', 'isolated', 'away'];
    for (const state of heldBack) {
      standing = state;
      for (const words of [['PUBLISH', '/p11', 'lost'], ['SUBSCRIBE', '/p11'], ['PSUBSCRIBE', '/*']]) expect(((await writer.call(...words)) as Error).message).toMatch(/^TRYAGAIN this neuron has to see how it stands/);
      if (state !== 'away') system.face.recheck();
    }
    // Values are not the channels' business, nor is what stays on this neuron.
    expect(await writer.call('SET', '/p11/key', '1')).toBe('OK');
    expect(await writer.call('PUBLISH', '__mine', 'x')).toBe(0);
    expect(listener.socket.destroyed).toBe(false);
    const cut = new Promise<void>((resolve) => listener.socket.once('close', () => resolve()));
    system.face.recheck();
    await cut;
    standing = 'serving';
    expect(await writer.call('PUBLISH', '/p11', 'again')).toBe(0);
    expect(listener.pendingMessages.filter(([kind]) => kind === 'message')).toEqual([]);
    await vi.waitFor(() => expect(other.pendingMessages.at(-1)).toEqual(['message', '__keyspace@0__:/p11/key', 'set']));
  });
});

it('M10 a name is the path of a channel, with or without a slash in front; a pattern listens where its fixed part ends', () => {
  expect(['news', '/news', '//a/b/', 'caf\u00c3\u00a9'].map(channelPath)).toEqual(['/news', '/news', '/a/b', '/café']);
  expect(() => channelPath('\u00ff')).toThrow(expect.objectContaining({ code: 'RESP_BAD_NAME' }));
  expect(['*', '/room/*', 'room/a*', '/a/b/c?', '/a[bc]/d', 'plain'].map((name) => placeOf(name, true).path)).toEqual(['/', '/room', '/room', '/a/b', '/', '/']);
  const { nameOf } = placeOf('caf\u00c3\u00a9/*', true);
  expect([nameOf('/café/x'), nameOf('/cafe/x')]).toEqual(['caf\u00c3\u00a9/x', undefined]);
});
