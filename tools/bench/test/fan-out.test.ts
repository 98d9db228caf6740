import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';

import { openFanOut } from '../src/load/fan-out.ts';
import { bareProtocol, natsProtocol, redisProtocol } from '../src/load/fan-out-protocols.ts';
import { clientFrame, serverTextFrame } from '../src/load/web-socket-bytes.ts';

/** A server that passes on what it is sent, changed by `change`, and asks for a sign of life before it does. */
async function serving(change: (text: string) => string) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  const pongs = { count: 0 };
  server.on('connection', (socket) => {
    socket.on('pong', () => (pongs.count += 1));
    socket.on('message', (data: Buffer) => {
      for (const other of server.clients) {
        other.ping();
        if (other !== socket) other.send(change(data.toString()));
      }
    });
  });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    pongs,
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const RECEIVERS = { receivers: 60, quietMs: 1 };

it('counts what every receiver hears, and answers signs of life on the way', async () => {
  await using server = await serving((text) => text);
  using fanOut = await openFanOut(server.port, bareProtocol('x'.repeat(200)), RECEIVERS);
  const { deliveries, latenciesMs } = await fanOut.run({ batch: 3, durationMs: 1, mostPerSecond: 1e6 });
  expect(deliveries).toBe(latenciesMs.length * 180);
  expect(server.pongs.count).toBeGreaterThan(60);
});

it('ends where a receiver hears something else', async () => {
  await using server = await serving((text) => text.replace('b', 'c'));
  using fanOut = await openFanOut(server.port, bareProtocol('aba'), RECEIVERS);
  await expect(fanOut.run({ batch: 1, durationMs: 1, mostPerSecond: 1e6 })).rejects.toThrow('aca');
});

it('speaks of a message as each server does', () => {
  expect(redisProtocol('hello').message.toString()).toBe('*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n$5\r\nhello\r\n');
  expect(natsProtocol('hello').heard.toString()).toBe('MSG bench 1 5\r\nhello\r\n');
  expect([...clientFrame('', 0x8a)]).toEqual([0x8a, 0x80, 0, 0, 0, 0]);
  expect([...serverTextFrame('x'.repeat(126)).subarray(0, 5)]).toEqual([0x81, 126, 0, 126, 0x78]);
});
