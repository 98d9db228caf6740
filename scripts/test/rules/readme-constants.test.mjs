import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/readme-constants.mjs';

const messages = (readme) =>
  check(repositoryOf({ 'packages/a/package.json': '{"name":"@xir/a"}', 'packages/a/src/a.ts': 'export const DEFAULT_WAIT_MS = 5;', 'packages/a/README.md': readme })).map((problem) => problem.message);

it('knows the constants that sources export', () => {
  expect(messages('`waitMs` | `DEFAULT_WAIT_MS`')).toEqual([]);
});

it('finds the constant nobody exports', () => {
  expect(messages('`DEFAULT_WAIT_SECONDS`')).toEqual([expect.stringContaining('DEFAULT_WAIT_SECONDS')]);
});
