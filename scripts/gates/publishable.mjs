import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/root.mjs';
import { workspacePackages } from '../setup/workspace.mjs';

/** The packages that go to the registry. */
export function publishablePackages() {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}

/** Throws unless `dist` of a package has a file; says how to get it. */
export function requireBuilt({ name, directory }, file) {
  if (!existsSync(join(root, directory, file))) throw new Error(`${name} has no ${file}: run \`npm test -- --only build\` first.`);
}

/** The file name stem for a package's reports: `@xir/kv4-core` gives `kv4-core`. */
export function shortName(name) {
  return name.replace(/^@[^/]+\//, '');
}
