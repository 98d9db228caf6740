import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { expect, it } from 'vitest';

import { natsPair } from '../src/load/peer-pair.ts';
import type { Daemon } from '../src/servers/daemon.ts';

/** Passes on what is published to a listener on another server, as `change` has it. */
async function servers(change: (payload: string) => string) {
  let listener: Socket | undefined;
  const listen = async (take: (text: string, socket: Socket) => void): Promise<Daemon & { readonly server: Server }> => {
    const server = createServer((socket) => socket.on('data', (chunk) => take(chunk.toString('latin1'), socket)).on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, pid: process.pid, port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void server.close() };
  };
  const a = await listen((text) => {
    for (const [, payload = ''] of text.matchAll(/PUB pair \d+\r\n(.*)\r\n/g)) {
      const told = change(payload);
      listener?.write(`MSG pair 2 ${told.length}\r\n${told}\r\n`);
    }
  });
  const b = await listen((text, socket) => {
    if (text.includes('SUB pair')) listener = socket;
  });
  return { a, b, [Symbol.asyncDispose]: async () => void [a, b].map(({ server }) => server.close()) };
}

it('waits until two servers know of one another, then times each message until it is there', async () => {
  await using route = await servers((payload) => payload);
  using pair = await natsPair(route);
  for (const text of ['[[1]]', '[[2]]']) expect(await pair.send(text)).toBeGreaterThan(0);
});
