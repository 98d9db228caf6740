import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { connect as connectPlain, type AddressInfo, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { REVOKED_PATH } from '../src/index.ts';
import { issueCertificate, makeAuthority, pemKey, serverNameOf, type KeyedCertificate } from '../src/links/certificates.ts';
import { MAX_LINK_FRAME_BYTES, MAX_LINK_FRAMES_PER_SECOND } from '../src/links/limits.ts';
import { seal } from '../src/links/sealed-key.ts';
import { AUTHORITY_ADDRESS, SEAL_LABEL, SystemAuthority } from '../src/links/system-authority.ts';
import { LINK_PATH } from '../src/links/tls-dial.ts';
import { ManualClock } from './support/manual-clock.ts';
import { LinkedNeurons, sent } from './support/linked-neurons.ts';

type Credentials = { readonly cert?: string; readonly key?: string };

const HOUR_MS = 3_600_000;

describe('strangers on the port of the link', () => {
  let neurons: LinkedNeurons;
  let port: number;
  let taken: string[];

  beforeEach(async () => {
    neurons = await LinkedNeurons.begin();
    const b = await neurons.open('b');
    port = b.port;
    taken = [];
    b.onMessages((from, messages) => void taken.push(...messages.map((message) => `${from}: ${message}`)));
  });
  afterEach(() => neurons[Symbol.asyncDispose]());

  /** What a client with these credentials gets: `open`, or nothing. */
  function knock(credentials: Credentials, then: (socket: WebSocket) => void = (socket) => socket.terminate()): Promise<'open' | 'nothing'> {
    return new Promise((resolve) => {
      const options: ClientOptions & { readonly servername: string } = { rejectUnauthorized: false, servername: serverNameOf('b'), ...credentials };
      const socket = new WebSocket(`wss://127.0.0.1:${port}${LINK_PATH}`, options);
      socket.once('open', () => {
        resolve('open');
        then(socket);
      });
      socket.on('error', () => resolve('nothing'));
    });
  }

  /** What came out of the port for one who sends this after the handshake. */
  function bytesFor(credentials: Credentials, text: string): Promise<string> {
    return new Promise((resolve) => {
      let received = '';
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...credentials }, () => socket.write(text));
      socket.on('data', (data) => (received += data.toString()));
      // A refusal may come as an error or as an end.
      socket.on('error', () => {});
      socket.on('close', () => resolve(received));
    });
  }

  const pem = (issued: KeyedCertificate): Credentials => ({ cert: issued.certificate, key: pemKey(issued) });
  const authority = () => SystemAuthority.open(neurons.store, 'secret', Date.now());
  const request = `GET ${LINK_PATH} HTTP/1.1\r\nHost: b\r\n\r\n`;

  it('L8: without a certificate get nothing, not even a status', async () => {
    expect(await knock({})).toBe('nothing');
    expect(await bytesFor({}, request)).toBe('');
  });

  it('L8: with the certificate of another system, or one that they made themselves in the same name, get nothing', async () => {
    await using other = new MemoryReferenceStore();
    expect(await knock(pem(await (await SystemAuthority.open(other, 'secret', Date.now())).issue('a', Date.now())))).toBe('nothing');
    const forged = await makeAuthority('Xir system authority', { fromMs: Date.now() - HOUR_MS, toMs: Date.now() + HOUR_MS });
    expect(await knock(pem(await issueCertificate(forged, 'a', { fromMs: Date.now() - HOUR_MS, toMs: Date.now() + HOUR_MS })))).toBe('nothing');
    expect(await bytesFor(pem(forged), request)).toBe('');
  });

  it('L8: with an expired certificate of this system get nothing', async () => {
    expect(await knock(pem(await (await authority()).issue('a', Date.now() - 100 * HOUR_MS, HOUR_MS)))).toBe('nothing');
  });

  it('L8: cannot make a neuron believe that they are another one', async () => {
    const impostor = await neurons.open('c');
    impostor.onMessages(() => {});
    neurons.ports.set('b', impostor.port);
    const a = await neurons.open('a');
    expect(await sent(a, 'b', 'for b alone')).toBe('undelivered');
  });

  it('L8: who answers a dial with a certificate of another system, or with one that has ended, is told nothing', async () => {
    const heard: string[] = [];
    const a = await neurons.open('a');
    const forged = await makeAuthority('Xir system authority', { fromMs: Date.now() - HOUR_MS, toMs: Date.now() + HOUR_MS });
    const foreign = await issueCertificate(forged, 'c', { fromMs: Date.now() - HOUR_MS, toMs: Date.now() + HOUR_MS });
    const ended = await (await authority()).issue('c', Date.now() - 100 * HOUR_MS, HOUR_MS);
    for (const issued of [foreign, ended]) {
      const server = createServer({ ...pem(issued) }, (request, response) => {
        heard.push(request.url ?? '');
        response.end();
      });
      server.on('upgrade', (request, socket) => {
        heard.push(request.url ?? '');
        socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      neurons.ports.set('c', (server.address() as AddressInfo).port);
      expect(await sent(a, 'c', 'for c alone')).toBe('undelivered');
      await new Promise((resolve) => server.close(resolve));
    }
    expect(heard).toEqual([]);
  });

  it('L8: strangers that say nothing take no more connections than there are', async () => {
    const few = await neurons.open('d', { limits: { maxConnections: 3 } });
    const sockets = Array.from({ length: 10 }, () => connectPlain(few.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(sockets.slice(3).map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    expect(sockets.filter(({ destroyed }) => !destroyed).length).toBe(3);
    for (const socket of sockets) socket.destroy();
  });

  it('L14: who says nothing, stops within the handshake, or behind it, is cut in time', async () => {
    const strict = await neurons.open('d', { limits: { proofTimeoutMs: 300 } });
    const ended = (socket: Socket) => new Promise<void>((resolve) => socket.on('error', () => {}).once('close', () => resolve()));
    const silent = connectPlain(strict.port, '127.0.0.1');
    const within = connectPlain(strict.port, '127.0.0.1', () => within.write(Buffer.from([22, 3, 1, 2, 0, 1])));
    const proved = pem(await (await authority()).issue('a', Date.now()));
    const behind = connect({ host: '127.0.0.1', port: strict.port, rejectUnauthorized: false, ...proved });
    const slow = connect({ host: '127.0.0.1', port: strict.port, rejectUnauthorized: false, ...proved }, () => slow.write(`GET ${LINK_PATH} HTTP/1.1\r\nHost:`));
    await Promise.all([silent, within, behind, slow].map(ended));
    await vi.waitFor(() => expect(strict.stats().turnedAway).toBe(4));
    expect(strict.stats().connections).toBe(0);
  });

  it('L14: a crowd that says nothing keeps no neuron out: those that came first are cut, and neurons with a connection are not affected', async () => {
    const crowded = await neurons.open('d', { limits: { maxConnections: 20, maxUnprovedConnections: 5 } });
    crowded.onMessages(() => {});
    const a = await neurons.open('a');
    expect(await sent(a, 'd', 'before')).toBe('delivered');
    const sockets = Array.from({ length: 30 }, () => connectPlain(crowded.port, '127.0.0.1').on('error', () => {}));
    await vi.waitFor(() => expect(sockets.filter(({ destroyed }) => destroyed).length).toBeGreaterThanOrEqual(10), { timeout: 10_000 });
    const c = await neurons.open('c');
    expect(await sent(c, 'd', 'a new one')).toBe('delivered');
    expect(await sent(a, 'd', 'still there')).toBe('delivered');
    for (const socket of sockets) socket.destroy();
  });

  it('L9: a revoked neuron is cut off at once, and gets nothing any more; nor does a revoked certificate', async () => {
    const a = await neurons.open('a');
    a.onMessages(() => {});
    expect(await sent(a, 'b', 'before')).toBe('delivered');
    await neurons.store.put({ ...REVOKED_PATH, key: 'a' }, { reason: 'stolen' });
    await vi.waitFor(() => expect(a.stats().connections).toBe(0));
    expect(await sent(a, 'b', 'after')).toBe('undelivered');
    const issued = await (await authority()).issue('c', Date.now());
    expect(await knock(pem(issued))).toBe('open');
    await neurons.store.put({ ...REVOKED_PATH, key: new X509Certificate(issued.certificate).serialNumber.toLowerCase() }, {});
    await vi.waitFor(async () => expect(await knock(pem(issued))).toBe('nothing'));
    expect(taken).toEqual(['a: before']);
    await neurons.store.delete({ ...REVOKED_PATH, key: 'a' });
    await vi.waitFor(async () => expect(await sent(a, 'b', 'pardoned')).toBe('delivered'));
  });

  it('L10: a neuron whose frames are too large, malformed, out of order or too many is cut off; others are not affected', async () => {
    const a = await neurons.open('a');
    a.onMessages(() => {});
    expect(await sent(a, 'b', 'well behaved')).toBe('delivered');
    const bad = pem(await (await authority()).issue('bad', Date.now()));
    const badFrames: readonly (string | Buffer)[] = ['x'.repeat(MAX_LINK_FRAME_BYTES + 1), '', 'm1', 'm1\n5\nfour', 'm1\n-1\n', 'm2\n1\nx', 'a1', 'p1\n{}', 'p1\nnone', `m1\n${'0,'.repeat(10_000)}0\n`, Buffer.from('m1\n1\nx')];
    for (const frame of badFrames) {
      const ended = new Promise<void>((resolve) => {
        void knock(bad, (socket) => {
          socket.once('close', () => resolve());
          socket.send(frame);
        });
      });
      await ended;
    }
    const flooded = new Promise<void>((resolve) => {
      void knock(bad, (socket) => {
        socket.once('close', () => resolve());
        for (let index = 0; index <= 2 * MAX_LINK_FRAMES_PER_SECOND; index += 1) socket.send('q0\n');
      });
    });
    await flooded;
    expect(taken).toEqual(['a: well behaved']);
    expect(await sent(a, 'b', 'still there')).toBe('delivered');
  });

  it('L11: a certificate is renewed before it ends, and connections made then are proved by the new one', async () => {
    const clock = new ManualClock();
    // TLS goes by the machine's own time, which is where this clock arrives.
    clock.step(Date.now() - 130 * 60_000 - clock.now());
    const c = await neurons.open('c', { clock, certificateLifetimeMs: 3 * HOUR_MS });
    c.onMessages(() => {});
    const first = c.stats().certificateEndsAtMs;
    for (let minute = 0; minute < 130; minute += 1) await clock.advance(60_000);
    await vi.waitFor(() => expect(c.stats().certificateEndsAtMs).toBeGreaterThan(first + HOUR_MS), { timeout: 5000 });
    const a = await neurons.open('a');
    expect(await sent(a, 'c', 'hello')).toBe('delivered');
  });

  it('L11: a connection ends with the certificate that proved it', async () => {
    const clock = new ManualClock();
    clock.step(Date.now() - clock.now());
    const c = await neurons.open('c', { clock, certificateLifetimeMs: 100 * HOUR_MS });
    const a = await neurons.open('a', { certificateLifetimeMs: HOUR_MS });
    a.onMessages(() => {});
    expect(await sent(c, 'a', 'hello')).toBe('delivered');
    clock.step(HOUR_MS - 60_000);
    await clock.advance(20_000);
    expect(c.stats().connections).toBe(1);
    await clock.advance(60_000);
    expect(c.stats().connections).toBe(0);
  });

  it('L11: messages go on over the renewal of a certificate, and over the end of the one before', async () => {
    const clock = new ManualClock();
    clock.step(Date.now() - clock.now());
    const c = await neurons.open('c', { clock, certificateLifetimeMs: HOUR_MS });
    const a = await neurons.open('a', { clock, certificateLifetimeMs: HOUR_MS });
    c.onMessages(() => {});
    a.onMessages(() => {});
    const first = c.stats().certificateEndsAtMs;
    const outcomes = new Set<string>();
    for (let minute = 0; minute < 70; minute += 1) {
      await clock.advance(60_000);
      if (clock.now() > first - HOUR_MS / 3) await vi.waitFor(() => expect(Math.min(a.stats().certificateEndsAtMs, c.stats().certificateEndsAtMs)).toBeGreaterThan(first), { timeout: 5000 });
      outcomes.add(await sent(a, 'c', String(minute))).add(await sent(c, 'a', String(minute)));
    }
    expect([...outcomes]).toEqual(['delivered']);
    // The one that was proved by the first certificate ended with it.
    expect(c.stats().connectionsTotal).toBe(2);
  });

  it('L1: the system secret is changed by deleting the authority: those with the new one link, and one with the old gets nothing', async () => {
    const old = pem(await (await authority()).issue('a', Date.now()));
    await neurons.store.delete(AUTHORITY_ADDRESS);
    const fresh = await makeAuthority('Xir system authority', { fromMs: Date.now() - HOUR_MS, toMs: Date.now() + HOUR_MS });
    await neurons.store.put(AUTHORITY_ADDRESS, { certificate: fresh.certificate, sealed: await seal(fresh.key, 'another secret', SEAL_LABEL, 2) });
    const [c, d] = [await neurons.open('c', { systemSecret: 'another secret' }), await neurons.open('d', { systemSecret: 'another secret' })];
    c.onMessages(() => {});
    expect(await sent(d, 'c', 'hello')).toBe('delivered');
    port = c.port;
    expect(await knock(old)).toBe('nothing');
    const stayed = await sent(d, 'b', 'for one with the old secret');
    expect(stayed).toBe('undelivered');
    await expect(neurons.open('e', { systemSecret: 'secret' })).rejects.toMatchObject({ code: 'LINK_WRONG_SECRET' });
  });

  it('L1: the key of the authority is of no use without the system secret', async () => {
    expect((await neurons.store.get(AUTHORITY_ADDRESS))?.valueText).toContain('sealed');
    await expect(neurons.open('d', { systemSecret: 'guessed' })).rejects.toMatchObject({ code: 'LINK_WRONG_SECRET' });
  });
});
