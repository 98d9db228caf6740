import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolsDirectory } from './environment.mjs';
import { rootManifest } from './requirements.mjs';
import { runCommand } from './run-command.mjs';

const home = join(toolsDirectory, 'pnpm');

/** The path of pnpm's entry file once {@link ensurePnpm} has run; to be started with `process.execPath`. */
const pnpmEntry = join(home, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');

/** The exact pnpm version the root manifest names. */
export function wantedPnpm() {
  const [, version] = /^pnpm@(\d+\.\d+\.\d+)/.exec(rootManifest().packageManager) ?? [];
  if (version === undefined) throw new Error('package.json must name pnpm with an exact version in "packageManager".');
  return version;
}

/** True when the pnpm the repository names is in place. */
export function hasPnpm() {
  const manifest = join(home, 'node_modules', 'pnpm', 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === wantedPnpm();
}

/** Brings the pnpm the repository names from the registry into `.tools`, with npm alone. */
export async function ensurePnpm() {
  if (hasPnpm()) return;
  mkdirSync(home, { recursive: true });
  // A manifest of its own keeps npm from looking at the workspace's.
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error', `pnpm@${wantedPnpm()}`];
  await runCommand(npm, args, { directory: home });
}

/** Runs the bootstrapped pnpm; same options as `runCommand`. */
export function pnpm(args, options) {
  return runCommand(process.execPath, [pnpmEntry, ...args], options);
}
