import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What redis-benchmark is asked to do. */
export interface RedisLoad {
  readonly port: number;
  /** User and password, for a server that asks for a login. */
  readonly login?: readonly [user: string, password: string];
  readonly test: 'get' | 'set';
  readonly requests: number;
  readonly pipeline: number;
}

/** Connections of every load. */
export const REDIS_CONNECTIONS = 50;
/** Keys that are read and written, of the form `key:000000000123`. */
export const REDIS_KEYS = 1000;

/** Runs redis-benchmark (Debian: package redis-tools) with values of 100 bytes; resolves to its median latency in milliseconds. */
export async function runRedisBenchmark({ port, login, test, requests, pipeline }: RedisLoad): Promise<number> {
  const credentials = login === undefined ? [] : ['--user', login[0], '-a', login[1]];
  const flags = ['-p', String(port), ...credentials, '-c', String(REDIS_CONNECTIONS), '-P', String(pipeline), '-n', String(requests), '-r', String(REDIS_KEYS), '-d', '100', '-t', test, '--csv'];
  const { stdout } = await run('redis-benchmark', flags);
  const p50 = stdout.trim().split('\n').at(-1)?.split(',')[4]?.replaceAll('"', '');
  const milliseconds = Number(p50);
  if (!Number.isFinite(milliseconds)) throw new Error(`redis-benchmark answered nothing that can be read: ${stdout.slice(0, 300)}`);
  return milliseconds;
}
