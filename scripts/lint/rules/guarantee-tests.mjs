import { matchesOf } from '../source-text.mjs';

export const name = 'guarantee-tests';

const PAGE = 'docs/guarantees.md';
const reference = /`([\w./-]+\.test\.ts)` "([^"]+)"/g;

/** Every line of the table of promises names a test, and every test it names exists with a title that begins so. */
export function check(repository) {
  if (!repository.has(PAGE)) return [];
  const text = repository.read(PAGE);
  const unproved = matchesOf(text, /^\| (?!promise \||-)([^|\n]+)\|([^|\n]*)\|$/gm)
    .filter(({ match }) => !/\.test\.ts` "/.test(match[2]))
    .map(({ line }) => ({ file: PAGE, line, message: 'the promise names no test' }));
  const missing = matchesOf(text, reference).flatMap(({ match, line }) => {
    const [, file, title] = match;
    if (!repository.has(file)) return [{ file: PAGE, line, message: `${file} does not exist` }];
    const found = ["'", '"', '`'].some((quote) => repository.read(file).includes(`(${quote}${title}`));
    return found ? [] : [{ file: PAGE, line, message: `${file} has no test whose title begins "${title}"` }];
  });
  return [...unproved, ...missing];
}
