import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/focused-tests.mjs';

const found = (text) => check(repositoryOf({ 'packages/a/test/a.test.ts': text }));

it.each(['it.only', 'describe.skip', 'test.skipIf(x)', 'it.todo', 'it.concurrent.only'])('refuses %s', (call) => {
  expect(found(`${call}('a', () => {});`)).toHaveLength(1);
});

it.each(["it('a .skip of a row', run)", 'it.each([1])', '// it.only', 'list.skip(3)'])('accepts %s', (call) => {
  expect(found(call)).toEqual([]);
});
