import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { MAX_LINES, WARN_LINES, check } from '../../lint/rules/file-size.mjs';

const found = (lines, file = 'packages/a/src/a.ts') => check(repositoryOf({ [file]: 'x;\n'.repeat(lines) }));

it('lets a short file pass', () => {
  expect(found(WARN_LINES)).toEqual([]);
});

it('warns above the first limit and fails above the second', () => {
  expect(found(WARN_LINES + 1)).toEqual([expect.objectContaining({ severity: 'warning' })]);
  expect(found(MAX_LINES)).toEqual([expect.objectContaining({ severity: 'warning' })]);
  expect(found(MAX_LINES + 1)[0].severity).toBeUndefined();
});

it('counts code only, not prose', () => {
  expect(found(1000, 'docs/a.md')).toEqual([]);
});
