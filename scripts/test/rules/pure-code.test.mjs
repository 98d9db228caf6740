import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/pure-code.mjs';

const messages = (text, file = 'packages/kv4-core/src/a.ts', name = '@xir/kv4-core') =>
  check(repositoryOf({ [`${file.split('/').slice(0, 2).join('/')}/package.json`]: JSON.stringify({ name }), [file]: text })).map((problem) => problem.message);

it.each(['const t = Date.now();', 'const t = performance.now();', 'Math.random();', 'setTimeout(run, 1);', 'new Date();', "import { readFile } from 'node:fs';", "import { request } from 'undici';", 'process.env.X;'])(
  'refuses %s in a pure package',
  (text) => {
    expect(messages(text)).toHaveLength(1);
  },
);

it('lets pure code make dates of numbers, and speak of clocks in comments and strings', () => {
  expect(messages("const d = new Date(ms); // not Date.now()\nconst s = 'Math.random';\n/* setTimeout( */")).toEqual([]);
});

it('holds state machines to the same in every package, and nothing else there', () => {
  expect(messages('Date.now();', 'packages/kv4/src/entry-machine.ts', '@xir/kv4')).toHaveLength(1);
  expect(messages('Date.now();', 'packages/kv4/src/cache.ts', '@xir/kv4')).toEqual([]);
});
