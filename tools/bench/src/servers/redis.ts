import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A redis-server under measurement. */
export interface RedisServer extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

const READY_TIMEOUT_MS = 10_000;

/** Starts redis-server without persistence, pinned to a core. */
export async function startRedis(core: number): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'xir-bench-redis-'));
  const port = await freePort();
  const child = spawn('taskset', ['-c', String(core), 'redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  await Promise.race([reachable(port), gone.then(() => Promise.reject(new Error('redis-server did not start; Debian has it in the package redis-server')))]);
  return {
    pid: child.pid as number,
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function reachable(port: number): Promise<void> {
  const until = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
}
