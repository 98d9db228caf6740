import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/sleeping-tests.mjs';

const file = 'packages/a/test/a.test.ts';
const found = (text, allowed) => check(repositoryOf({ [file]: text }), allowed);

it.each(['await new Promise((resolve) => setTimeout(resolve, 50));', "import { setTimeout } from 'node:timers/promises';", 'await sleep(10);', 'await delay(10);'])('refuses %s', (text) => {
  expect(found(text)).toHaveLength(1);
});

it.each(['vi.useFakeTimers(); await vi.advanceTimersByTimeAsync(50);', 'await clock.advance(50);', 'const late = setTimeout(() => reject(new Error()), 1000);'])('accepts %s', (text) => {
  expect(found(text)).toEqual([]);
});

it('lets a file with a stated reason wait', () => {
  expect(found('await sleep(10);', { [file]: 'waits for a real clock' })).toEqual([]);
});
