/**
 * `npm run bench`: does all the set-up, then measures beside the peers and writes `docs/benchmarks.md`. Flags after `--` go to the harness
 * (`tools/bench/README.md`).
 */
import { ensureNeuronBuilt, isNeuronBuilt } from './setup/build-neuron.mjs';
import { pnpm } from './setup/pnpm.mjs';
import { prepare } from './setup/prepare.mjs';

try {
  await prepare([{ title: () => 'building the neuron', isDone: isNeuronBuilt, run: ensureNeuronBuilt }]);
  await pnpm(['--filter', '@xir/bench', 'run', 'bench', ...process.argv.slice(2)], { show: true });
} catch (error) {
  console.error(`npm run bench failed: ${error.message}`);
  process.exitCode = 1;
}
