import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** The folders whose children are packages; as in pnpm-workspace.yaml. */
export const PACKAGE_FOLDERS = ['packages', 'apps', 'tools'];

/**
 * Every package of the workspace.
 *
 * @returns {{ name: string, directory: string, manifest: Record<string, any> }[]} `directory` relative to the root, with `/`
 */
export function workspacePackages(top = root) {
  return PACKAGE_FOLDERS.flatMap((folder) => {
    if (!existsSync(join(top, folder))) return [];
    return readdirSync(join(top, folder))
      .filter((name) => existsSync(join(top, folder, name, 'package.json')))
      .map((name) => {
        const manifest = JSON.parse(readFileSync(join(top, folder, name, 'package.json'), 'utf8'));
        return { name: manifest.name, directory: `${folder}/${name}`, manifest };
      });
  });
}

/** A package and all workspace packages it needs to run, each before its dependents. */
export function runtimeClosure(name, packages = workspacePackages()) {
  const byName = new Map(packages.map((entry) => [entry.name, entry]));
  const ordered = new Map();
  const visit = (wanted) => {
    const entry = byName.get(wanted);
    if (entry === undefined || ordered.has(wanted)) return;
    for (const dependency of Object.keys(entry.manifest.dependencies ?? {})) visit(dependency);
    ordered.set(wanted, entry);
  };
  visit(name);
  return [...ordered.values()];
}
