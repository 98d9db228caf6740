import { join } from 'node:path';
import { root } from '../setup/root.mjs';
import { runCommand } from '../setup/run-command.mjs';

/**
 * Type-checks each package with its tests, as its own program: declarations one package makes for an untyped dependency do not reach
 * the next. What has not changed, itself or beneath it, comes from turbo's cache.
 */
export async function runTypesGate() {
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  const args = [turbo, 'run', 'typecheck', '--concurrency=2', '--continue', '--output-logs=errors-only', '--log-order=grouped'];
  await runCommand(process.execPath, args, { show: true });
}
