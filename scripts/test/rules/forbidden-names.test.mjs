import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/forbidden-names.mjs';

it.each(['packages/a/src/utils.ts', 'packages/a/src/helpers/x.ts', 'packages/a/test/common.test.ts', 'scripts/util.mjs'])('refuses %s', (file) => {
  expect(check(repositoryOf({ [file]: '' }))).toHaveLength(1);
});

it.each(['packages/a/src/semaphore.ts', 'vitest.shared.ts', 'packages/a/src/utility-billing.ts'])('accepts %s', (file) => {
  expect(check(repositoryOf({ [file]: '' }))).toEqual([]);
});
