import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from './eventually.ts';
import { openFixture, type Fixture } from './face-fixture.ts';
import { encode, RespClient } from './resp-client.ts';
import { SEED } from './seed.ts';
import { SeededRandom } from './seeded-random.ts';

/** Again with others: `XIR_TEST_SEED=<n> XIR_TEST_CASES=<n> npx vitest run hostile`. */
const CASES = Number(process.env['XIR_TEST_CASES'] ?? 300);

let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture({
    resp: { limits: { maxOutputBytes: 3_000_000, maxConnections: 20, maxBufferedInputBytes: 3_000_000, outputTimeoutMs: 200, maxQueuedCommands: 3, maxSubscriptions: 2 } },
  });
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** Sends bytes and reads until the other side closes. */
function exchange(pieces: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(fixture.server.port, '127.0.0.1', () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

const LOGIN = 'AUTH elena elenas\r\n';

describe('input', () => {
  it('L1 that is no request is answered once, what stands before it is answered too, and the connection is closed and counted', async () => {
    const before = fixture.face.metrics().brokenInputsCut;
    expect(await exchange([`${LOGIN}PING\r\n*1\r\n:5\r\nPING\r\n`])).toBe("+OK\r\n+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n");
    expect(await exchange([`${LOGIN}*1\r\n$9999999999\r\n`])).toBe('+OK\r\n-ERR Protocol error: invalid bulk length\r\n');
    expect(await exchange([`${LOGIN}*9999999\r\n`])).toBe('+OK\r\n-ERR Protocol error: invalid multibulk length\r\n');
    expect(await exchange([LOGIN, 'x'.repeat(70_000)])).toContain('-ERR Protocol error: too big inline request\r\n');
    expect(fixture.face.metrics().brokenInputsCut).toBe(before + 4);
  });

  it('L2 before the login is held to much less', async () => {
    expect(await exchange(['*11\r\n'])).toBe('-ERR Protocol error: invalid multibulk length\r\n');
    expect(await exchange(['*1\r\n$20000\r\n'])).toBe('-ERR Protocol error: invalid bulk length\r\n');
  });

  it('L3 that is announced on many connections is bounded altogether: who sends more is cut, and what was held is given back', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => fixture.open()));
    const before = fixture.face.metrics().brokenInputsCut;
    for (const client of clients) client.socket.write(`*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1000000\r\n${'x'.repeat(900_000)}`);
    await Promise.race(clients.map(({ closed }) => closed));
    expect(fixture.face.metrics().brokenInputsCut).toBeGreaterThan(before);
    for (const client of clients) client.close();
    await eventually(() => expect(fixture.face.metrics().bufferedInputBytes).toBe(0));
  });

  it('L4 of mutated requests never breaks the face, and holds nothing of it back', async () => {
    const random = new SeededRandom(SEED);
    const corpus = [['PING'], ['SET', '/fuzz/a', '{"a":1}'], ['GET', '/fuzz/a'], ['HSET', 'fuzzh', 'f', 'v'], ['HGETALL', 'fuzzh'], ['SCAN', '0'], ['CLIENT', 'TRACKING', 'ON'], ['MULTI'], ['EXEC'], ['SUBSCRIBE', 'c'], ['COMMAND', 'DOCS', 'get'], ['EXPIRE', 'a', '10']];
    for (let number = 0; number < CASES; number += 1) {
      const requests = Array.from({ length: 1 + random.below(4) }, () => encode(corpus[random.below(corpus.length)] ?? []));
      const bytes = Buffer.concat([Buffer.from(LOGIN), ...requests]);
      for (let count = random.below(4); count > 0; count -= 1) bytes[LOGIN.length + random.below(bytes.length - LOGIN.length)] = random.below(256);
      const cut = LOGIN.length + random.below(bytes.length - LOGIN.length);
      const answer = await exchange([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect(answer.startsWith('+OK\r\n'), `case ${number} of seed ${SEED}`).toBe(true);
    }
    await eventually(() => expect(fixture.face.metrics()).toMatchObject({ connections: 0, bufferedInputBytes: 0, subscriptions: 0, trackedNames: 0 }));
  });
});

describe('output', () => {
  it('L5 that a client does not read is bounded: it is cut and counted, and others are served', async () => {
    const writer = await fixture.open();
    await writer.call('SET', 'large', 'x'.repeat(500_000));
    const slow = await fixture.open();
    slow.socket.pause();
    const before = fixture.face.metrics().slowReadersCut;
    for (let count = 0; count < 60; count += 1) slow.send('GET', 'large');
    await eventually(() => expect(fixture.face.metrics().slowReadersCut).toBe(before + 1));
    const listener = await fixture.open(3);
    await listener.call('SUBSCRIBE', 'c');
    listener.socket.pause();
    await eventually(async () => {
      await writer.call('PUBLISH', 'c', 'x'.repeat(500_000));
      expect(fixture.face.metrics().slowReadersCut).toBe(before + 2);
    });
    expect(await writer.call('PING')).toBe('PONG');
    writer.close();
  });

  it('L6 of what came in together leaves in one write', async () => {
    const client = await fixture.open();
    await client.pipeline([['SET', 'l6', 'v'], ['GET', 'l6']]);
    client.chunks.length = 0;
    const answers = await client.pipeline(Array.from({ length: 200 }, () => ['GET', 'l6']));
    expect(answers).toEqual(Array.from({ length: 200 }, () => 'v'));
    expect(client.chunks).toHaveLength(1);
    client.close();
  });
});

describe('limits', () => {
  it('L7 of connections, queued commands and subscriptions are told in an error', async () => {
    const clients = Array.from({ length: 21 }, () => new RespClient(fixture.server.port));
    await eventually(() => expect(fixture.face.metrics().connectionsRefused).toBeGreaterThan(0));
    for (const client of clients) client.close();
    await eventually(() => expect(fixture.face.metrics().connections).toBe(0));
    const client = await fixture.open();
    const replies = await client.pipeline([['MULTI'], ['PING'], ['PING'], ['PING'], ['PING'], ['EXEC']]);
    expect((replies[4] as Error).message).toBe('BUSY more than 3 commands wait for EXEC');
    expect((replies[5] as Error).message).toMatch(/^EXECABORT/);
    expect((await client.call('SUBSCRIBE', 'a'))).toEqual(['subscribe', 'a', 1]);
    await client.call('SUBSCRIBE', 'b');
    expect(((await client.call('SUBSCRIBE', 'c')) as Error).message).toBe('BUSY more than 2 subscriptions');
    client.close();
  });

  it('L8 a login that is not made in time ends the connection', async () => {
    await using hasty = await openFixture({ resp: { limits: { loginTimeoutMs: 20 } } });
    const client = hasty.connect();
    await client.closed;
    expect(client.chunks).toEqual([]);
  });
});

describe('rights', () => {
  it('L9 end with the account: the connection hears nothing more and has to log in again', async () => {
    const scope = { bucket: '$sys', author: '$sys' };
    await fixture.accounts.accounts.create(scope, 'mia', { email: 'mia@example.org', secret: 'mias' });
    const [client, listener] = [fixture.connect(), fixture.connect()];
    for (const one of [client, listener]) expect(await one.call('AUTH', 'mia', 'mias')).toBe('OK');
    await listener.call('PSUBSCRIBE', '__keyspace@0__:*');
    await fixture.accounts.accounts.update(scope, 'mia', { details: { active: false } });
    expect(((await client.call('GET', 'a')) as Error).message).toBe('NOAUTH Authentication required.');
    await fixture.store.put({ bucket: 'mia', layer: '*data', path: '/', key: 'k' }, 1);
    await listener.closed;
    expect(((await client.call('AUTH', 'mia', 'mias')) as Error).message).toMatch(/^WRONGPASS/);
  });

  it('L10 keep to bans of addresses, for paths and what lies in them', async () => {
    const client = await fixture.open();
    await client.call('SET', '/l10/open/k', 1);
    await fixture.store.put({ bucket: 'elena', layer: '*auth', path: '/l10/closed', key: '127.0.0.1' }, {});
    await eventually(async () => expect(((await client.call('GET', '/l10/closed/k')) as Error).message).toMatch(/^NOPERM/));
    expect(((await client.call('HGETALL', '/l10/closed')) as Error).message).toMatch(/^NOPERM/);
    expect(((await client.call('KEYS', '*')) as Error).message).toMatch(/^NOPERM/);
    expect(((await client.call('KV4.TREE', '/l10')) as Error).message).toMatch(/^NOPERM/);
    expect(await client.call('GET', '/l10/open/k')).toBe('1');
    expect(await client.call('KEYS', '/l10/open/*')).toEqual(['/l10/open/k']);
    await fixture.store.delete({ bucket: 'elena', layer: '*auth', path: '/l10/closed', key: '127.0.0.1' });
    await eventually(async () => expect(await client.call('GET', '/l10/closed/k')).toBeNull());
    client.close();
  });
});
