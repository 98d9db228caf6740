import { connect } from 'node:net';

import { systemClock, type Clock } from '@xir/couch-client';
import type { WriteResult } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';

import { Deadlines } from '../src/deadlines.ts';
import { openNeuron, type CallOptions, type Neuron } from './neuron-fixture.ts';
import { peekingStore } from './peeking-store.ts';

const open = (rest: Parameters<typeof openNeuron>[0] = {}) => openNeuron({ store: peekingStore(new MemoryReferenceStore()), ...rest });

/** Makes the login and the bans known, without which nothing goes the short way. */
const warm = async (neuron: Neuron): Promise<void> => {
  for (let round = 0; round < 3; round += 1) await neuron.call('GET', '/_data/warm?k=x');
};

/** An answer, and whether it came the short way. */
async function put(neuron: Neuron, path: string, options: CallOptions) {
  await warm(neuron);
  const before = neuron.handler.metrics().plainWrites;
  const answer = await neuron.call('PUT', path, options);
  return { answer, wasShort: neuron.handler.metrics().plainWrites === before + 1 };
}

/** What differs from call to call whichever way they go. */
const likened = (text: string, version: unknown): string => text.replaceAll(String(version), '<version>');

describe('the short way of a write', () => {
  it.each<readonly [string, CallOptions]>([
    ['an object', { body: { k: 'x', v: { n: 1, t: 'ü', __proto__: null } } }],
    ['an empty object', { body: { k: 'x', v: {} } }],
    ['a scalar', { body: { k: 'x', v: 7 } }],
    ['secondary keys', { body: { k: 'x', v: {}, k2: 'other' } }],
    ['a long value', { body: { k: 'x', v: { text: 'y'.repeat(10_000) } } }],
    ['a form', { raw: 'k=x&v[n]=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['no value', { body: { k: 'x' } }],
    ['no key', { body: { v: 1 } }],
    ['no JSON', { raw: '{"k":' }],
    ['no UTF-8', { raw: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }],
    ['a number beyond all numbers', { raw: '{"k":"x","v":1e400}' }],
    ['a key that cannot be', { body: { k: 'x'.repeat(2_000), v: 1 } }],
    ['a lock that fits nothing', { body: { k: 'there', v: { _ver_: '000000000001-0000-x' } } }],
    ['a missing lock', { body: { k: 'there', v: {} } }],
    ['a forced lock', { body: { k: 'there', v: { _ver_: '_splat_', n: 2 } } }],
  ])('answers %s as the long way does, headers included', async (_title, options) => {
    const answers = [];
    for (const path of ['/_data/a/b', '/_data/a/b/']) {
      await using neuron = await open();
      await neuron.call('PUT', '/_data/a/b', { body: { k: 'there', v: { n: 1 } } });
      const { answer, wasShort } = await put(neuron, path, options);
      expect(wasShort).toBe(path === '/_data/a/b');
      const version = answer.headers.etag?.slice(1, -1) ?? answer.headers['x-kv4-current-version'];
      const read = await neuron.call('GET', '/_data/a/b?k=x');
      answers.push({ status: answer.status, text: likened(answer.text, version), headers: JSON.parse(likened(JSON.stringify({ ...answer.headers, date: '' }), version)), read: likened(read.text, version) });
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it.each<readonly [string, string, CallOptions]>([
    ['a parameter', '/_data/a?merge=1', {}],
    ['If-Match', '/_data/a', { headers: { 'if-match': '*' } }],
    ['If-None-Match', '/_data/a', { headers: { 'if-none-match': '*' } }],
    ['a preference', '/_data/a', { headers: { prefer: 'status=http' } }],
    ['an origin', '/_data/a', { headers: { origin: 'https://app.example' } }],
    ['percent-encoding', '/_data/%61', {}],
    ['a double slash', '/_data//a', {}],
    ['too many segments', `/_data${'/a'.repeat(33)}`, {}],
    ['a wrong login', '/_data/a', { login: 'elena:wrong' }],
    ['no login', '/_data/a', { login: null }],
    ['a large body', '/_data/a', { body: { k: 'x', v: 'y'.repeat(70_000) } }],
  ])('is not taken with %s', async (_title, path, options) => {
    await using neuron = await open();
    const { wasShort } = await put(neuron, path, { body: { k: 'x', v: { n: 1 } }, ...options });
    expect(wasShort).toBe(false);
  });

  it('heeds a ban and a changed secret at once', async () => {
    await using neuron = await open();
    const body = { k: 'x', v: { _ver_: '_splat_' } };
    expect((await put(neuron, '/_data/a', { body })).wasShort).toBe(true);
    await neuron.call('PUT', '/_auth/a', { body: { k: '127.0.0.1' } });
    expect((await neuron.call('PUT', '/_data/a', { body })).v).toBe('unauthorized');
    await neuron.call('DELETE', '/_auth/a?k=127.0.0.1&w=elena', { login: '$sys:secret' });
    expect((await neuron.call('PUT', '/_data/a', { body })).envelope.s).toBe('ok');
    await neuron.call('POST', '/_acc/accounts', { login: '$sys:secret', body: { k: 'elena', v: { secret: 'changed' } } });
    expect((await neuron.call('PUT', '/_data/a', { body })).v).toBe('unauthorized');
  });

  it('is counted, reported and finished once, whether it succeeds, fails or its client leaves', async () => {
    const reports: { outcome: string; code?: string }[] = [];
    await using neuron = await open({ rest: { onRequest: (report) => reports.push(report) } });
    await put(neuron, '/_data/a', { body: { k: 'x', v: 1 } });
    await put(neuron, '/_data/a', { body: { k: 'x' } });
    await warm(neuron);
    const { port } = neuron.server;
    const login = Buffer.from('elena:elenas').toString('base64');
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`PUT /_data/a HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${login}\r\nContent-Length: 50\r\n\r\n{"k":`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    while (!reports.some(({ outcome }) => outcome === 'aborted')) await new Promise((resolve) => setImmediate(resolve));
    const puts = reports.filter((report) => (report as { method?: string }).method === 'PUT' && (report as { service?: string }).service === 'data');
    expect(puts.map(({ outcome, code }) => [outcome, code])).toEqual([['ok', undefined], ['error', 'REST_VALUE_MISSING'], ['aborted', undefined]]);
    expect(neuron.handler.metrics()).toMatchObject({ activeRequests: 0, plainWrites: 3 });
  });

  it('is answered in time when the store takes too long, and what comes of the write later harms nobody', async () => {
    let release: (() => void) | undefined;
    const inner = peekingStore(new MemoryReferenceStore());
    let slow = false;
    const store = new Proxy(inner, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== 'put' || !slow) return value;
        return (...parameters: Parameters<typeof target.put>): Promise<WriteResult> => new Promise<void>((resolve) => (release = resolve)).then(() => target.put(...parameters));
      },
    });
    const clock = answerClock();
    await using neuron = await openNeuron({ store, clock, rest: { limits: { answerTimeoutMs: ANSWER_TIMEOUT_MS } } });
    await warm(neuron);
    slow = true;
    const answering = neuron.call('PUT', '/_data/a', { body: { k: 'x', v: 1 } });
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    clock.ring();
    const answer = await answering;
    expect([answer.v, answer.headers['x-kv4-error']]).toEqual(['timeout', 'REST_TIMEOUT']);
    slow = false;
    release();
    const address = { bucket: 'elena', layer: '*data', path: '/a', key: 'x' };
    while ((await inner.get(address))?.value !== 1) await new Promise((resolve) => setImmediate(resolve));
    expect(neuron.handler.metrics().activeRequests).toBe(0);
  });
});

const ANSWER_TIMEOUT_MS = 54_321;

/** The machine's clock, but for the time that answers have, which is up when the test says so. */
function answerClock(): Clock & { ring(): void } {
  let aheadMs = 0;
  const timers = new Set<() => void>();
  return {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic() + aheadMs,
    schedule(delayMs, run) {
      if (delayMs > ANSWER_TIMEOUT_MS || delayMs < ANSWER_TIMEOUT_MS / 2) return systemClock.schedule(delayMs, run);
      timers.add(run);
      return { cancel: () => void timers.delete(run) };
    },
    ring() {
      aheadMs += ANSWER_TIMEOUT_MS;
      for (const run of [...timers]) {
        timers.delete(run);
        run();
      }
    },
  };
}

describe('deadlines', () => {
  /** A clock with timers that run when it is moved on. */
  const handClock = () => {
    let nowMs = 0;
    const timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
    return {
      now: () => nowMs,
      monotonic: () => nowMs,
      schedule(delayMs: number, run: () => void) {
        const timer = { atMs: nowMs + delayMs, run };
        timers.add(timer);
        return { cancel: () => void timers.delete(timer) };
      },
      advance(ms: number) {
        nowMs += ms;
        for (const timer of timers) {
          if (timer.atMs > nowMs) continue;
          timers.delete(timer);
          timer.run();
        }
      },
      pending: () => timers.size,
    };
  };

  it('expire in time and in order, with one timer, unless they were met', () => {
    const clock = handClock();
    const deadlines = new Deadlines(clock, 10);
    const expired: string[] = [];
    deadlines.set(() => expired.push('a'));
    clock.advance(4);
    const met = deadlines.set(() => expired.push('b'));
    deadlines.set(() => expired.push('c'));
    expect(clock.pending()).toBe(1);
    deadlines.met(met);
    clock.advance(6);
    expect(expired).toEqual(['a']);
    clock.advance(3);
    expect(expired).toEqual(['a']);
    clock.advance(1);
    expect(expired).toEqual(['a', 'c']);
    expect(clock.pending()).toBe(0);
  });

  it('leave no timer once they are closed and the last one is met', () => {
    const clock = handClock();
    const deadlines = new Deadlines(clock, 10);
    const open_ = deadlines.set(() => undefined);
    deadlines.close();
    expect(clock.pending()).toBe(1);
    deadlines.met(open_);
    expect(clock.pending()).toBe(0);
  });
});
