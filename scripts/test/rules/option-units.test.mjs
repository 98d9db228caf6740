import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/option-units.mjs';

const messages = (text) => check(repositoryOf({ 'packages/a/package.json': '{"name":"@xir/a"}', 'packages/a/src/a.ts': text })).map((problem) => problem.message);

it.each(['timeout', 'connectTimeout', 'ttl', 'pollInterval', 'delay', 'maxWait', 'heartbeat', 'maxAge'])('wants a unit in "%s"', (name) => {
  expect(messages(`interface A { readonly ${name}?: number | undefined }`)).toEqual([expect.stringContaining('end it in Ms')]);
});

it.each(['timeoutMs: number', 'waiting: number', 'message: number', 'storage: number', 'page: number', 'interval: Interval', 'maxFrameBytes: number'])('accepts "%s"', (field) => {
  expect(messages(`interface A { readonly ${field} }`)).toEqual([]);
});

it('looks at parameters too', () => {
  expect(messages('function wait(timeout: number) {}')).toHaveLength(1);
});
