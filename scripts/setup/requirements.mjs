import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** The root manifest. */
export function rootManifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

/** Throws unless this Node is new enough for the repository. */
export function requireNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const [wantMajor, wantMinor] = /(\d+)\.(\d+)/.exec(rootManifest().engines.node).slice(1).map(Number);
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new Error(`Node.js ${wantMajor}.${wantMinor} or newer is needed; this is ${version}.`);
}
