import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';

import { expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';

import { FrameWriter } from '../src/frame-writer.ts';
import { serverFrame } from '../src/server-frame.ts';

const KINDS = ['plain', 'TLS'] as const;
const SHARED = { ciphers: 'PSK-AES128-GCM-SHA256', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const PSK = Buffer.from('0123456789abcdef');
const PING = Buffer.from([0x89, 0]);
const OPENING = 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** A client that reads nothing yet, and a writer to it. */
async function opened(kind: (typeof KINDS)[number]) {
  const http = createHttpServer();
  const accept = (socket: Socket) => void http.emit('connection', socket);
  const server: Server = kind === 'plain' ? createServer(accept) : createTlsServer({ ...SHARED, pskCallback: () => PSK }, accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const upgraded = once(http, 'upgrade');
  const client = kind === 'plain' ? connect(port, '127.0.0.1') : connectTls({ ...SHARED, port, host: '127.0.0.1', pskCallback: () => ({ psk: PSK, identity: 'a' }), checkServerIdentity: () => undefined });
  client.on('error', () => undefined);
  client.pause();
  client.write(OPENING);
  const [request, socket, head] = await upgraded;
  const ws = await new Promise<WebSocket>((resolve) => new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, head, resolve));
  ws.on('error', () => undefined);
  const told = { drained: 0, onDrained: () => {} };
  const onDrained = () => {
    told.drained += 1;
    told.onDrained();
  };
  const writer = new FrameWriter(ws, socket, { onDrained, onCut: () => {} });
  return {
    client,
    socket: socket as Socket,
    ws,
    writer,
    told,
    async [Symbol.asyncDispose]() {
      client.destroy();
      socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Writes numbered frames until no more should be; gives back what was written. */
function fill(writer: FrameWriter): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let takes = true; takes; ) {
    const frame = serverFrame(`${frames.length}`.padEnd(100_000));
    frames.push(frame);
    takes = writer.write(frame);
  }
  return frames;
}

async function read(client: Socket, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of client.resume() as AsyncIterable<Buffer>) {
    parts.push(part);
    const bytes = Buffer.concat(parts);
    const start = bytes.indexOf('\r\n\r\n') + 4;
    if (bytes.length >= start + length) return bytes.subarray(start);
  }
  throw new Error('the connection ended');
}

for (const kind of KINDS) {
  it(`F3: frames leave whole and in order, whatever else waits for a client that does not read, and it is told when more may be written (${kind})`, async () => {
    await using connection = await opened(kind);
    const { writer, ws, client, told } = connection;
    const frames = fill(writer);
    expect(told.drained).toBe(0);
    const drained = new Promise<void>((resolve) => (told.onDrained = resolve));
    ws.ping();
    const last = serverFrame('last');
    const written = new Promise<boolean>((resolve) => writer.write(last, resolve));
    ws.ping();
    const expected = Buffer.concat([...frames, PING, last, PING]);
    const bytes = await read(client, expected.length);
    await drained;
    expect(bytes.equals(expected)).toBe(true);
    expect(await written).toBe(true);
    expect(told.drained).toBe(1);
  });

  it(`F4: what had not left when the connection broke was not written, and is told once (${kind})`, async () => {
    await using connection = await opened(kind);
    const { writer, socket, ws } = connection;
    fill(writer);
    const answers: boolean[] = [];
    const told = new Promise<void>((resolve) => {
      writer.write(serverFrame('late'), (written) => {
        answers.push(written);
        resolve();
      });
    });
    socket.destroy();
    await told;
    await new Promise((resolve) => (ws.readyState === ws.CLOSED ? resolve(undefined) : ws.once('close', resolve)));
    expect(writer.write(serverFrame('later'), (written) => answers.push(written))).toBe(true);
    expect(answers).toEqual([false, false]);
  });
}
