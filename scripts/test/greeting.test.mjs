import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { curlLines } from '../gates/curl-lines.mjs';
import { firstRequests } from '../start/first-requests.mjs';
import { addressesOf, greeting } from '../start/greeting.mjs';
import { readyLine } from '../start/run-neuron.mjs';

it('knows the ready line among other output', () => {
  expect(readyLine('{"ready":true,"rest":"http://127.0.0.1:4006"}')).toEqual({ ready: true, rest: 'http://127.0.0.1:4006' });
  expect(readyLine('{"level":"info"}')).toBeUndefined();
  expect(readyLine('{broken')).toBeUndefined();
});

it('finds addresses wherever the ready record keeps them', () => {
  expect([...addressesOf({ ready: true, addresses: { rest: 'http://127.0.0.1:4006', ops: 'http://127.0.0.1:4009' } })]).toEqual([
    ['rest', 'http://127.0.0.1:4006'],
    ['ops', 'http://127.0.0.1:4009'],
  ]);
});

it('greets with three lines that begin with curl and name the real address', () => {
  const lines = curlLines(greeting({ ready: true, rest: 'http://127.0.0.1:51234' }));
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).toContain('http://127.0.0.1:51234/_data/');
});

it('quotes each line so that a shell passes the login, the address and the body on as they are', () => {
  for (const { command } of firstRequests('http://127.0.0.1:4006')) {
    const seen = execFileSync('sh', ['-c', command.replace(/^curl/, "printf '%s\\n'")], { encoding: 'utf8' }).split('\n');
    expect(seen).toContain('$sys:secret');
    expect(seen.some((argument) => argument.startsWith('http://127.0.0.1:4006/_data/rooms/kitchen'))).toBe(true);
    const body = seen[seen.indexOf('-d') + 1];
    if (seen.includes('-d')) expect(JSON.parse(body)).toMatchObject({ k: 'lamp', v: { on: true } });
  }
});

it('names the page to talk on, where the neuron serves it', () => {
  expect(greeting({ ready: true, operations: 'http://127.0.0.1:51239' })).toContain('http://127.0.0.1:51239/chat');
  expect(greeting({ ready: true, rest: 'http://127.0.0.1:51234' })).not.toContain('/chat');
});

it('does not print a secret it was not given in the open', () => {
  expect(greeting({ ready: true, rest: 'http://127.0.0.1:1' }, ['--system-secret', 'hush'])).not.toContain('hush');
});
