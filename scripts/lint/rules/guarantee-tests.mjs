import { matchesOf } from '../source-text.mjs';

export const name = 'guarantee-tests';

const PAGE = 'docs/guarantees.md';
const reference = /`([\w./-]+\.test\.ts)` "([^"]+)"/g;
const testTitle = /\b(?:it|test)(?:\.(?:each|for)\b[^'"`]*?)?\s*\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g;

/** Every line of the table of promises names a test, and every test it names exists: its title contains the quoted words. */
export function check(repository) {
  if (!repository.has(PAGE)) return [];
  const text = repository.read(PAGE);
  const unproved = matchesOf(text, /^\| (?!promise \||-)([^|\n]+)\|([^|\n]*)\|$/gm)
    .filter(({ match }) => !/\.test\.ts` "/.test(match[2]))
    .map(({ line }) => ({ file: PAGE, line, message: 'the promise names no test' }));
  const missing = matchesOf(text, reference).flatMap(({ match, line }) => {
    const [, file, title] = match;
    if (!repository.has(file)) return [{ file: PAGE, line, message: `${file} does not exist` }];
    const found = matchesOf(repository.read(file), testTitle).some((each) => each.match[2].includes(title));
    return found ? [] : [{ file: PAGE, line, message: `${file} has no test with "${title}" in its title` }];
  });
  return [...unproved, ...missing];
}
