import { join } from 'node:path';
import { root } from '../setup/root.mjs';
import { runCommand } from '../setup/run-command.mjs';

/** Type-checks all packages and their tests as one program, which is much quicker than one program per package. */
export async function runTypesGate() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await runCommand(process.execPath, [tsc, '-p', 'tsconfig.json', '--pretty', 'false'], { show: true });
}
