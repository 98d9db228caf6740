import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from './eventually.ts';

/** A redis-server of its own, on a Unix socket. */
export interface RedisProcess extends AsyncDisposable {
  readonly path: string;
}

/** Starts redis-server (Debian: `apt-get install redis-server`) without persistence. */
export async function startRedis(): Promise<RedisProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'xir-redis-'));
  const path = join(directory, 'redis.sock');
  const child = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no', '--dir', directory, '--daemonize', 'no'], { stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => child.once('error', (cause) => reject(new Error('redis-server cannot be started: install the package redis-server', { cause }))));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await Promise.race([failed, eventually(() => reach(path))]);
  return {
    path,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function reach(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
