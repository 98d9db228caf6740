import { request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { Standing } from '@xir/router';
import { expect, it, vi } from 'vitest';

import { openSystem, type TestNeuron } from './signalling-fixture.ts';
import { SignallingClient } from './signalling-client.ts';

/** The status with which an upgrade is answered. */
function statusOf({ url }: TestNeuron, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': Buffer.alloc(16).toString('base64') };
    const asked = request(url.replace('ws:', 'http:') + path, { headers });
    asked.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once('upgrade', (_, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.once('error', reject);
    asked.end();
  });
}

it('A1: a token that is forged, expired, or for another channel opens nothing', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const tries = ['/ws/v2/forged', '/ws/v2/expired@.room', '/ws/v2/alex@.room/other', '/ws/v2/a%2Fb@.room', '/ws/v2/%ff', '/ws/v2/alex@.room?device=a/b'];
  expect(await Promise.all(tries.map((path) => statusOf(neuron, path)))).toEqual(tries.map(() => 401));
  expect(await statusOf(neuron, '/ws/v2/alex@.room/room')).toBe(101);
  expect(neuron.face.metrics().refused).toBe(tries.length);
});

it('A2: a universal token leads to the channel that the URL names behind it', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const alex = new SignallingClient(`${neuron.url}/ws/v2/alex@/my/room`);
  expect((await alex.atLeast(1))[0]?.m.f).toBe('my/room/alex');
  expect(await statusOf(neuron, '/ws/v2/alex@')).toBe(404);
});

it('A3: bans hold for the channel and those beneath, and end connections that are there', async () => {
  await using system = openSystem();
  const neuron = await system.open('a', { limits: { pingIntervalMs: 20 } });
  const alex = await neuron.connect('alex');
  await alex.until('peers');
  await system.accounts.bans.check('cool', '127.0.0.1', '/room');
  system.accounts.bans.applyPut('cool', '127.0.0.1', '/room');
  expect(await alex.closed).toBe(1008);
  expect(await statusOf(neuron, '/ws/v2/alex@.room')).toBe(401);
  expect(await statusOf(neuron, '/ws/v2/alex@.room.deeper')).toBe(401);
  expect(await statusOf(neuron, '/ws/v2/alex@.elsewhere')).toBe(101);
});

it('A4: whoever says that somebody may not connect is heeded', async () => {
  await using system = openSystem();
  const neuron = await system.open('a', { mayConnect: async ({ dr }, path) => dr.k !== 'kicked' && path === '/room' });
  expect(await Promise.all(['/ws/v2/kicked@.room', '/ws/v2/alex@.room', '/ws/v2/alex@.other'].map((path) => statusOf(neuron, path)))).toEqual([401, 101, 401]);
});

it('A5: a kick ends the connection, and what it sends behind that is not heard', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const [alex, bob] = [await neuron.connect('alex'), await neuron.connect('bob')];
  await alex.until('peer_connected', 2);
  await neuron.router.kick({ bucket: 'cool', path: '/room', user: 'bob', subtree: false });
  bob.say({ o: 'message' }, 'one more thing');
  expect(await bob.closed).toBe(4001);
  expect(await alex.until('peer_removed')).toEqual(['bob']);
  expect(alex.contents('message')).toEqual([]);
});

it('A6: frames that are too large, binary, or too many close the connection', async () => {
  await using system = openSystem();
  const neuron = await system.open('a', { limits: { maxFrameBytes: 1_000, maxFramesPerSecond: 10 } });
  const [large, binary, flood] = [await neuron.connect('large'), await neuron.connect('binary'), await neuron.connect('flood')];
  large.socket.send('x'.repeat(2_000));
  binary.socket.send(Buffer.from('{}'));
  for (let count = 0; count < 30; count += 1) flood.socket.send('ping');
  expect(await Promise.all([large.closed, binary.closed, flood.closed])).toEqual([1009, 1003, 1008]);
  await vi.waitFor(() => expect(neuron.face.metrics()).toMatchObject({ connections: 0, floodsCut: 3 }));
});

it('A7: a face that closes tells clients where to go, and takes no new ones', async () => {
  await using system = openSystem();
  const neuron = await system.open('a', { nextHost: () => 'wss://b/ws' });
  const alex = await neuron.connect('alex');
  await alex.until('peers');
  const closing = neuron.face.close(1_000);
  expect(await alex.until('go_away')).toEqual([{ host: 'wss://b/ws' }]);
  expect(await alex.closed).toBe(1001);
  await closing;
  expect(await statusOf(neuron, '/ws/v2/alex@.room')).toBe(503);
  expect(neuron.router.count({ bucket: 'cool', path: '/room' }).users).toBe(0);
});

it('A8: a client that reads too slowly is cut, and counted', async () => {
  await using system = openSystem();
  const neuron = await system.open('a', { limits: { maxWaitingBytes: 100_000 } });
  const [alex, slow] = [await neuron.connect('alex'), await neuron.connect('slow')];
  await alex.until('peer_connected', 2);
  slow.socket.pause();
  const content = 'x'.repeat(60_000);
  while (neuron.face.metrics().slowCut === 0) {
    alex.say({ o: 'message' }, content);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await alex.until('peer_removed')).toEqual(['slow']);
});

it('A9: while the neuron is holding, who comes waits, and so does what clients send, in order; then it is taken', async () => {
  await using system = openSystem();
  let standing: Standing = 'serving';
  const neuron = await system.open('a', { standing: () => standing });
  const [alex, bob] = [await neuron.connect('alex'), await neuron.connect('bob')];
  await alex.until('peer_connected', 2);
  standing = 'holding';
  for (const number of [1, 2, 3]) bob.say({ o: 'message' }, number);
  await vi.waitFor(() => expect(neuron.face.metrics().framesIn).toBeGreaterThan(0));
  neuron.face.recheck();
  let answered: number | undefined;
  const dave = statusOf(neuron, '/ws/v2/dave@.room').then((status) => (answered = status));
  // Who may not come at all learns so at once; behind it the other's request was read.
  expect(await statusOf(neuron, '/ws/v2/forged')).toBe(401);
  expect([answered, alex.contents('message')]).toEqual([undefined, []]);
  standing = 'isolated';
  neuron.face.recheck();
  expect(await dave).toBe(503);
  expect(await alex.until('message', 3)).toEqual([1, 2, 3]);
  expect(await statusOf(neuron, '/ws/v2/carl@.room')).toBe(503);
  standing = 'holding';
  const erin = statusOf(neuron, '/ws/v2/erin@.room');
  expect(await statusOf(neuron, '/ws/v2/forged')).toBe(401);
  standing = 'serving';
  neuron.face.recheck();
  expect(await erin).toBe(101);
  bob.say({ o: 'message' }, 4);
  expect(await alex.until('message', 4)).toEqual([1, 2, 3, 4]);
  expect(await statusOf(neuron, '/ws/v2/carl@.room')).toBe(101);
});

it('A9: a neuron that does not serve for too long refuses what waited, tells its clients where to go, and takes others once it serves', async () => {
  await using system = openSystem();
  let standing: Standing = 'serving';
  let next = 0;
  const neuron = await system.open('a', { standing: () => standing, nextHost: () => `wss://host${(next += 1)}/ws` });
  const [alex, bob] = [await neuron.connect('alex'), await neuron.connect('bob')];
  await alex.until('peer_connected', 2);
  standing = 'holding';
  bob.say({ o: 'message', i: 'm1' }, 'lost');
  await vi.waitFor(() => expect(neuron.face.metrics().framesIn).toBeGreaterThan(0));
  standing = 'away';
  neuron.face.recheck();
  expect(await bob.until('refused')).toEqual([{ code: 'SIGNALLING_NOT_SERVING' }]);
  const hosts = [...(await alex.until('go_away')), ...(await bob.until('go_away'))];
  expect(hosts).toEqual([{ host: 'wss://host1/ws' }, { host: 'wss://host2/ws' }]);
  expect(await Promise.all([alex.closed, bob.closed])).toEqual([1001, 1001]);
  expect(alex.contents('message')).toEqual([]);
  expect(neuron.router.count({ bucket: 'cool', path: '/room' }).users).toBe(0);
  standing = 'serving';
  neuron.face.recheck();
  await (await neuron.connect('alex')).until('peers');
});

it('A10: who asks for details and is refused learns why from the code with which the connection is closed', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const tries = ['/ws/v2/forged?details=1', '/ws/v2/expired@.room?details=1', '/ws/v2/alex@?details=1'];
  const clients = tries.map((path) => new SignallingClient(neuron.url + path));
  expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([4401, 4401, 4404]);
  expect(clients.flatMap(({ texts }) => texts)).toEqual([]);
  expect(neuron.face.metrics()).toMatchObject({ refused: 3, connections: 0 });
});

it('A11: of the request that opened a connection nothing is kept while it lasts', async () => {
  await using system = openSystem();
  const neuron = await system.open('a');
  const { face } = neuron;
  const upgrade = face.upgrade.bind(face);
  let opening: WeakRef<object> | undefined;
  face.upgrade = (given, socket, head) => {
    opening = new WeakRef(given);
    return upgrade(given, socket, head);
  };
  const alex = await neuron.connect('alex');
  await alex.until('peers');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turns = 0; turns < 50 && opening?.deref() !== undefined; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  expect(opening).toBeDefined();
  expect(opening?.deref()).toBeUndefined();
  expect(alex.socket.readyState).toBe(alex.socket.OPEN);
});
