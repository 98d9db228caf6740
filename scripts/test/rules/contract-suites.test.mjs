import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/contract-suites.mjs';

const messages = (text) =>
  check(repositoryOf({ 'packages/store/package.json': '{"name":"@xir/store"}', 'packages/store/test/a.test.ts': text }), { '@xir/suite': ['@xir/store'] }).map((problem) => problem.message);

it('is content when a test imports the suite', () => {
  expect(messages("import { suite } from '@xir/suite';")).toEqual([]);
});

it('finds the implementation that does not run it', () => {
  expect(messages("// from '@xir/suite'")).toEqual(['no test runs the acceptance suite of @xir/suite']);
});
