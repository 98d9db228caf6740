import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createRawServer, type AddressInfo, type Server as RawServer, type Socket } from 'node:net';
import { undiciTransport, type TransportResponse } from '@xir/couch-client';
import { describe, expect, it, vi } from 'vitest';
import { STREAM_READ_BYTES } from '../src/streamed-response.ts';

async function listening(server: Server | RawServer, sockets: Set<Socket>) {
  server.on('connection', (socket: Socket) => sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = undiciTransport({ url: `http://127.0.0.1:${port}/prefix`, maxResponseBytes: 1_000_000 });
  const open = (signal?: AbortSignal): Promise<TransportResponse> =>
    transport.request({ method: 'GET', path: '/x', headers: { authorization: 'Basic eA==' }, headersTimeoutMs: 0, bodyTimeoutMs: 0, streaming: true, ...(signal === undefined ? {} : { signal }) });
  return {
    transport,
    sockets,
    open,
    async [Symbol.asyncDispose]() {
      await transport.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const serve = (listener: RequestListener) => listening(createServer(listener), new Set());
/** A server that answers every connection with bytes of its own. */
const serveRaw = (answer: (socket: Socket) => void) => listening(createRawServer((socket) => socket.once('data', () => answer(socket))), new Set());

/** The body as it was borrowed. */
async function borrowed(response: TransportResponse): Promise<string> {
  let text = '';
  await response.borrow?.((piece) => {
    text += Buffer.from(piece).toString('latin1');
  });
  return text;
}

const codeOf = (promise: Promise<unknown>) => promise.then(() => 'resolved', (error: { code?: unknown }) => String(error.code));

describe('an answer that is read as a stream', () => {
  it('is asked for as over any transport, and read borrowed, in pieces, or as text', async () => {
    const seen: unknown[] = [];
    await using server = await serve((request, response) => {
      seen.push([request.method, request.url, request.headers.authorization, request.headers.host?.startsWith('127.0.0.1:')]);
      response.writeHead(200, { 'x-a': 'b' });
      for (let n = 0; n < 1000; n += 1) response.write(`line ${n}\n`);
      response.end();
    });
    const text = Array.from({ length: 1000 }, (_, n) => `line ${n}\n`).join('');
    const response = await server.open();
    expect([response.status, response.headers['x-a'], response.headers['transfer-encoding']]).toEqual([200, 'b', 'chunked']);
    expect(await borrowed(response)).toBe(text);
    expect(await (await server.open()).text()).toBe(text);
    let pieces = '';
    for await (const piece of (await server.open()).body) pieces += Buffer.from(piece).toString();
    expect(pieces).toBe(text);
    expect(seen).toEqual([['GET', '/prefix/x', 'Basic eA==', true], ['GET', '/prefix/x', 'Basic eA==', true], ['GET', '/prefix/x', 'Basic eA==', true]]);
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
  });

  it('comes as its reader takes it: nothing while a piece is being thought about, everything in order afterwards', async () => {
    const bytes = Buffer.alloc(5_000_000);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = at % 251;
    let finished = false;
    await using server = await serve((_, response) => {
      response.end(bytes, () => (finished = true));
    });
    const response = await server.open();
    const got: Buffer[] = [];
    let isTaking = false;
    const longest = { bytes: 0 };
    await response.borrow?.(async (piece) => {
      expect(isTaking).toBe(false);
      isTaking = true;
      longest.bytes = Math.max(longest.bytes, piece.length);
      got.push(Buffer.from(piece));
      await new Promise<void>((resolve) => setImmediate(resolve));
      isTaking = false;
    });
    expect(Buffer.concat(got).equals(bytes)).toBe(true);
    expect(longest.bytes).toBeLessThanOrEqual(STREAM_READ_BYTES);
    await vi.waitFor(() => expect(finished).toBe(true));
  });

  it('holds the server back while its reader waits', async () => {
    let sent = 0;
    await using server = await serve((_, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536))) sent += 65_536;
        sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    const response = await server.open();
    let release: () => void = () => undefined;
    const reading = response.borrow?.(() => new Promise<void>((resolve) => (release = resolve)));
    let before = -1;
    await vi.waitFor(() => {
      const grown = sent !== before;
      before = sent;
      expect(grown).toBe(false);
    }, { interval: 50 });
    expect(sent).toBeLessThan(20_000_000);
    release();
    await response.discard();
    await reading;
  });

  it('breaks off with the code of what happened', async () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
    await using cut = await serveRaw((socket) => void socket.write(head, () => socket.destroy()));
    expect(await codeOf(cut.open().then((response) => borrowed(response)))).toBe('COUCH_UNREACHABLE');
    await using early = await serveRaw((socket) => socket.destroy());
    expect(await codeOf(early.open())).toBe('COUCH_UNREACHABLE');
    await using foreign = await serveRaw((socket) => void socket.write('220 mail.example.org ESMTP\r\n\r\n'));
    expect(await codeOf(foreign.open())).toBe('COUCH_BAD_RESPONSE');
    await using garbled = await serveRaw((socket) => void socket.write(`${head}zz\r\n`));
    expect(await codeOf(garbled.open().then((response) => borrowed(response)))).toBe('COUCH_BAD_RESPONSE');
    await using large = await serve((_, response) => void response.end('x'.repeat(2_000_000)));
    expect(await codeOf(large.open().then((response) => response.text()))).toBe('COUCH_TOO_LARGE');
    for (const server of [foreign, garbled, large]) await vi.waitFor(() => expect(server.sockets.size).toBe(0));
  });

  it('ends with its signal, and with its transport, before and behind its head', async () => {
    await using silent = await serveRaw(() => undefined);
    const abort = new AbortController();
    const opening = codeOf(silent.open(abort.signal));
    await vi.waitFor(() => expect(silent.sockets.size).toBe(1));
    abort.abort();
    expect(await opening).toBe('COUCH_ABORTED');
    await using server = await serve((_, response) => void response.write('first'));
    const second = new AbortController();
    const reading = codeOf((await server.open(second.signal)).borrow?.(() => second.abort()) ?? Promise.resolve());
    expect(await reading).toBe('COUCH_ABORTED');
    const closed = codeOf((await server.open()).borrow?.(() => undefined) ?? Promise.resolve());
    await server.transport.close();
    expect(await closed).toBe('COUCH_CLOSED');
    for (const each of [silent, server]) await vi.waitFor(() => expect(each.sockets.size).toBe(0));
  });

  it('keeps what came with the head for a reader that comes late', async () => {
    await using server = await serveRaw((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'));
    const response = await server.open();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(await borrowed(response)).toBe('hello');
  });

  it('is not asked for with what would be another request', async () => {
    await using server = await serve((_, response) => void response.end());
    const request = { method: 'GET', path: '/x', streaming: true } as const;
    expect(await codeOf(server.transport.request({ ...request, headers: { a: 'b\r\nc: d' } }))).toBe('COUCH_BAD_REQUEST');
    expect(await codeOf(server.transport.request({ ...request, path: '/x HTTP/1.1\r\n\r\nDELETE /' }))).toBe('COUCH_BAD_REQUEST');
    expect(server.sockets.size).toBe(0);
  });
});
