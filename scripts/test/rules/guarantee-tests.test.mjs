import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/guarantee-tests.mjs';

const messages = (row, tests = "it('T1: holds what it says', a);") =>
  check(
    repositoryOf({
      'docs/guarantees.md': `| promise | held by |\n|---|---|\n${row}\n`,
      'packages/a/package.json': '{"name":"@xir/a"}',
      'packages/a/test/a.test.ts': tests,
    }),
  ).map((problem) => problem.message);

it('is content when a promise names a test that exists', () => {
  expect(messages('| Nothing is lost. | `packages/a/test/a.test.ts` "holds what" |')).toEqual([]);
});

it('finds the promise without a test', () => {
  expect(messages('| Nothing is lost. | by design |')).toEqual(['the promise names no test']);
});

it('finds the test that has gone', () => {
  expect(messages('| Nothing is lost. | `packages/a/test/a.test.ts` "T2" |')).toEqual([expect.stringContaining('no test with "T2"')]);
  expect(messages('| Nothing is lost. | `packages/a/test/b.test.ts` "T1" |')).toEqual([expect.stringContaining('does not exist')]);
});
