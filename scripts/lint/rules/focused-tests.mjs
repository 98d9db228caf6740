import { codeOnly, matchesOf } from '../source-text.mjs';

export const name = 'focused-tests';

const focus = /\b(?:it|test|describe|suite)(?:\.\w+)*\.(only|skip|skipIf|runIf|todo|fails)\b/g;

/** Every test runs everywhere. What differs between implementations is a declared capability, not a skip. */
export function check(repository) {
  return repository.files
    .filter((path) => /\.test\.m?ts$/.test(path) || /-testing\/src\//.test(path))
    .flatMap((file) => matchesOf(codeOnly(repository.read(file)), focus).map(({ match, line }) => ({ file, line, message: `.${match[1]} in a test; every test runs everywhere` })));
}
