import { matchesOf } from '../source-text.mjs';

export const name = 'specification-items';

const item = /^\s*(?:[-*]\s+|#{1,6}\s+|\|\s*)?(?:\*\*|`)?([A-Z]{1,3}\d+[a-z]?)\b/gm;
const title = /\b(?:it|test|describe)(?:\.(?:each|for|concurrent)\b[^'"`]*?)?\s*\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g;

/** Every numbered item of a package's SPEC.md stands in the title of a test of that package, and every item a title names exists. */
export function check(repository) {
  return repository.packages.flatMap((entry) => {
    const specification = `${entry.directory}/SPEC.md`;
    if (!repository.has(specification)) return [];
    const items = new Map(matchesOf(repository.read(specification), item).map(({ match, line }) => [match[1], line]));
    const prefixes = new Set([...items.keys()].map((text) => /^[A-Z]+/.exec(text)[0]));
    if (items.size === 0) return [{ file: specification, message: 'has no numbered items' }];
    const named = new Map();
    for (const file of repository.tests.filter((path) => path.startsWith(`${entry.directory}/test/`))) {
      for (const { match, line } of matchesOf(repository.read(file), title)) {
        for (const [text] of match[2].matchAll(/\b[A-Z]{1,3}\d+[a-z]?\b/g)) named.set(text, { file, line });
      }
    }
    const untested = [...items].filter(([text]) => !named.has(text)).map(([text, line]) => ({ file: specification, line, message: `no test title names ${text}` }));
    const unknown = [...named]
      .filter(([text]) => prefixes.has(/^[A-Z]+/.exec(text)[0]) && !items.has(text))
      .map(([text, { file, line }]) => ({ file, line, message: `the title names ${text}, which ${specification} does not have` }));
    return [...untested, ...unknown];
  });
}
