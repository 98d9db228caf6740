import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/unfinished-marks.mjs';

const mark = ['TO', 'DO'].join('');

it('finds marks with their line, in code and in prose', () => {
  expect(check(repositoryOf({ 'packages/a/src/a.ts': `x;\n// ${mark}: later`, 'README.md': mark }))).toEqual([
    expect.objectContaining({ file: 'packages/a/src/a.ts', line: 2 }),
    expect.objectContaining({ file: 'README.md', line: 1 }),
  ]);
});

it('lets words that contain them pass', () => {
  expect(check(repositoryOf({ 'a.ts': `const ${mark}S = ['mastodon'];` }))).toEqual([]);
});
