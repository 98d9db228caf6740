import { importsOf } from '../source-text.mjs';

export const name = 'contract-suites';

/** Which packages implement the contract whose acceptance suite a testing package holds. */
export const IMPLEMENTATIONS = {
  '@xir/kv4-testing': ['@xir/kv4-couch', '@xir/kv4', '@xir/stem-sdk'],
  '@xir/couch-testing': ['@xir/couch-feed', '@xir/couch-embedded'],
};

/** Every implementation of a contract runs the contract's acceptance suite in its tests. */
export function check(repository, implementations = IMPLEMENTATIONS) {
  return Object.entries(implementations).flatMap(([suite, names]) =>
    repository.packages
      .filter((entry) => names.includes(entry.name))
      .filter(({ directory }) => !repository.tests.some((file) => file.startsWith(`${directory}/test/`) && importsOf(repository.read(file)).some(({ specifier }) => specifier === suite)))
      .map(({ directory }) => ({ file: `${directory}/package.json`, message: `no test runs the acceptance suite of ${suite}` })),
  );
}
