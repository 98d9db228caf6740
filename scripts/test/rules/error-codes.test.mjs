import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/error-codes.mjs';
import { errorsPage } from '../../docs/errors-page.mjs';

const repository = (codes, readme) =>
  repositoryOf({
    'packages/a/package.json': '{"name":"@xir/a"}',
    'packages/a/src/errors.ts': `export const A_ERROR_CODES = [${codes.map((code) => `'${code}'`).join(', ')}] as const;`,
    'packages/a/README.md': readme,
  });
const messages = (codes, readme) => check(repository(codes, readme)).map((problem) => problem.message);
const table = (...rows) => `# a\n\n| code | meaning |\n|---|---|\n${rows.map(([code, meaning]) => `| \`${code}\` | ${meaning} |`).join('\n')}\n`;

it('is content when array and table hold the same codes', () => {
  expect(messages(['A_ONE', 'A_TWO'], table(['A_ONE', 'one'], ['A_TWO', 'two']))).toEqual([]);
});

it('finds what one of them lacks', () => {
  expect(messages(['A_ONE'], table())).toEqual(['has no table row for A_ONE']);
  expect(messages(['A_ONE'], table(['A_ONE', 'one'], ['A_OLD', 'gone']))).toEqual([expect.stringContaining('documents A_OLD')]);
});

it('wants the prefix of the array, each code once, and a meaning', () => {
  expect(messages(['B_ONE'], table(['B_ONE', 'x']))).toEqual([expect.stringContaining('does not begin with A_')]);
  expect(messages(['A_ONE', 'A_ONE'], table(['A_ONE', 'x']))).toEqual([expect.stringContaining('twice')]);
  expect(messages(['A_ONE'], table(['A_ONE', '']))).toEqual([expect.stringContaining('says nothing')]);
});

it('does not take defaults and environment variables for codes', () => {
  expect(messages(['A_ONE'], table(['A_ONE', 'x'], ['DEFAULT_A_MS', '5'], ['XIR_REST_PORT', '1']))).toEqual([]);
});

it('makes the error page of the same arrays and tables', () => {
  expect(errorsPage(repository(['A_TWO', 'A_ONE'], table(['A_ONE', 'first'], ['A_TWO', 'second'])))).toContain(
    '## [@xir/a](../packages/a/README.md)\n\n| code | meaning |\n|---|---|\n| `A_ONE` | first |\n| `A_TWO` | second |\n',
  );
});
