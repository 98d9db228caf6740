import { codeOnly, matchesOf } from '../source-text.mjs';

export const name = 'focused-tests';

const focus = /\b(?:it|test|describe|suite)(?:\.\w+)*\.(only|skip|skipIf|runIf|todo|fails)\b/g;

/** Where a test may end early because of what an implementation declares (`supports`), each with its reason. */
export const CAPABILITY_SKIPS = {
  'packages/stem-sdk/test/acceptance.test.ts': 'a case the store over REST does not claim, with that reason',
};

/** Every test runs everywhere. What differs between implementations is a declared capability, not a skip. */
export function check(repository, allowed = CAPABILITY_SKIPS) {
  return repository.files
    .filter((path) => (/\.test\.m?ts$/.test(path) || /-testing\/src\//.test(path)) && !(path in allowed))
    .flatMap((file) => matchesOf(codeOnly(repository.read(file)), focus).map(({ match, line }) => ({ file, line, message: `.${match[1]} in a test; every test runs everywhere` })));
}
