import { root } from '../setup/root.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { join } from 'node:path';

/** Builds every package with declarations; what has not changed comes from turbo's cache. */
export async function runBuildGate() {
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  const args = [turbo, 'run', 'build', '--concurrency=2', '--continue=dependencies-successful', '--output-logs=errors-only', '--log-order=grouped'];
  await runCommand(process.execPath, args, { show: true });
}
