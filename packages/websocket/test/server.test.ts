import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createAccounts } from '@xir/accounts';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';

import { attachWebSocketFace, createWebSocketFace, createWebSocketServer } from '../src/index.ts';
import { selfSigned } from './self-signed.ts';
import { failureOf, SocketClient } from './socket-client.ts';
import { basic, openFixture } from './socket-fixture.ts';

const headers = { authorization: basic('$sys', 'secret') };

describe('a server', () => {
  it('S1 serves a store without a cache too', async () => {
    await using store = new MemoryReferenceStore();
    await using accounts = createAccounts({ store, systemSecret: 'secret' });
    const face = createWebSocketFace({ store, accounts, systemSecret: 'secret' });
    await using server = await createWebSocketServer({ face, port: 0, drainMs: 100 });
    const client = new SocketClient(server.url, { headers });
    await client.opened;
    await client.call('watch', { scope: 'path', path: '/', initial: false });
    await client.call('put', { path: '/', key: 'k', value: 1 });
    expect(await client.event()).toMatchObject({ record: { value: 1 } });
    expect(await client.call('get', { path: '/', key: 'k' })).toMatchObject({ value: 1 });
    client.close();
  });

  it('S2 serves TLS where a certificate is given, and tells requests that do not upgrade to', async () => {
    const { cert, key } = selfSigned();
    await using store = new MemoryReferenceStore();
    await using accounts = createAccounts({ store, systemSecret: 'secret' });
    await using secure = await createWebSocketServer({ face: createWebSocketFace({ store, accounts, systemSecret: 'secret' }), port: 0, tls: { cert, key }, drainMs: 100 });
    expect(secure.url).toMatch(/^wss:.*\/ws$/);
    const client = new SocketClient(secure.url, { headers, ca: cert });
    await client.opened;
    expect(await client.call('ping')).toMatchObject({});
    client.close();
    await using plain = await createWebSocketServer({ face: createWebSocketFace({ store, accounts, systemSecret: 'secret' }), port: 0, drainMs: 100 });
    const response = await fetch(plain.url.replace('ws:', 'http:'));
    expect(response.status).toBe(426);
    expect(await response.json()).toEqual({ v: 'bad_request', s: 'error' });
  });

  it('S3 can be one that serves something else; upgrades to other protocols are passed over', async () => {
    await using store = new MemoryReferenceStore();
    await using accounts = createAccounts({ store, systemSecret: 'secret' });
    await using face = createWebSocketFace({ store, accounts, systemSecret: 'secret' });
    const server = createServer((_request, response) => response.end('something else'));
    attachWebSocketFace(server, face);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (more: Record<string, string>, body?: string) =>
      new Promise<string>((resolve, reject) => {
        const asking = request({ port, method: body === undefined ? 'GET' : 'PUT', headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA', ...more } }, (response) => {
          let text = `${response.statusCode} `;
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve(text));
        });
        asking.on('error', reject);
        asking.end(body);
      });
    expect(await ask({})).toBe('200 something else');
    expect(await ask({ 'content-length': '2' }, '{}')).toBe('400 {"v":"bad_request","s":"error"}');
    const client = new SocketClient(`ws://127.0.0.1:${port}/ws/`, { headers });
    await client.opened;
    expect(await client.call('ping')).toMatchObject({});
    client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('S4 compresses only where that was asked for', async () => {
    await using store = new MemoryReferenceStore();
    await using accounts = createAccounts({ store, systemSecret: 'secret' });
    for (const [compression, extensions] of [[false, ''], [true, 'permessage-deflate']] as const) {
      await using server = await createWebSocketServer({ face: createWebSocketFace({ store, accounts, systemSecret: 'secret', compression }), port: 0, drainMs: 100 });
      const client = new SocketClient(server.url, { headers });
      await client.opened;
      expect(client.socket.extensions).toBe(extensions);
      await client.call('put', { path: '/', key: 'k', value: 'x'.repeat(10_000) });
      expect(await client.call('get', { path: '/', key: 'k' })).toMatchObject({ value: 'x'.repeat(10_000) });
      // Far more than is held at once goes on when it was read.
      await client.call('watch', { scope: 'path', path: '/', initial: false });
      await client.call('put', { path: '/', key: 'k', value: 'x'.repeat(1_000_000) });
      const asked = await Promise.all(Array.from({ length: 20 }, () => client.call('get', { path: '/', key: 'k' })));
      expect(asked).toHaveLength(20);
      for (let count = 0; count < 3; count += 1) await client.call('put', { path: '/', key: 'k', value: 'y'.repeat(400_000) });
      for (let count = 0; count < 4; count += 1) expect(await client.event()).toMatchObject({ event: 'put' });
      client.close();
    }
  });
});

describe('a face that closes', () => {
  it('G1 tells its clients to go away, ends their watches, lets requests under way finish, refuses new ones, and closes', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await using fixture = await openFixture({
      drainMs: 10_000,
      wrapStore: (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === 'keys') return async (...args: Parameters<typeof store.keys>) => held.then(() => target.keys(...args));
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        }),
    });
    const [idle, busy] = [await fixture.open(), await fixture.open()];
    await busy.call('watch', { scope: 'path', path: '/', initial: false, id: 50 });
    const slow = busy.call('keys', { path: '/' });
    await busy.call('ping');
    const closing = fixture.server.close();
    expect(await idle.closed).toEqual({ code: 1001, reason: 'the neuron is closing' });
    expect(idle.notices).toEqual([{ notice: 'go-away', graceMs: 10_000 }]);
    expect(await busy.event()).toMatchObject({ watch: 50, event: 'end', error: { error: 'unavailable', code: 'WEBSOCKET_GOING_AWAY' } });
    expect(await failureOf(busy.call('get', { path: '/', key: 'k' }))).toMatchObject({ code: 'WEBSOCKET_GOING_AWAY' });
    release();
    expect(await slow).toEqual({ items: [] });
    expect(await busy.closed).toMatchObject({ code: 1001 });
    await closing;
    await fixture.server.close();
  });

  it('G2 cuts what is not over in time', async () => {
    await using fixture = await openFixture({ drainMs: 10 });
    const client = await fixture.open();
    // It answers nothing any more, the closing included.
    client.socket.pause();
    await fixture.server.close();
    expect(fixture.face.metrics().connections).toBe(0);
    client.close();
  });
});
