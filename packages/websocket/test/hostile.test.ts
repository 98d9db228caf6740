import { connect } from 'node:net';

import { systemClock } from '@xir/couch-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { createWebSocketFace } from '../src/index.ts';
import { eventually } from './eventually.ts';
import { heapBytes } from './heap-bytes.ts';
import { maskedFrame, upgradeRequest } from './raw-frames.ts';
import { SEED } from './seed.ts';
import { SeededRandom } from './seeded-random.ts';
import { failureOf, SocketClient } from './socket-client.ts';
import { basic, openFixture, type Fixture } from './socket-fixture.ts';

/** Again with others: `XIR_TEST_SEED=<n> XIR_TEST_CASES=<n> npx vitest run hostile --testTimeout=0`. */
const CASES = Number(process.env['XIR_TEST_CASES'] ?? 300);
/** Cases after which a long run looks at the heap, and what the heap may grow by from the first look to the last. */
const LOOK_CASES = 50_000;
const MAX_GROWTH_BYTES = 16 * 2 ** 20;

let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture({
    face: { limits: { maxConnections: 20, maxFrameBytes: 1_200_000, maxBufferedInputBytes: 2_000_000, maxOutputBytes: 3_000_000, outputTimeoutMs: 1000, maxRequestsInFlight: 10, maxWatches: 2 } },
  });
});
afterAll(() => fixture[Symbol.asyncDispose]());

interface Exchange {
  readonly headers?: Record<string, string>;
  /** Bytes that follow the upgrade without waiting for its answer. */
  readonly eager?: Buffer;
}

/** Upgrades, sends bytes in pieces, and reads until the other side closes. */
function exchange(pieces: readonly Buffer[], { headers = { authorization: basic('elena', 'elenas') }, eager = Buffer.alloc(0) }: Exchange = {}): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(fixture.server.port, '127.0.0.1', () => socket.write(Buffer.concat([upgradeRequest(headers), eager])));
    socket.once('data', () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

const CORPUS = [
  { op: 'ping', id: 1 },
  { op: 'put', id: 2, path: '/fuzz', key: 'k', value: { a: [1, 2, 'drei'] } },
  { op: 'get', id: 3, path: '/fuzz', key: 'k' },
  { op: 'tree', id: 4, path: '/fuzz', limit: 2 },
  { op: 'watch', id: 5, scope: 'path', path: '/fuzz', credit: 3 },
  { op: 'credit', watch: 5, events: 2 },
  { op: 'stop', id: 6, watch: 5 },
  { op: 'batch', id: 7, requests: [{ op: 'get', path: '/fuzz', key: 'k' }] },
  { op: 'series', id: 8, path: '/fuzz', key: 'k', limit: 1 },
  { op: 'login', id: 9, token: 'x.y' },
  { op: 'token', id: 10 },
].map((message) => Buffer.from(JSON.stringify(message)));

describe('input', () => {
  it('L1 of mutated frames, split anywhere, never breaks the face, and nothing of it stays', async () => {
    const random = new SeededRandom(SEED);
    const heaps: number[] = [];
    for (let number = 0; number < CASES; number += 1) {
      const frames = Array.from({ length: 1 + random.below(4) }, () => {
        const text = Buffer.from(CORPUS[random.below(CORPUS.length)] ?? '');
        // Half of the changes are made to what the frame carries, half to the frame.
        for (let count = random.below(3); count > 0; count -= 1) text[random.below(text.length)] = random.below(256);
        return maskedFrame(text);
      });
      const bytes = Buffer.concat(frames);
      for (let count = random.below(3); count > 0; count -= 1) bytes[random.below(bytes.length)] = random.below(256);
      const cut = random.below(bytes.length);
      const [first, second] = [bytes.subarray(0, cut), bytes.subarray(cut)];
      const answer = await (number % 2 === 0 ? exchange([first, second]) : exchange([second], { eager: first }));
      expect(answer.toString('latin1').startsWith('HTTP/1.1 101 '), `case ${number} of seed ${SEED}`).toBe(true);
      if ((number + 1) % LOOK_CASES === 0) {
        heaps.push(heapBytes());
        console.info(`${number + 1} cases of seed ${SEED}: heap ${(heapBytes() / 2 ** 20).toFixed(1)} MiB, resident ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`);
      }
    }
    expect((heaps.at(-1) ?? 0) - (heaps[0] ?? 0)).toBeLessThan(MAX_GROWTH_BYTES);
    await eventually(() => expect(fixture.face.metrics()).toMatchObject({ connections: 0, bufferedInputBytes: 0, watches: 0, requestsInFlight: 0 }));
    const client = await fixture.open();
    expect(await client.call('ping')).toMatchObject({});
    client.close();
  });

  it('L2 that is binary, too large or no frame closes the connection with a code, and is counted', async () => {
    const before = fixture.face.metrics().badInputsCut;
    const binary = await fixture.open();
    binary.socket.send(Buffer.from('{}'));
    expect(await binary.closed).toMatchObject({ code: 1003 });
    const large = await fixture.open();
    large.socket.send('x'.repeat(1_200_001));
    expect(await large.closed).toMatchObject({ code: 1009 });
    const early = await fixture.connect();
    early.socket.send(' '.repeat(20_000));
    expect(await early.closed).toEqual({ code: 1009, reason: 'log in first' });
    await exchange([Buffer.from([0xff, 0xff, 0xff])]);
    await eventually(() => expect(fixture.face.metrics().badInputsCut).toBe(before + 4));
  });

  it('L3 that no message completes is bounded before the login, and over all connections', async () => {
    const before = fixture.face.metrics().badInputsCut;
    const start = maskedFrame(Buffer.alloc(1_100_000), { sendBytes: 0 });
    await exchange([start, ...Array.from({ length: 20 }, () => Buffer.alloc(50_000))], { headers: {} });
    expect(fixture.face.metrics().badInputsCut).toBe(before + 1);
    const clients = await Promise.all(Array.from({ length: 3 }, () => fixture.open()));
    for (const client of clients) client.socket.send(Buffer.alloc(900_000), { fin: false, binary: false });
    await Promise.race(clients.map(({ closed }) => closed));
    for (const client of clients) client.close();
    await eventually(() => expect(fixture.face.metrics().bufferedInputBytes).toBe(0));
  });

  it('L4 that is no request is told with a code, and the connection goes on', async () => {
    const client = await fixture.open();
    const refused = async (text: string) => (await failureOf(client.answer(null, 'none', () => client.socket.send(text)))).code;
    expect(await refused('no JSON')).toBe('WEBSOCKET_BAD_MESSAGE');
    expect(await refused('[]')).toBe('WEBSOCKET_BAD_MESSAGE');
    expect(await refused('['.repeat(200))).toBe('WEBSOCKET_BAD_MESSAGE');
    expect(await refused('{"op":"ping"}')).toBe('WEBSOCKET_BAD_FIELD');
    expect(await refused('{"op":"credit","watch":1,"events":0}')).toBe('WEBSOCKET_BAD_FIELD');
    expect((await failureOf(client.call('nonsense'))).code).toBe('WEBSOCKET_UNKNOWN_OPERATION');
    expect((await failureOf(client.call('put', { path: '/', key: 'k' }))).code).toBe('WEBSOCKET_VALUE_MISSING');
    expect((await failureOf(client.call('get', { path: '/', key: 'k', wrong: 1 }))).message).toContain('"wrong"');
    expect(await client.call('ping')).toMatchObject({});
    client.close();
  });
});

describe('output', () => {
  it('L5 that a client does not read is bounded: it is cut and counted, for answers and for events, and others are served', async () => {
    const writer = await fixture.open();
    await writer.call('put', { path: '/l5', key: 'large', value: 'x'.repeat(1_000_000) });
    const before = fixture.face.metrics().slowReadersCut;
    const slow = await fixture.open();
    slow.socket.pause();
    for (let count = 0; count < 60; count += 1) slow.socket.send(JSON.stringify({ id: count, op: 'get', path: '/l5', key: 'large' }));
    await eventually(() => expect(fixture.face.metrics().slowReadersCut).toBe(before + 1));
    const listener = await fixture.open();
    await listener.call('watch', { scope: 'path', path: '/l5', initial: false });
    listener.socket.pause();
    await eventually(async () => {
      await writer.call('put', { path: '/l5', key: 'other', value: 'x'.repeat(900_000) });
      expect(fixture.face.metrics().slowReadersCut).toBe(before + 2);
    });
    expect(await writer.call('ping')).toMatchObject({});
    writer.close();
  });

  it('L6 that a client reads is never cut, however much it asks for at once', async () => {
    const client = await fixture.open();
    await client.call('put', { path: '/l6', key: 'large', value: 'x'.repeat(900_000) });
    const before = fixture.face.metrics().slowReadersCut;
    const answers = await Promise.all(Array.from({ length: 30 }, () => client.call('get', { path: '/l6', key: 'large' })));
    expect(answers).toHaveLength(30);
    expect(fixture.face.metrics().slowReadersCut).toBe(before);
    for (const key of ['second', 'third', 'fourth']) await client.call('put', { path: '/l6', key, value: 'x'.repeat(900_000) });
    // Those that have to be fetched come all at once: what finds no room is refused, and can be asked for again.
    const fetched = await Promise.allSettled(Array.from({ length: 10 }, () => client.call('get', { path: '/l6', key: 'large', fresh: true })));
    const refused = fetched.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { error: 'busy', code: 'WEBSOCKET_BUSY' } });
    // One answer that can never be read whole is refused instead.
    expect(await failureOf(client.call('list', { path: '/l6' }))).toMatchObject({ error: 'too_large', code: 'WEBSOCKET_ANSWER_TOO_LARGE' });
    const many = (await client.call('batch', { requests: Array.from({ length: 5 }, () => ({ op: 'get', path: '/l6', key: 'large' })) })) as Record<string, { code?: string }>[];
    expect(many.map((entry) => entry['error']?.code)).toEqual(Array.from({ length: 5 }, () => 'WEBSOCKET_ANSWER_TOO_LARGE'));
    expect(await client.call('list', { path: '/l6', limit: 2 })).toMatchObject({ items: [{ key: 'fourth' }, { key: 'large' }] });
    client.close();
  });

  it('L7 to what came in together leaves in one write', async () => {
    const client = await fixture.open();
    await client.call('put', { path: '/l7', key: 'k', value: 1 });
    const asked = Array.from({ length: 16 }, (_, id) => maskedFrame(Buffer.from(JSON.stringify({ id, op: 'get', path: '/l7', key: 'k' }))));
    const chunks: number[] = [];
    await new Promise<void>((resolve, reject) => {
      let text = '';
      const socket = connect(fixture.server.port, '127.0.0.1', () => socket.write(upgradeRequest({ authorization: basic('elena', 'elenas') })));
      socket.on('error', reject);
      socket.once('data', () => {
        socket.on('data', (chunk: Buffer) => {
          chunks.push(chunk.length);
          text += chunk.toString('latin1');
          if ((text.match(/"id":/g) ?? []).length < asked.length) return;
          socket.destroy();
          resolve();
        });
        socket.write(Buffer.concat(asked));
      });
    });
    expect(chunks).toHaveLength(1);
    client.close();
  });
});

describe('limits', () => {
  it('L8 of requests under way and of connections are told in an error', async () => {
    const client = await fixture.open();
    const asked = await Promise.allSettled(Array.from({ length: 11 }, (_, number) => client.call('get', { path: '/l8', key: String(number), fresh: true })));
    const failed = asked.filter((outcome) => outcome.status === 'rejected');
    expect(failed).toMatchObject([{ reason: { error: 'busy', code: 'WEBSOCKET_BUSY' } }]);
    expect(await failureOf(client.call('batch', { requests: Array.from({ length: 11 }, () => ({ op: 'get', path: '/', key: 'k' })) }))).toMatchObject({ code: 'WEBSOCKET_BUSY' });
    const before = fixture.face.metrics().connectionsRefused;
    const clients = Array.from({ length: 21 }, () => new SocketClient(fixture.server.url));
    await eventually(() => expect(fixture.face.metrics().connectionsRefused).toBeGreaterThan(before));
    for (const other of [client, ...clients]) other.close();
    await eventually(() => expect(fixture.face.metrics().connections).toBe(0));
  });

  it('L9 that make no sense are refused when the face is made', () => {
    const { store, accounts } = fixture;
    expect(() => createWebSocketFace({ store, accounts, systemSecret: 'x', limits: { maxWatches: 0 } })).toThrow(TypeError);
    expect(() => createWebSocketFace({ store, accounts, systemSecret: '' })).toThrow(TypeError);
  });

  it('L10 a client that gives no sign of life is cut and counted; one that answers pings is not', async () => {
    let sweep: () => void = () => undefined;
    const schedule = (delayMs: number, run: () => void) => {
      if (delayMs === 1234) sweep = run;
      return { cancel: () => undefined };
    };
    await using other = await openFixture({ drainMs: 0, face: { clock: { ...systemClock, schedule }, limits: { pingIntervalMs: 1234 } } });
    const alive = await other.open();
    const dead = new WebSocket(other.server.url, { autoPong: false });
    await new Promise((resolve) => dead.once('open', resolve));
    for (let round = 0; round < 3; round += 1) {
      const pinged = new Promise((resolve) => alive.socket.once('ping', resolve));
      sweep();
      await pinged;
      // Its pong is read before this is answered.
      await alive.call('ping');
    }
    await eventually(() => expect(other.face.metrics()).toMatchObject({ silentCut: 1, connections: 1 }));
    alive.close();
    await eventually(() => expect(other.face.metrics().connections).toBe(0));
  });
});
