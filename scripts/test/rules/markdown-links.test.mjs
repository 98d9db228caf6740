import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check, headings } from '../../lint/rules/markdown-links.mjs';

const messages = (text) => check(repositoryOf({ 'docs/a.md': text, 'docs/b.md': '# Two words\n## `code` & more', 'packages/a/src/a.ts': '' })).map((problem) => problem.message);

it.each(['[b](b.md)', '[b](b.md#two-words)', '[self](#here)\n# Here', '[web](https://example.org/x)', '[up](../packages/a)', '`packages/a/src/a.ts`', '```\n[x](nowhere.md)\n```'])('accepts %s', (text) => {
  expect(messages(text)).toEqual([]);
});

it.each(['[b](c.md)', '[b](b.md#three-words)', '`packages/a/src/b.ts`', '[up](../../outside.md)'])('refuses %s', (text) => {
  expect(messages(text)).toHaveLength(1);
});

it('makes anchors as GitHub does', () => {
  expect([...headings('# A `b` & c\n## Same\n## Same')]).toEqual(['a-b--c', 'same', 'same-1']);
});
