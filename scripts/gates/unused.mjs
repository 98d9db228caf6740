import { join } from 'node:path';
import { root } from '../setup/root.mjs';
import { runCommand } from '../setup/run-command.mjs';

/** Finds files, exports and dependencies nobody uses. */
export async function runUnusedGate() {
  const knip = join(root, 'node_modules', 'knip', 'bin', 'knip.js');
  await runCommand(process.execPath, [knip, '--no-progress', '--treat-config-hints-as-errors'], { show: true });
}
