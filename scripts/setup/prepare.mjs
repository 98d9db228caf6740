import { join } from 'node:path';
import { toolsDirectory } from './environment.mjs';
import { ensureInstalled, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';
import { ensurePnpm, hasPnpm, wantedPnpm } from './pnpm.mjs';
import { step } from './progress.mjs';
import { requireNode } from './requirements.mjs';

/** One thing the set-up sees to. */
const STEPS = [
  { title: () => `fetching pnpm ${wantedPnpm()}`, isDone: hasPnpm, run: ensurePnpm },
  { title: () => 'installing dependencies', isDone: isInstalled, run: ensureInstalled },
];

/**
 * Does what has to be done before anything of the repository runs, each step only when it is needed.
 *
 * @param {readonly { title: () => string, isDone: () => boolean, run: () => Promise<void> }[]} [further] steps after the usual ones
 */
export async function prepare(further = []) {
  requireNode();
  const steps = [...STEPS, ...further];
  if (steps.every((entry) => entry.isDone())) return;
  const lock = join(toolsDirectory, 'setup.lock');
  await withLock(
    lock,
    async () => {
      for (const { title, isDone, run } of steps) if (!isDone()) await step(title(), run);
    },
    () => console.log('- waiting for another set-up of this directory to end ...'),
  );
}
