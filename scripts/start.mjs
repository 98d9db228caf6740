/**
 * `npm start`: does all the set-up a fresh clone needs, then runs one neuron. Flags after `--` go to the neuron.
 */
import { ensureNeuronBuilt, isNeuronBuilt } from './setup/build-neuron.mjs';
import { ensureInstalled, isInstalled } from './setup/install.mjs';
import { ensurePnpm, hasPnpm, wantedPnpm } from './setup/pnpm.mjs';
import { step } from './setup/progress.mjs';
import { requireNode } from './setup/requirements.mjs';
import { runNeuron } from './start/run-neuron.mjs';

try {
  requireNode();
  if (!hasPnpm()) await step(`fetching pnpm ${wantedPnpm()}`, ensurePnpm);
  if (!isInstalled()) await step('installing dependencies', ensureInstalled);
  if (!isNeuronBuilt()) await step('building the neuron', ensureNeuronBuilt);
  process.exitCode = await runNeuron(process.argv.slice(2));
} catch (error) {
  console.error(`npm start failed: ${error.message}`);
  process.exitCode = 1;
}
