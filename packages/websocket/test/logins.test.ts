import { request } from 'node:http';

import { DataTokens } from '@xir/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { eventually } from './eventually.ts';
import { failureOf, SocketClient } from './socket-client.ts';
import { basic, openFixture, SYSTEM_SECRET, type Fixture } from './socket-fixture.ts';

let fixture: Fixture;
let nowMs = Date.now();
/** Timers that are waited for until a test lets their time be up. */
const timers = new Set<() => void>();

beforeAll(async () => {
  const schedule = (_delayMs: number, run: () => void) => {
    timers.add(run);
    return { cancel: () => void timers.delete(run) };
  };
  fixture = await openFixture({ drainMs: 0, face: { clock: { now: () => nowMs, monotonic: () => performance.now(), schedule } } });
});
afterAll(async () => {
  const closing = fixture[Symbol.asyncDispose]();
  await eventually(() => {
    for (const run of [...timers]) run();
    expect(fixture.face.metrics().connections).toBe(0);
  });
  await closing;
});

/** The status and body with which an upgrade is refused. */
function refusal(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const asking = request({
      port: fixture.server.port,
      path,
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers },
    });
    asking.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }));
    });
    asking.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('it was not refused'));
    });
    asking.on('error', reject);
    asking.end();
  });
}

describe('a login', () => {
  it('A1 is a Basic header of the upgrade, or a message', async () => {
    const byHeader = await fixture.open();
    await byHeader.call('put', { path: '/a1', key: 'k', value: 1 });
    const byMessage = await fixture.connect();
    expect(await failureOf(byMessage.call('get', { path: '/a1', key: 'k' }))).toMatchObject({ error: 'unauthorized', code: 'WEBSOCKET_NOT_LOGGED_IN' });
    const login = byMessage.call('login', { account: 'elena', secret: 'elenas' });
    // What comes behind it is asked in its name.
    const read = byMessage.call('get', { path: '/a1', key: 'k' });
    expect(await login).toEqual({ bucket: 'elena', author: 'elena' });
    expect(await read).toMatchObject({ value: 1 });
    expect(await failureOf(byMessage.call('login', { account: '$sys', secret: SYSTEM_SECRET }))).toMatchObject({ code: 'WEBSOCKET_FORBIDDEN' });
  });

  it('A2 that is wrong is refused and counted, whichever way it comes, and says nothing of why', async () => {
    const before = fixture.face.metrics().loginsFailed;
    expect(await refusal('/ws', { authorization: basic('elena', 'wrong') })).toEqual({ status: 401, body: { v: 'unauthorized', s: 'error' } });
    expect(await refusal('/ws', { authorization: 'Bearer no.token' })).toMatchObject({ status: 401 });
    const client = await fixture.connect();
    const failure = await failureOf(client.call('login', { account: 'nobody', secret: 'wrong' }));
    expect(failure).toMatchObject({ error: 'unauthorized', code: 'ACCOUNTS_UNAUTHORIZED', message: 'the login is wrong, or not active' });
    expect(await failureOf(client.call('login', { token: 'no.token' }))).toMatchObject({ code: 'ACCOUNTS_UNAUTHORIZED' });
    expect(fixture.face.metrics().loginsFailed).toBe(before + 4);
  });

  it('A3 of a token is good until the token expires, on any neuron; a token begets none', async () => {
    const client = await fixture.open();
    const { token, expiresAtMs } = (await client.call('token', { expiresInSeconds: 30 })) as { token: string; expiresAtMs: number };
    expect(token).toMatch(/^[\w.-]+$/);
    expect(expiresAtMs).toBe(nowMs + 30_000);
    const neighbour = await fixture.openNeighbour();
    const byHeader = await neighbour.connect({ authorization: `Bearer ${token}` });
    expect(await byHeader.call('get', { path: '/a3', key: 'k' })).toBeNull();
    const byMessage = await fixture.connect();
    expect(await byMessage.call('login', { token })).toEqual({ bucket: 'elena', author: 'elena' });
    expect(await failureOf(byMessage.call('token'))).toMatchObject({ code: 'WEBSOCKET_FORBIDDEN' });
    nowMs += 30_000;
    expect(await failureOf((await fixture.connect()).call('login', { token }))).toMatchObject({ code: 'ACCOUNTS_UNAUTHORIZED' });
  });

  it('A4 of a token that was changed in any character, or signed by another system, is refused', async () => {
    const login = { kind: 'system', bucket: '$sys', account: '$sys', author: '$sys', role: 'admin', sinceMs: 0, dependsOn: [] } as const;
    const tokens = new DataTokens(SYSTEM_SECRET);
    const token = tokens.sign(login, nowMs + 1000);
    expect(tokens.verify(token, nowMs)).toEqual({ login, expiresAtMs: nowMs + 1000 });
    expect(new DataTokens('another').verify(token, nowMs)).toBeUndefined();
    for (let index = 0; index < token.length; index += 1) {
      const changed = token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1);
      const verified = tokens.verify(changed, nowMs);
      // The last character of a signature has bits that mean nothing.
      if (index < token.length - 1) expect(verified, String(index)).toBeUndefined();
    }
    for (const text of ['', '.', '..', `${token}.`, token.slice(1), 'A'.repeat(10_000)]) expect(tokens.verify(text, nowMs)).toBeUndefined();
  });

  it('A5 in a URL is refused: whatever stands there is logged', async () => {
    expect(await refusal('/ws?token=abc')).toEqual({ status: 400, body: { v: 'bad_request', s: 'error' } });
    expect(await refusal('/elsewhere')).toEqual({ status: 404, body: { v: 'not_found', s: 'error' } });
  });

  it('A6 that a browser sends along by itself does not count: a page logs in by message', async () => {
    const page = await fixture.connect({ authorization: basic('elena', 'elenas'), origin: 'https://example.org' });
    expect(await failureOf(page.call('get', { path: '/a6', key: 'k' }))).toMatchObject({ code: 'WEBSOCKET_NOT_LOGGED_IN' });
    expect(await page.call('login', { account: 'elena', secret: 'elenas' })).toMatchObject({ bucket: 'elena' });
  });

  it('A7 has to succeed in time', async () => {
    const [late, logged] = [await fixture.connect(), await fixture.open()];
    await late.call('ping');
    for (const run of [...timers]) run();
    expect(await late.closed).toEqual({ code: 1008, reason: 'log in first' });
    await logged.call('ping');
  });

  it('A8 ends with its account: requests are refused, watches end, the connection is closed', async () => {
    const scope = { bucket: '$sys', author: '$sys' };
    const { accounts } = fixture.accounts;
    await accounts.create(scope, 'nora', { email: 'nora@example.org', secret: 'noras' });
    const connect = () => fixture.connect({ authorization: basic('nora', 'noras') });
    const [asking, watching] = [await connect(), await connect()];
    const { token } = (await asking.call('token', { expiresInSeconds: 1000 })) as { token: string };
    await watching.call('watch', { scope: 'path', path: '/', initial: false });
    await accounts.remove(scope, 'nora');
    expect(await failureOf(asking.call('get', { path: '/', key: 'k' }))).toMatchObject({ code: 'WEBSOCKET_NOT_LOGGED_IN' });
    expect(await asking.closed).toEqual({ code: 1008, reason: 'the login has ended' });
    await fixture.store.put({ bucket: 'nora', layer: '*data', path: '/', key: 'k' }, 'secret');
    expect(await watching.closed).toMatchObject({ code: 1008 });
    expect(watching.pendingEvents).toBe(0);
    expect(await failureOf((await fixture.connect()).call('login', { token }))).toMatchObject({ code: 'ACCOUNTS_UNAUTHORIZED' });
  });

  it('A9 leads to the own bucket, for $sys to any, for an account to those of its sub-accounts', async () => {
    const client = await fixture.open();
    await fixture.accounts.accounts.create({ bucket: 'elena', author: 'elena' }, 'kim', { email: 'kim@example.org', secret: 'kims' });
    await client.call('put', { path: '/a9', key: 'k', value: 1, bucket: 'elena)kim' });
    const kim = await fixture.connect({ authorization: basic('elena#kim', 'kims') });
    expect(await kim.call('get', { path: '/a9', key: 'k' })).toMatchObject({ value: 1, author: 'elena' });
    expect(await failureOf(kim.call('get', { path: '/a9', key: 'k', bucket: 'elena' }))).toMatchObject({ error: 'unauthorized', code: 'WEBSOCKET_FORBIDDEN' });
    expect(await failureOf(client.call('watch', { scope: 'path', path: '/', bucket: '$sys' }))).toMatchObject({ code: 'WEBSOCKET_FORBIDDEN' });
    const system = await fixture.connect({ authorization: basic('$sys', SYSTEM_SECRET) });
    expect(await system.call('get', { path: '/a9', key: 'k', bucket: 'elena)kim' })).toMatchObject({ value: 1 });
  });

  it('A10 works for the WebSocket that is built into browsers, which offers the sub-protocol', async () => {
    const socket = new WebSocket(fixture.server.url, ['xir.data.v1']);
    await new Promise((resolve) => socket.once('open', resolve));
    expect(socket.protocol).toBe('xir.data.v1');
    socket.terminate();
    const other = new SocketClient(fixture.server.url);
    await other.opened;
    expect(other.socket.protocol).toBe('');
    other.close();
  });
});
