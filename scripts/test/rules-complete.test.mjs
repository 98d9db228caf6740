import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RULES } from '../lint/rules.mjs';

const names = (folder, ending) => readdirSync(new URL(folder, import.meta.url)).map((file) => file.slice(0, -ending.length)).sort();

it('every rule is in the list, under the name of its file, and has a test', () => {
  expect(RULES.map((rule) => rule.name).sort()).toEqual(names('../lint/rules/', '.mjs'));
  expect(names('rules/', '.test.mjs')).toEqual(names('../lint/rules/', '.mjs'));
});
