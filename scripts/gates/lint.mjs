import { join } from 'node:path';
import { root } from '../setup/root.mjs';
import { runCommand } from '../setup/run-command.mjs';

/** oxlint with types, then the rules of this repository; both always run, so that one report shows all there is to fix. */
export async function runLintGate() {
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const results = [await ends([oxlint, '--type-aware', '--deny-warnings']), await ends([join(root, 'scripts', 'lint', 'run.mjs')])];
  if (results.includes(false)) throw new Error('The lint found something to fix.');
}

async function ends(args) {
  try {
    await runCommand(process.execPath, args, { show: true });
    return true;
  } catch (error) {
    if (error.name !== 'CommandFailed') throw error;
    return false;
  }
}
