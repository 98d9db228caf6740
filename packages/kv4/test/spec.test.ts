import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('.', import.meta.url);
const coreFolder = new URL('../../kv4-core/test/', import.meta.url);

function titlesIn(directory: URL, pattern: RegExp): Set<string> {
  const files = readdirSync(directory).filter((name) => pattern.test(name));
  const texts = files.map((name) => readFileSync(new URL(name, directory), 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(/\bit\('([EM]\d+)[ :]/g)].map((match) => match[1] as string)));
}

it('every item of SPEC.md has a test, and every numbered test an item', () => {
  const items = new Set([...readFileSync(new URL('../SPEC.md', folder), 'utf8').matchAll(/^\| ([EM]\d+) \|/gm)].map((match) => match[1] as string));
  const titles = new Set([...titlesIn(folder, /\.test\.ts$/), ...titlesIn(coreFolder, /^entry-.*\.test\.ts$/)]);
  expect([...titles].sort()).toEqual([...items].sort());
  expect(items.size).toBeGreaterThan(30);
});
