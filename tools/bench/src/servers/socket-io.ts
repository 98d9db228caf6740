import { fileURLToPath } from 'node:url';

import { io, type Socket } from 'socket.io-client';

import { startChild } from '../child.ts';

/** Two Socket.IO servers over one Redis. */
export interface SocketIoPair extends AsyncDisposable {
  readonly ports: readonly [number, number];
}

/** Starts two Socket.IO servers, pinned to a core. */
export async function startSocketIoPair(redisPort: number, core: number): Promise<SocketIoPair> {
  const script = fileURLToPath(new URL('socket-io-process.ts', import.meta.url));
  const start = (name: string) => startChild(['--import', 'tsx', script], { name: `Socket.IO ${name}`, core, env: { XIR_BENCH_REDIS_PORT: String(redisPort) } });
  const a = await start('a');
  try {
    const b = await start('b');
    return {
      ports: [Number(a.ready['port']), Number(b.ready['port'])],
      async [Symbol.asyncDispose]() {
        await b[Symbol.asyncDispose]();
        await a[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await a[Symbol.asyncDispose]();
    throw error;
  }
}

/** Connects a user, without the polling that Socket.IO begins with otherwise. */
export async function connectSocketIo(port: number, user: string): Promise<Socket> {
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], auth: { user }, reconnection: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}
