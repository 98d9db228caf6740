import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { openFixture, type Fixture } from './face-fixture.ts';

const run = promisify(execFile);
let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** What redis-cli (Debian: `apt-get install redis-tools`) prints. */
async function cli(...words: string[]): Promise<string> {
  const { stdout } = await run('redis-cli', ['-p', String(fixture.server.port), '--user', 'elena', '--pass', 'elenas', '--no-auth-warning', ...words]);
  return stdout.trimEnd();
}

it('K3 redis-cli reads, writes, scans, counts and shows the fourth dimension', async () => {
  expect(await cli('PING')).toBe('PONG');
  expect(await cli('SET', '/rooms/kitchen/lamp', '{"on":true}')).toBe('OK');
  expect(await cli('-3', 'HGETALL', '/rooms/kitchen')).toBe('lamp {"on":true}');
  expect(await cli('INCRBY', 'counter', '5')).toBe('5');
  expect((await cli('--scan', '--pattern', '*')).split('\n')).toEqual(['counter', '/rooms/kitchen/lamp']);
  expect(await cli('--scan', '--pattern', '/rooms/*')).toBe('/rooms/kitchen/lamp');
  expect(await cli('KV4.SERIES', 'counter')).toMatch(/^[0-9a-f]{16}-n1\n\d+\nelena\n5$/);
  expect(await cli('INFO', 'server')).toContain('redis_version:');
  expect(await cli('nonsense')).toMatch(/^ERR unknown command/);
});

it('K4 redis-benchmark runs without an error', async () => {
  const { stdout, stderr } = await run('redis-benchmark', ['-p', String(fixture.server.port), '--user', 'elena', '-a', 'elenas', '-n', '100', '-c', '5', '-P', '4', '-r', '10', '-t', 'ping,set,get,incr,mset,hset', '-q']);
  expect(stdout.match(/requests per second/g)).toHaveLength(7);
  expect(stdout + stderr).not.toMatch(/error/i);
});
