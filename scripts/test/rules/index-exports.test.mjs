import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/index-exports.mjs';

const messages = (text, file = 'packages/a/src/index.ts') =>
  check(repositoryOf({ 'packages/a/package.json': '{"name":"@xir/a"}', [file]: text })).map((problem) => `${problem.line}: ${problem.message}`);

it('accepts a list of named exports', () => {
  expect(messages("export { a, type B } from './a.ts';\nexport type { C } from './c.ts';")).toEqual([]);
});

it.each(["import { a } from './a.ts';", 'export const a = 1;', 'console.log(1);'])('refuses %s in index.ts', (text) => {
  expect(messages(text)).toEqual(['1: index.ts may hold export declarations only']);
});

it('refuses `export *` anywhere', () => {
  expect(messages("export * from './a.ts';")).toHaveLength(1);
  expect(messages("export * as a from './a.ts';", 'packages/a/src/b.ts')).toHaveLength(1);
});
