import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, fingerprint } from './fingerprint.mjs';
import { pnpm } from './pnpm.mjs';
import { root } from './root.mjs';
import { readStamp, writeStamp } from './stamps.mjs';
import { toolsDirectory } from './environment.mjs';
import { runtimeClosure } from './workspace.mjs';

const stampFile = join(toolsDirectory, 'stamps', 'neuron-built');
const neuron = '@xir/neuron';

/** The file that runs a neuron. */
export const neuronEntry = join(root, 'apps', 'neuron', 'dist', 'main.js');

/** Sources and outputs together: a `dist` that something else rewrote is not taken for ours. */
function stampOfTree(packages) {
  const paths = ['tsup.shared.ts', 'tsconfig.base.json', 'pnpm-lock.yaml'];
  for (const { directory } of packages) {
    for (const file of ['package.json', 'tsup.config.ts', 'tsconfig.build.json']) paths.push(`${directory}/${file}`);
    for (const folder of ['src', 'dist']) {
      const files = filesBelow(join(root, directory, folder)).filter((file) => folder === 'src' || file.endsWith('.js'));
      paths.push(...files.map((file) => `${directory}/${folder}/${file}`));
    }
  }
  return fingerprint(root, paths);
}

/** True when every package the neuron needs is built from its sources as they stand. */
export function isNeuronBuilt() {
  return existsSync(neuronEntry) && readStamp(stampFile) === stampOfTree(runtimeClosure(neuron));
}

/**
 * Builds the neuron and the packages it needs, without type declarations (nothing that runs needs them, and they take
 * most of a build's time). Does nothing when all is built.
 */
export async function ensureNeuronBuilt() {
  if (isNeuronBuilt()) return;
  const args = ['--recursive', '--filter-prod', `${neuron}...`, '--workspace-concurrency=2', '--reporter=append-only', 'run', 'build'];
  await pnpm(args, { environment: { XIR_BUILD_TYPES: 'off' } });
  if (!existsSync(neuronEntry)) throw new Error(`The build of ${neuron} left no ${neuronEntry}.`);
  writeStamp(stampFile, stampOfTree(runtimeClosure(neuron)));
}
