import { runApiGate } from './api-report.mjs';
import { runBuildGate } from './build.mjs';
import { runLintGate } from './lint.mjs';
import { runPackageGate } from './packages.mjs';
import { runReadmeGate } from './readme-commands.mjs';
import { runSizeGate } from './size.mjs';
import { runTestsGate } from './tests.mjs';
import { runTypesGate } from './types.mjs';
import { runUnusedGate } from './unused.mjs';

/** Every gate, in the order `npm test` runs them: the quick ones first. */
export const GATES = [
  { name: 'lint', title: 'lint: oxlint and the rules of this repository', run: runLintGate },
  { name: 'types', title: 'type-check of sources and tests', run: runTypesGate },
  { name: 'build', title: 'build of every package', run: runBuildGate },
  { name: 'packages', title: 'packages as a stranger installs them: publint and attw', run: runPackageGate },
  { name: 'unused', title: 'unused files, exports and dependencies: knip', run: runUnusedGate },
  { name: 'api', title: 'public API against the reports in api/', run: runApiGate },
  { name: 'size', title: 'size of each package against size-limits.json', run: runSizeGate },
  { name: 'tests', title: 'tests of every package', run: runTestsGate },
  { name: 'readme', title: 'the commands of README.md, pasted', run: runReadmeGate },
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
