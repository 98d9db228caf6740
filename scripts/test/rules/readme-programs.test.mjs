import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { readmePrograms } from '../../lint/rules/readme-programs.mjs';

const block = (language, text) => `words\n\n\`\`\`${language}\n${text}\n\`\`\`\n`;

it('takes the ts blocks of READMEs, each placed in its own package', () => {
  const found = readmePrograms(repositoryOf({ 'packages/a/README.md': block('ts', 'one();') + block('ts', 'two();'), 'README.md': block('ts', 'three();') }));
  expect(found.map(({ place, line }) => `${place}:${line}`)).toEqual(['packages/a/readme-program-1.ts:3', 'packages/a/readme-program-2.ts:8', 'apps/neuron/root-readme-program-1.ts:3']);
  expect(found[0].text).toBe('one();\n\nexport {};\n');
});

it('leaves other languages and other pages alone', () => {
  expect(readmePrograms(repositoryOf({ 'packages/a/README.md': block('sh', 'ls'), 'docs/a.md': block('ts', 'x') }))).toEqual([]);
});
