/**
 * Every gate, in the order `npm test` runs them: the quick ones first. Gates load when they run, since some need packages that a
 * fresh clone does not have before its set-up.
 */
export const GATES = [
  { name: 'lint', title: 'lint: oxlint and the rules of this repository', run: async () => (await import('./lint.mjs')).runLintGate() },
  { name: 'types', title: 'type-check of sources and tests', run: async () => (await import('./types.mjs')).runTypesGate() },
  { name: 'build', title: 'build of every package', run: async () => (await import('./build.mjs')).runBuildGate() },
  { name: 'packages', title: 'packages as a stranger installs them: publint and attw', run: async () => (await import('./packages.mjs')).runPackageGate() },
  { name: 'unused', title: 'unused files, exports and dependencies: knip', run: async () => (await import('./unused.mjs')).runUnusedGate() },
  { name: 'api', title: 'public API against the reports in api/', run: async () => (await import('./api-report.mjs')).runApiGate() },
  { name: 'size', title: 'size of each package against size-limits.json', run: async () => (await import('./size.mjs')).runSizeGate() },
  { name: 'tests', title: 'tests of every package', run: async (options) => (await import('./tests.mjs')).runTestsGate(options) },
  { name: 'readme', title: 'the commands of README.md, pasted', run: async () => (await import('./readme-commands.mjs')).runReadmeGate() },
];

/** The gates a `--only a,b` asks for; all of them without one. */
export function chooseGates(only) {
  if (only === undefined) return GATES;
  const names = only.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!GATES.some((gate) => gate.name === name)) throw new Error(`There is no gate "${name}"; there are ${GATES.map((gate) => gate.name).join(', ')}.`);
  }
  return GATES.filter((gate) => names.includes(gate.name));
}
