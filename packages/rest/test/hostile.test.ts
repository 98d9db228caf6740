import { connect } from 'node:net';

import fc from 'fast-check';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';

import { checkFacts } from './facts.ts';
import { basic, openNeuron, type Neuron } from './neuron-fixture.ts';

/** Sends bytes as they are and reads until the server closes or a whole answer is there. */
function exchange({ server }: Neuron, text: string | Buffer, until: (received: string) => boolean = (received) => received.includes('"s":')): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, server.host, () => socket.write(text));
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (until(received)) socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(received));
  });
}

const isAlive = async ({ call }: Neuron) => expect((await call('GET', '/_ds')).envelope.s).toBe('ok');

checkFacts('hostile requests', [
  [
    'a request of HTTP/1.1 without a Host is refused with an envelope, an unknown expectation is passed over',
    async (neuron) => {
      const hostless = await exchange(neuron, 'GET /_ds HTTP/1.1\r\n\r\n');
      expect(hostless).toMatch(/^HTTP\/1\.1 400 .*\{"v":"bad_request","s":"error"\}$/s);
      const expecting = await exchange(neuron, `GET /_ds HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nAuthorization: ${basic('elena:elenas')}\r\n\r\n`);
      expect(expecting).toMatch(/^HTTP\/1\.1 200 .*"s":"ok"\}$/s);
    },
  ],
  [
    'a malformed path is bad_request',
    async ({ call }) => {
      for (const path of ['/_data/%', '/_data/%zz', '/_data/%ff%fe', '/_data/a%2fb', '/_data/a%00b', '/_data' + '/a'.repeat(40)]) expect((await call('GET', path)).v).toBe('bad_request');
    },
  ],
  [
    'a service that does not exist is unknown_service, whatever its name',
    async ({ call }) => {
      for (const path of ['/_', '/__proto__', '/_constructor', '/_toString/x', '/x', '/_DATA']) expect((await call('GET', path)).v).toBe('unknown_service');
      for (const path of ['/_acc/__proto__', '/_acc/constructor', '/_acc/accounts/x']) expect((await call('GET', path)).v).toBe('not_found');
    },
  ],
  [
    'a malformed body is bad_body or bad_value, and nothing is stored',
    async ({ call }) => {
      const deep = '{"k":"x","v":' + '['.repeat(20_000) + ']'.repeat(20_000) + '}';
      for (const raw of ['{"k":', '[1]', '"x"', '7', 'true', deep, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), '{"k":"x","v":1}trailing']) {
        expect((await call('PUT', '/_data/hostile', { raw })).v).toBe('bad_body');
      }
      for (const raw of ['{"k":"x","v":1e400}', '{"k":"x","v":{"a":[-1e999]}}']) expect((await call('PUT', '/_data/hostile', { raw })).v).toBe('bad_value');
      expect((await call('GET', '/_data/hostile')).v).toEqual([]);
    },
  ],
  [
    'keys and values that try to reach a prototype are only keys and values',
    async ({ call }) => {
      for (const k of ['__proto__', 'constructor', 'toString']) {
        const { envelope } = await call('PUT', '/_data/proto', { raw: `{"k":${JSON.stringify(k)},"v":{"__proto__":{"polluted":1},"n":1}}` });
        expect(envelope.s).toBe('ok');
        const { text } = await call('GET', `/_data/proto?k=${k}`);
        expect(text).toContain('"n":1');
      }
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
      expect((await call('PUT', '/_data/proto', { raw: 'k=x&v[__proto__][a]=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).v).toBe('bad_body');
    },
  ],
  [
    'keys, paths and additional keys that cannot be stored are an error with a code',
    async ({ call }) => {
      for (const raw of [`{"k":"${'x'.repeat(2000)}","v":{}}`, '{"k":"\\ud800","v":{}}', '{"k":["x"],"v":{}}', '{"k":{"a":1},"v":{}}', '{"k":"x","k2":{},"v":{}}']) {
        const { v, headers } = await call('PUT', '/_data/unstorable', { raw });
        expect([raw.slice(0, 20), v]).toEqual([raw.slice(0, 20), 'bad_name']);
        expect(headers['x-kv4-error']).toMatch(/^(KV4|REST)_/);
      }
      expect((await call('GET', '/_data/' + 'x'.repeat(300) + '?k=x')).v).toBe('bad_name');
    },
  ],
  [
    'values with any characters come back as they were',
    async ({ call }) => {
      const v = { 'clé "\\': 'line\nbreak\u2028\u0000\ud83d\ude00', nested: { '': [] } };
      await call('PUT', '/_data/characters', { body: { k: 'ключ', v } });
      expect((await call('GET', `/_data/characters?k=${encodeURIComponent('ключ')}`)).v).toEqual({ ...v, _ver_: expect.any(String) });
    },
  ],
  [
    'any path and query is answered with an envelope',
    async ({ call }) => {
      const path = fc.stringMatching(/^[!-~]{0,60}$/).map((text) => '/_data/' + text.replaceAll('watch', ''));
      await fc.assert(
        fc.asyncProperty(path, fc.constantFrom('GET', 'DELETE', 'PUT'), async (url, method) => {
          expect(['ok', 'error']).toContain((await call(method, url)).envelope.s);
        }),
        { numRuns: 150 },
      );
    },
  ],
  [
    'any body is answered with an envelope',
    async ({ call }) => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), fc.constantFrom('/_data/any', '/_acc/accounts', '/_auth/any', '/_stats/any?l=m'), async (raw, url) => {
          expect(['ok', 'error']).toContain((await call('PUT', url, { raw })).envelope.s);
        }),
        { numRuns: 150 },
      );
    },
  ],
]);

describe('limits', () => {
  it('a URL past the limit is url_too_long', async () => {
    await using neuron = await openNeuron();
    expect((await neuron.call('GET', '/_data/x?k=' + 'y'.repeat(9000))).v).toBe('url_too_long');
  });

  it('headers past the limit are answered 431 with an envelope, and the server goes on', async () => {
    await using neuron = await openNeuron();
    const answer = await exchange(neuron, `GET /_ds HTTP/1.1\r\nHost: x\r\nX-Big: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('{"v":"headers_too_large","s":"error"}');
    await isAlive(neuron);
  });

  it.each(['nonsense\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc', 'GET / HTTP/9.9\r\n\r\n', 'GET /_ds HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n', 'GET /_ds HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n'])(
    'what is not HTTP (%j) is answered 400 with an envelope, and the server goes on',
    async (bytes) => {
      await using neuron = await openNeuron();
      const answer = await exchange(neuron, bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('{"v":"bad_request","s":"error"}');
      await isAlive(neuron);
    },
  );

  it('a body past the limit is too_large, announced or chunked, and the connection can be used again', async () => {
    await using neuron = await openNeuron({ rest: { limits: { maxBodyBytes: 1000 } } });
    expect((await neuron.call('PUT', '/_data/x', { body: { k: 'x', v: { t: 'y'.repeat(2000) } } })).v).toBe('too_large');
    const head = `PUT /_data/x HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('elena:elenas')}\r\n`;
    const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n7d0\r\n${'y'.repeat(2000)}\r\n0\r\n\r\n`;
    const next = `${head}Content-Length: 20\r\n\r\n{"k":"x","v":{"n":1}}`.replace('Content-Length: 20', 'Content-Length: 21');
    const received = await exchange(neuron, chunked + next, (text) => (text.match(/"s":/g) ?? []).length === 2);
    expect(received).toContain('{"v":"too_large","s":"error"}');
    expect(received).toContain('"n":1');
  });

  it('bodies that are too large together are busy', async () => {
    await using neuron = await openNeuron({ rest: { limits: { maxBufferedBodyBytes: 500 } } });
    expect((await neuron.call('PUT', '/_data/x', { body: { k: 'x', v: { t: 'y'.repeat(600) } } })).v).toBe('busy');
    expect((await neuron.call('PUT', '/_data/x', { body: { k: 'x', v: {} } })).envelope.s).toBe('ok');
  });

  it('requests past the limit are busy; when places are free again they are served', async () => {
    const store = new MemoryReferenceStore();
    const gates: Array<() => void> = [];
    const slow = new Proxy(store, {
      get(target, name) {
        if (name === 'keys') return async (...parameters: Parameters<typeof store.keys>) => {
          await new Promise<void>((resolve) => gates.push(resolve));
          return target.keys(...parameters);
        };
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    await using neuron = await openNeuron({ store: slow, rest: { limits: { maxConcurrentRequests: 2 } } });
    const waiting = [neuron.call('GET', '/_data/x'), neuron.call('GET', '/_data/x')];
    while (gates.length < 2) await new Promise<void>((resolve) => setImmediate(resolve));
    const refused = await neuron.call('GET', '/_data/x');
    expect([refused.v, refused.headers['retry-after']]).toEqual(['busy', '1']);
    for (const open of gates) open();
    expect((await Promise.all(waiting)).map(({ envelope }) => envelope.s)).toEqual(['ok', 'ok']);
    while (neuron.handler.metrics().activeRequests > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    await isAlive({ ...neuron, call: (method, path, options) => neuron.call(method, path, options) });
  });

  it('an answer that is not found in time is timeout, and what comes of it later harms nobody', async () => {
    const never = new Proxy(new MemoryReferenceStore(), {
      get(target, name) {
        if (name === 'keys') return () => new Promise(() => undefined);
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    await using neuron = await openNeuron({ store: never, rest: { limits: { answerTimeoutMs: 50 } } });
    expect((await neuron.call('GET', '/_data/x')).v).toBe('timeout');
    await isAlive(neuron);
  });

  it('a client that sends its headers too slowly is answered and cut off', async () => {
    await using neuron = await openNeuron({ server: { headersTimeoutMs: 100, requestTimeoutMs: 100 } });
    const answer = await exchange(neuron, 'GET /_ds HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    expect(answer).toContain('{"v":"timeout","s":"error"}');
  });

  it('a store that fails in an unforeseen way is internal, told to onError, and the server goes on', async () => {
    const errors: unknown[] = [];
    const broken = new Proxy(new MemoryReferenceStore(), {
      get(target, name) {
        if (name === 'keys') return () => Promise.reject(new Error('out of order'));
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    await using neuron = await openNeuron({ store: broken, rest: { onError: (error) => errors.push(error) } });
    expect((await neuron.call('GET', '/_data/x')).envelope).toEqual({ v: 'internal', s: 'error' });
    expect(errors).toEqual([expect.objectContaining({ message: 'out of order' })]);
    await isAlive(neuron);
  });

  it('guessing secrets is stopped, without locking out who is logged in', async () => {
    await using neuron = await openNeuron();
    await isAlive(neuron);
    const guess = (index: number) => neuron.call('GET', '/_ds', { login: `elena:guess${index}`, headers: { prefer: 'status=http' } });
    const answers = [];
    for (let index = 0; index < 12; index += 1) answers.push(await guess(index));
    expect(answers.map(({ v }) => v)).toEqual(answers.map(() => 'unauthorized'));
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    expect(Number(answers[11]?.headers['retry-after'])).toBeGreaterThan(0);
    await isAlive(neuron);
  });
});

describe('reports and counters', () => {
  it('are made of every request, without secrets', async () => {
    const reports: object[] = [];
    await using neuron = await openNeuron({ rest: { onRequest: (report) => reports.push(report) } });
    reports.length = 0;
    await neuron.call('GET', '/_data/seen?k=topsecretkey');
    await neuron.call('GET', '/_data/seen', { login: 'elena:topsecret' });
    await neuron.call('PUT', '/_acc/accounts', { login: '$sys:secret', body: { k: 'new', v: { email: 'n@example.org', secret: 'topsecret' } } });
    while (reports.length < 3) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(reports).toMatchObject([
      { service: 'data', method: 'GET', path: '/seen', outcome: 'error', error: 'not_found', bucket: 'elena', author: 'elena', remoteAddress: '127.0.0.1', status: 200 },
      { outcome: 'error', error: 'unauthorized', code: 'ACCOUNTS_UNAUTHORIZED' },
      { service: 'acc', method: 'PUT', outcome: 'ok' },
    ]);
    expect(JSON.stringify(reports)).not.toMatch(/topsecret|Basic/);
  });

  it('count requests by service, method and outcome, with their durations', async () => {
    await using neuron = await openNeuron();
    await neuron.call('GET', '/_data/x?k=y');
    await neuron.call('GET', '/_data/x');
    const { requests, activeRequests } = neuron.handler.metrics();
    const count = (outcome: string) => requests.find((one) => one.service === 'data' && one.method === 'GET' && one.outcome === outcome);
    expect(count('error')?.count).toBe(1);
    expect(count('error')?.buckets.reduce((sum, one) => sum + one, 0)).toBe(1);
    expect(count('error')?.totalMs).toBeGreaterThan(0);
    expect(activeRequests).toBeLessThanOrEqual(1);
  });
});
