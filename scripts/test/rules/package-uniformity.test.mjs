import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/package-uniformity.mjs';

const good = {
  name: '@xir/a',
  description: 'It does one thing.',
  license: 'Apache-2.0',
  type: 'module',
  engines: { node: '>=20.19' },
  repository: { directory: 'packages/a' },
  scripts: { build: 'tsup', typecheck: 'tsc -p tsconfig.json', test: 'vitest run' },
  exports: { '.': { '@xir/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' } },
  publishConfig: { access: 'public', exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } },
  dependencies: { '@xir/b': 'workspace:^', zod: 'catalog:', lmdb: '3.5.6' },
};
const files = ['README.md', 'src/index.ts', 'tsconfig.json', 'tsconfig.build.json', 'tsup.config.ts', 'vitest.config.ts'];
const messages = (change) =>
  check(repositoryOf({ 'packages/a/package.json': JSON.stringify({ ...good, ...change }), ...Object.fromEntries(files.map((file) => [`packages/a/${file}`, ''])) })).map((problem) => problem.message);

it('accepts a package like all others', () => {
  expect(messages({})).toEqual([]);
});

it.each([
  [{ scripts: { ...good.scripts, test: 'jest' } }, 'scripts.test'],
  [{ scripts: { ...good.scripts, deploy: 'x' } }, 'scripts.deploy'],
  [{ license: 'MIT' }, 'license'],
  [{ description: '' }, 'description'],
  [{ dependencies: { zod: '^4.0.0' } }, 'exact version'],
  [{ dependencies: { '@xir/b': '1.0.0' } }, 'workspace:^'],
  [{ publishConfig: { access: 'public', exports: good.exports } }, 'publishConfig.exports'],
  [{ exports: { ...good.exports, './*': './src/*' } }, 'opens every file'],
])('refuses %j', (change, reason) => {
  expect(messages(change).join('\n')).toContain(reason);
});

it('lets a private tool have scripts of its own and nothing to build', () => {
  expect(messages({ private: true, scripts: { typecheck: 'tsc -p tsconfig.json', test: 'vitest run', bench: 'tsx src/main.ts' } })).toEqual([]);
});
