import { expect, it } from 'vitest';
import { errorsPage } from '../../docs/errors-page.mjs';
import { packageTable, withPackageTable } from '../../docs/package-table.mjs';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/generated-pages.mjs';

const sources = {
  'packages/kv4-core/package.json': '{"name":"@xir/kv4-core","description":"The pure heart."}',
  'packages/kv4-core/src/errors.ts': "export const KV4_ERROR_CODES = ['KV4_BUSY'] as const;",
  'packages/kv4-core/README.md': '| `KV4_BUSY` | busy |',
};
const fresh = () => {
  const readme = '# Xir\n<!-- packages:start -->\n<!-- packages:end -->\nend\n';
  const before = repositoryOf({ ...sources, 'README.md': readme });
  return { ...sources, 'README.md': withPackageTable(readme, packageTable(before)), 'docs/errors.md': errorsPage(before) };
};

it('is content with pages as the generator writes them', () => {
  const texts = fresh();
  expect(texts['README.md']).toContain('[`@xir/kv4-core`](packages/kv4-core/README.md) | The pure heart. |');
  expect(check(repositoryOf(texts))).toEqual([]);
});

it('finds a page that its sources have left behind', () => {
  const texts = fresh();
  expect(check(repositoryOf({ ...texts, 'packages/kv4-core/README.md': '| `KV4_BUSY` | waiting |' }))).toEqual([expect.objectContaining({ file: 'docs/errors.md' })]);
  expect(check(repositoryOf({ ...texts, 'README.md': texts['README.md'].replace('heart', 'soul') }))).toEqual([expect.objectContaining({ file: 'README.md' })]);
});

it('wants a role for every package that is published', () => {
  expect(check(repositoryOf({ ...fresh(), 'packages/new/package.json': '{"name":"@xir/new"}' }))).toEqual([expect.objectContaining({ message: expect.stringContaining('no role') })]);
});
