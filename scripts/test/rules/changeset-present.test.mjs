import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/changeset-present.mjs';

const messages = (texts) => check(repositoryOf({ 'packages/a/package.json': '{"name":"@xir/a"}', ...texts })).map((problem) => problem.message);
const changeset = (head, body = '\nUsers get this.\n') => ({ '.changeset/one.md': `---\n${head}\n---\n${body}` });

it('is content with a changeset that names the package, or a changelog', () => {
  expect(messages(changeset("'@xir/a': minor"))).toEqual([]);
  expect(messages({ 'packages/a/CHANGELOG.md': '# a' })).toEqual([]);
});

it('says how to write the one that is missing', () => {
  expect(messages({})).toEqual([expect.stringContaining('npm run changeset')]);
});

it('refuses one without packages, words, or a known kind of release', () => {
  expect(messages({ ...changeset(''), 'packages/a/CHANGELOG.md': '' })).toEqual(['names no package']);
  expect(messages(changeset("'@xir/a': minor", ''))).toEqual([expect.stringContaining('says nothing')]);
  expect(messages(changeset("'@xir/a': huge"))).toEqual([expect.stringContaining('no kind of release')]);
  expect(messages({ ...changeset("'@xir/b': minor"), 'packages/a/CHANGELOG.md': '' })).toEqual([expect.stringContaining('no package')]);
});
