/**
 * `npm start`: does all the set-up a fresh clone needs, then runs one neuron. Flags after `--` go to the neuron.
 */
import { ensureNeuronBuilt, isNeuronBuilt } from './setup/build-neuron.mjs';
import { prepare } from './setup/prepare.mjs';
import { runNeuron } from './start/run-neuron.mjs';

try {
  await prepare([{ title: () => 'building the neuron', isDone: isNeuronBuilt, run: ensureNeuronBuilt }]);
  process.exitCode = await runNeuron(process.argv.slice(2));
} catch (error) {
  console.error(`npm start failed: ${error.message}`);
  process.exitCode = 1;
}
