import { codeOnly, matchesOf } from '../source-text.mjs';

export const name = 'type-escapes';

const comments = /(?:eslint|oxlint)-disable|@ts-(?:ignore|nocheck|expect-error)/g;
const casts = /\bas\s+any\b|<any>/g;
const silentCatch = /\bcatch\s*(?:\(\s*\w*\s*\))?\s*\{\s*\}/g;

/** The checks are not talked out of anything, and no error is swallowed without a reason beside it. */
export function check(repository) {
  const files = repository.files.filter((path) => /\.(?:ts|mts)$/.test(path));
  return files.flatMap((file) => {
    const text = repository.read(file);
    return [
      ...matchesOf(text, comments).map(({ match, line }) => ({ file, line, message: `${match[0]} silences a check; fix what it says` })),
      ...matchesOf(codeOnly(text), casts).map(({ match, line }) => ({ file, line, message: `"${match[0].trim()}" gives the type system up; use unknown and narrow it` })),
      ...matchesOf(text, silentCatch).map(({ line }) => ({ file, line, message: 'an error is swallowed; say in a comment why that is right' })),
    ];
  });
}
