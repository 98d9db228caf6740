import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createRawServer, type AddressInfo } from 'node:net';
import { CouchClient, undiciTransport, type CouchTransport } from '@xir/couch-client';
import { describe, expect, it } from 'vitest';

/** A server on loopback that answers as it is told. */
async function serve(listener: RequestListener) {
  const server: Server = createServer(listener);
  let connections = 0;
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function transportFor(url: string, options: Partial<Parameters<typeof undiciTransport>[0]> = {}) {
  const transport = undiciTransport({ url, ...options });
  return Object.assign(transport, { [Symbol.asyncDispose]: () => transport.close() });
}

const get = { method: 'GET', path: '/x' } as const;
const put = { method: 'PUT', path: '/x?secret=1', body: '{}' } as const;

function codeOf(promise: Promise<unknown>) {
  return promise.then(
    () => 'resolved',
    (error: { code?: unknown; outcomeUnknown?: unknown }) => `${String(error.code)} ${String(error.outcomeUnknown)}`,
  );
}

describe('undiciTransport', () => {
  it('uses a connection again after a whole answer', async () => {
    await using server = await serve((_request, response) => response.end('{"ok":true}'));
    await using transport = transportFor(server.url, { connections: 1 });
    for (let n = 0; n < 5; n += 1) expect(await (await transport.request(get)).text()).toBe('{"ok":true}');
    for (let n = 0; n < 5; n += 1) await (await transport.request(get)).discard();
    expect(server.connections()).toBe(1);
  });

  it('lets writes and reads of documents through, however many reads of ranges wait', async () => {
    await using server = await serve((request, response) => {
      if (request.url?.includes('_all_docs') !== true) response.end('{"ok":true}');
    });
    await using transport = transportFor(server.url, { connections: 4 });
    const scans = Array.from({ length: 20 }, (_, n) => codeOf(transport.request({ method: 'GET', path: `/db/_all_docs?limit=${n}` })));
    for (const request of [put, get, { method: 'POST', path: '/db/_bulk_get', body: '{}' } as const]) expect(await (await transport.request(request)).text()).toBe('{"ok":true}');
    await transport.close();
    expect(new Set(await Promise.all(scans))).toEqual(new Set(['COUCH_CLOSED false']));
    expect(server.connections()).toBeLessThanOrEqual(4);
  });

  it('puts the path prefix of its URL before every path', async () => {
    const seen: (string | undefined)[] = [];
    await using server = await serve((request, response) => {
      seen.push(request.url);
      response.end();
    });
    await using transport = transportFor(`${server.url}/prefix/`);
    await (await transport.request(get)).discard();
    expect(seen).toEqual(['/prefix/x']);
  });

  it('refuses an answer larger than allowed', async () => {
    await using server = await serve((_request, response) => response.end('x'.repeat(100_000)));
    await using transport = transportFor(server.url, { maxResponseBytes: 1000 });
    expect(await codeOf(transport.request(get).then((response) => response.text()))).toBe('COUCH_TOO_LARGE false');
    expect((await (await transport.request(get)).text(200_000)).length).toBe(100_000);
  });

  it('says of a server that is not there that nothing can have happened', async () => {
    const server = await serve(() => undefined);
    await server[Symbol.asyncDispose]();
    await using transport = transportFor(server.url);
    expect(await codeOf(transport.request(put))).toBe('COUCH_UNREACHABLE false');
  });

  it('says of a connection cut before the answer that a write may have happened', async () => {
    await using server = await serve((request) => request.socket.destroy());
    await using transport = transportFor(server.url);
    expect(await codeOf(transport.request(put))).toBe('COUCH_UNREACHABLE true');
    expect(await codeOf(transport.request(get))).toBe('COUCH_UNREACHABLE false');
  });

  it('gives up on headers and on a body that do not come in time', async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/body') response.write('{');
    });
    await using transport = transportFor(server.url, { headersTimeoutMs: 100, bodyTimeoutMs: 100 });
    expect(await codeOf(transport.request(put))).toBe('COUCH_TIMEOUT true');
    expect(await codeOf(transport.request({ method: 'GET', path: '/body' }).then((response) => response.text()))).toBe('COUCH_TIMEOUT false');
  });

  it('ends a request whose signal is aborted, before and while it is under way', async () => {
    await using server = await serve((_request, response) => void response.write('{'));
    await using transport = transportFor(server.url);
    expect(await codeOf(transport.request({ ...put, signal: AbortSignal.abort() }))).toBe('COUCH_ABORTED false');
    const controller = new AbortController();
    const response = await transport.request({ ...get, signal: controller.signal, bodyTimeoutMs: 0 });
    const text = codeOf(response.text());
    controller.abort();
    expect(await text).toBe('COUCH_ABORTED false');
  });

  it('closes the connection of a feed whose reader leaves, and cuts open feeds when it is closed', async () => {
    const closed: Promise<void>[] = [];
    await using server = await serve((_request: IncomingMessage, response: ServerResponse) => {
      closed.push(new Promise((resolve) => response.on('close', resolve)));
      response.write('\n');
    });
    const transport: CouchTransport = undiciTransport({ url: server.url });
    const open = () => transport.request({ ...get, headersTimeoutMs: 0, bodyTimeoutMs: 0 });
    for await (const piece of (await open()).body) {
      expect(piece.length).toBe(1);
      break;
    }
    await closed[0];
    const second = await open();
    const read = codeOf(second.text());
    await Promise.all([transport.close(), transport.close()]);
    expect(await read).toMatch(/^COUCH_(CLOSED|ABORTED|UNREACHABLE)/);
    await closed[1];
    expect(await codeOf(transport.request(get))).toBe('COUCH_CLOSED false');
  });

  it('a body that nobody reads does not end the process when the server dies', async () => {
    await using server = await serve((_request, response) => {
      response.write('half');
      setImmediate(() => response.destroy());
    });
    await using transport = transportFor(server.url);
    const response = await transport.request(get);
    expect(await codeOf(response.text())).toBe('COUCH_UNREACHABLE false');
  });

  it('takes an answer that is no HTTP for a bad one', async () => {
    const raw = createRawServer((socket) => socket.once('data', () => socket.write('SSH-2.0-x\r\n\r\n')));
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    const transport = transportFor(`http://127.0.0.1:${(raw.address() as AddressInfo).port}`);
    expect(await codeOf(transport.request(get))).toBe('COUCH_BAD_RESPONSE false');
    await transport.close();
    await new Promise<void>((resolve) => raw.close(() => resolve()));
  });
});

describe('CouchClient over HTTP', () => {
  it('keeps set-cookie a list and joins other repeated headers', async () => {
    await using server = await serve((_request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('x-many', ['1', '2']);
      response.end('{}');
    });
    await using client = new CouchClient({ url: server.url });
    const { headers } = await client.json({ path: '/' });
    expect([headers['set-cookie'], headers['x-many']]).toEqual([['a=1', 'b=2'], '1, 2']);
  });
});
