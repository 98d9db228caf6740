import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { describe, expect, it, vi } from 'vitest';

import { basic, openNeuron, type Neuron } from './neuron-fixture.ts';

const AUTHORIZATION = `Authorization: ${basic('elena:elenas')}`;
const HOST = `Host: x\r\n${AUTHORIZATION}`;

function put(body: string, headers = '', length: number | string = Buffer.byteLength(body, 'latin1')): string {
  return `PUT /_data/hostile HTTP/1.1\r\n${HOST}\r\n${headers}Content-Length: ${length}\r\n\r\n${body}`;
}

/** What clients send that mean no good, or know no better; in latin1. Each is closed by the client after it. */
const HOSTILE_BYTES: Readonly<Record<string, string>> = {
  'a content-length that is too long': put('{"k":"x"', '', 4_000),
  'a content-length that is too short': put('{"k":"x","v":1}', '', 4),
  'a negative content-length': put('{}', '', '-1'),
  'two content-lengths': put('{"k":"x","v":1}', 'Content-Length: 1\r\n'),
  'a content-length and chunks': put('{"k":"x","v":1}', 'Transfer-Encoding: chunked\r\n'),
  'chunks of no size': `PUT /_data/hostile HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
  'a chunk of any size': `PUT /_data/hostile HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}`,
  'chunk extensions without end': `PUT /_data/hostile HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n2;${'a=b;'.repeat(20_000)}`,
  'chunks that break off': `PUT /_data/hostile HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"k"`,
  'an encoding nobody knows': put('{"k":"x","v":1}', 'Content-Encoding: wonders\r\n'),
  'gzip that is none': put('{"k":"x","v":1}', 'Content-Encoding: gzip\r\n'),
  'gzip that breaks off': put('\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56', 'Content-Encoding: gzip\r\n'),
  'a charset that is not UTF-8': put('{"k":"\xe4","v":1}', 'Content-Type: application/json; charset=iso-8859-1\r\n'),
  'overlong UTF-8 in the body': put('{"k":"\xc0\xaf","v":1}'),
  'UTF-16 with its mark': put('\xff\xfe{\x00}\x00'),
  'ten thousand brackets': put(`{"k":"x","v":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
  'names twice': put('{"k":"x","k":"y","v":1,"v":2}'),
  'overlong UTF-8 in the path': `GET /_data/%c0%ae%c0%ae HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'NUL in the path': `GET /_data/\0 HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'encoded NUL, CR and LF in path and query': `GET /_data/a%00%0d%0aX:1?k=%0d%0aSet-Cookie:x HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'a bare line feed in a header': `GET /_ds HTTP/1.1\nHost: x\nX: a\rb\n\n`,
  'a header that is folded': `GET /_ds HTTP/1.1\r\n${HOST}\r\nX: a\r\n b\r\n\r\n`,
  'a header without a name': `GET /_ds HTTP/1.1\r\n${HOST}\r\n: x\r\n\r\n`,
  'a header of a control character': `GET /_ds HTTP/1.1\r\n${HOST}\r\nX: a\x01b\r\n\r\n`,
  'five thousand headers': `GET /_ds HTTP/1.1\r\n${HOST}\r\n${'a: b\r\n'.repeat(5_000)}\r\n`,
  'an absolute URL': `GET http://elsewhere.example/_ds HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'an absolute URL that is none': `GET http://[::1 HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'an asterisk': `OPTIONS * HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'CONNECT': `CONNECT elsewhere.example:443 HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'a hundred thousand parameters': `GET /_data/hostile?${'a&'.repeat(100_000)} HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'two thousand equal parameters': `GET /_data/hostile?${'k=a&'.repeat(2_000)} HTTP/1.1\r\n${HOST}\r\n\r\n`,
  'HTTP/0.9': 'GET /_ds\r\n\r\n',
  'HTTP/9.9': `GET /_ds HTTP/9.9\r\n${HOST}\r\n\r\n`,
  'an upgrade to WebSocket': `GET /_ds HTTP/1.1\r\n${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`,
  'an upgrade to HTTP/2': `GET /_ds HTTP/1.1\r\n${HOST}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a client hello of TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'an expectation of 100-continue without a body': `PUT /_data/hostile HTTP/1.1\r\n${HOST}\r\nExpect: 100-continue\r\nContent-Length: 9999999999\r\n\r\n`,
  'a request in a request': put(`{"k":"x","v":1}GET /_ds HTTP/1.1\r\n${HOST}\r\n\r\n`, '', 15),
  'garbage behind a request': `GET /_ds HTTP/1.1\r\n${HOST}\r\n\r\n\0\xff\xfe garbage\r\n\r\n`,
  'a hundred requests at once, the last one broken': `${`GET /_ds HTTP/1.1\r\n${HOST}\r\n\r\n`.repeat(100)}GET \xff`,
  'credentials that are none': 'GET /_data/x HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \xff\xfe====\r\n\r\n',
  'nothing but a line feed': '\n',
};

/** Sends bytes, half-closes, and reads until the server closes. */
function exchange({ server }: Neuron, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, server.host);
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (received += chunk));
    // A reset is an answer, too: the connection is closed.
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(received));
    socket.end(text, 'latin1');
  });
}

/** The first answer is of HTTP with an envelope, or there is none and the connection is closed. */
function expectCivil(name: string, received: string): void {
  if (received === '') return;
  expect([name, received.slice(0, 80)]).toEqual([name, expect.stringMatching(/^HTTP\/1\.1 [1-5]\d\d /) as string]);
  if (/^HTTP\/1\.1 (100|204)/.test(received)) return;
  expect([name, received]).toEqual([name, expect.stringMatching(/\{"v":[^]*"s":"(ok|error)"\}/) as string]);
  expect([name, received]).toEqual([name, expect.not.stringMatching(/\r\n(X: ?1|Set-Cookie: ?x)\r\n/i) as string]);
}

describe('hostile bytes on a socket', () => {
  it.each(Object.keys(HOSTILE_BYTES))(
    '%s: is answered with an envelope or closed, and the neighbour is served',
    async (name) => {
      await using neuron = await openNeuron({ server: { headersTimeoutMs: 1_000, requestTimeoutMs: 2_000 } });
      expectCivil(name, await exchange(neuron, HOSTILE_BYTES[name] ?? ''));
      expect((await neuron.call('PUT', '/_data/good', { body: { k: 'good', v: 1 } })).envelope.s).toBe('ok');
      expect((await neuron.call('GET', '/_data/good?k=good')).envelope.s).toBe('ok');
    },
    20_000,
  );

  it('requests that wait behind others of a connection that closes are under way no more', async () => {
    await using neuron = await openNeuron();
    await exchange(neuron, HOSTILE_BYTES['a hundred requests at once, the last one broken'] ?? '');
    await vi.waitFor(() => expect(neuron.handler.metrics().activeRequests).toBe(0), { timeout: 5_000, interval: 10 });
  });

  it('many rounds of them leave neither memory nor handles behind', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await using neuron = await openNeuron({ server: { headersTimeoutMs: 1_000, requestTimeoutMs: 2_000 } });
    const round = async () => {
      await Promise.all(Object.values(HOSTILE_BYTES).map((bytes) => exchange(neuron, bytes)));
      expect((await neuron.call('GET', '/_ds')).envelope.s).toBe('ok');
    };
    const measure = () => {
      collect();
      return { heapBytes: process.memoryUsage().heapUsed, sockets: process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCPSocket')).length };
    };
    for (let warm = 0; warm < 5; warm += 1) await round();
    const before = measure();
    for (let count = 0; count < 15; count += 1) await round();
    const after = measure();
    expect((after.heapBytes - before.heapBytes) / 15).toBeLessThan(200_000);
    expect(after.sockets).toBeLessThanOrEqual(before.sockets);
    await vi.waitFor(() => expect(neuron.handler.metrics().activeRequests).toBe(0), { timeout: 5_000, interval: 10 });
  }, 120_000);
});
