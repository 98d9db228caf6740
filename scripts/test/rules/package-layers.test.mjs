import { describe, expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/package-layers.mjs';

const manifest = (name, fields = {}) => JSON.stringify({ name, ...fields });
const allowed = { '@xir/low': [], '@xir/high': ['@xir/low'] };
const messages = (source, fields = { dependencies: { '@xir/low': 'workspace:^' } }, file = 'packages/high/src/a.ts') =>
  check(
    repositoryOf({
      'packages/low/package.json': manifest('@xir/low'),
      'packages/high/package.json': manifest('@xir/high', fields),
      'packages/high/src/index.ts': "export { x } from '@xir/low';",
      [file]: source,
    }),
    allowed,
  ).map(({ file: where, line, message }) => `${where}:${line}: ${message}`);

describe('package-layers', () => {
  it('lets an allowed and declared sibling in', () => {
    expect(messages("import { x } from '@xir/low';\nimport { y } from './b.ts';\nimport { z } from 'node:fs';")).toEqual([]);
  });

  it('names the arrow that runs the wrong way', () => {
    const problems = check(
      repositoryOf({
        'packages/low/package.json': manifest('@xir/low', { devDependencies: { '@xir/high': 'workspace:^' } }),
        'packages/low/src/a.ts': "import { x } from '@xir/high';",
        'packages/high/package.json': manifest('@xir/high'),
      }),
      allowed,
    );
    expect(problems).toEqual([expect.objectContaining({ file: 'packages/low/src/a.ts', line: 1, message: expect.stringContaining('imports @xir/high, which the layers do not allow') })]);
  });

  it.each([
    ["import { x } from '../../low/src/a.ts';", 'outside its package'],
    ["import { x } from '@xir/low/src/a.ts';", 'only what a package exports'],
    ["import { x } from '@xir/low/dist/index.js';", 'only what a package exports'],
    ["import { readFile } from 'fs';", 'write node:fs'],
    ["import { x } from 'left-pad';", 'does not declare'],
    ["const x = await import('left-pad');", 'does not declare'],
    ["import { x } from '@xir/high';", 'its own package'],
  ])('refuses %s in a source', (source, reason) => {
    expect(messages(source)).toEqual([expect.stringContaining(reason)]);
  });

  it('lets a test use devDependencies and its own package by name', () => {
    const fields = { dependencies: { '@xir/low': 'workspace:^' }, devDependencies: { tool: '1.0.0' } };
    expect(messages("import { x } from 'tool';\nimport { y } from '@xir/high';", fields, 'packages/high/test/a.test.ts')).toEqual([]);
  });

  it('wants a declared sibling to be imported', () => {
    const problems = check(
      repositoryOf({ 'packages/low/package.json': manifest('@xir/low'), 'packages/high/package.json': manifest('@xir/high', { dependencies: { '@xir/low': 'workspace:^' } }) }),
      allowed,
    );
    expect(problems.map((problem) => problem.message)).toEqual(['declares @xir/low among its dependencies, but no source imports it']);
  });

  it('wants a row for every package', () => {
    expect(check(repositoryOf({ 'packages/new/package.json': manifest('@xir/new') }), allowed)[0].message).toContain('has no row');
  });
});
