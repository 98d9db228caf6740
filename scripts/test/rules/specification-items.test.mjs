import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/specification-items.mjs';

const messages = (specification, tests) =>
  check(repositoryOf({ 'packages/a/package.json': '{"name":"@xir/a"}', 'packages/a/SPEC.md': specification, 'packages/a/test/a.test.ts': tests })).map((problem) => problem.message);

it('is content when items and titles match', () => {
  expect(messages('- **I1** one\n- I2: two\n## C1 three\n| C2 | four |', "it('I1 one', a);\ntest(\"I2, C1: two\", b);\ndescribe(`C2`, c);")).toEqual([]);
});

it('finds the item no test names', () => {
  expect(messages('- I1 one\n- I2 two', "it('I1', a);")).toEqual(['no test title names I2']);
});

it('finds the title that names an item the specification lacks, and takes other words for words', () => {
  expect(messages('- I1 one', "it('I1 and I9, at P95', a);")).toEqual([expect.stringContaining('names I9')]);
});

it('reads titles of generated tests', () => {
  expect(messages('- I1 one', "it.each([1, 2])('I1 for %s', a);")).toEqual([]);
});
