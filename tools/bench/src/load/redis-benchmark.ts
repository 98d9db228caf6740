import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { findCommand, PeerMissingError } from '../servers/daemon.ts';

const run = promisify(execFile);

/** What redis-benchmark is asked to do. */
export interface RedisLoad {
  readonly port: number;
  /** User and password, for a server that asks for a login. */
  readonly login?: readonly [user: string, password: string];
  /** One of its own tests, or a command as words. */
  readonly test: 'get' | 'set' | readonly string[];
  readonly requests: number;
  readonly pipeline: number;
}

/** What redis-benchmark saw. */
export interface RedisLoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
}

/** Connections of every load. */
export const REDIS_CONNECTIONS = 50;
/** Keys that are read and written, of the form `key:000000000123`. */
export const REDIS_KEYS = 1000;

/** Whether there is a redis-benchmark to run. */
export function hasRedisBenchmark(): boolean {
  return findCommand('redis-benchmark') !== undefined;
}

/** Runs redis-benchmark with values of 100 bytes. Throws {@link PeerMissingError} where it is not installed. */
export async function runRedisBenchmark({ port, login, test, requests, pipeline }: RedisLoad): Promise<RedisLoadResult> {
  if (!hasRedisBenchmark()) throw new PeerMissingError('redis-benchmark is not installed; Debian has it in the package redis-tools');
  const credentials = login === undefined ? [] : ['--user', login[0], '-a', login[1]];
  const work = typeof test === 'string' ? ['-r', String(REDIS_KEYS), '-d', '100', '-t', test, '--csv'] : ['--csv', ...test];
  const { stdout } = await run('redis-benchmark', ['-p', String(port), ...credentials, '-c', String(REDIS_CONNECTIONS), '-P', String(pipeline), '-n', String(requests), ...work]);
  return readRedisBenchmark(stdout);
}

/** Reads its comma-separated answer: the test, answers per second, and latencies in milliseconds, the median the third of them. */
export function readRedisBenchmark(stdout: string): RedisLoadResult {
  const fields = stdout.trim().split('\n').at(-1)?.split(',').map((field) => Number(field.replaceAll('"', ''))) ?? [];
  const [perSecond, p50Ms] = [fields[1] ?? Number.NaN, fields[4] ?? Number.NaN];
  if (!Number.isFinite(perSecond) || !Number.isFinite(p50Ms)) throw new Error(`redis-benchmark answered nothing that can be read: ${stdout.slice(0, 300)}`);
  return { perSecond, p50Ms };
}
