import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { pnpm } from './pnpm.mjs';
import { root } from './root.mjs';
import { readStamp, writeStamp } from './stamps.mjs';
import { workspacePackages } from './workspace.mjs';

const stampFile = join(root, 'node_modules', '.xir-installed');

function wantedStamp() {
  const manifests = workspacePackages().map((entry) => `${entry.directory}/package.json`);
  const paths = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests];
  return fingerprint(root, paths, [process.version, process.platform, process.arch]);
}

/** True when the installed dependencies are those of the lockfile and the manifests as they stand. */
export function isInstalled() {
  return existsSync(join(root, 'node_modules', '.modules.yaml')) && readStamp(stampFile) === wantedStamp();
}

/** Installs exactly what the lockfile says, unless that has been done. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  await pnpm(['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'], { environment: { CI: 'true' } });
  writeStamp(stampFile, wantedStamp());
}
