import { isBuiltin } from 'node:module';
import { ALLOWED } from '../layers.mjs';
import { importsOf } from '../source-text.mjs';

export const name = 'package-layers';

/**
 * Arrows between packages run only as the table in `layers.mjs` says; what is imported is declared, and the other way round; nobody
 * reaches into another package.
 *
 * @param {import('../repository.mjs').Repository} repository
 * @returns {import('../repository.mjs').Problem[]}
 */
export function check(repository, allowed = ALLOWED) {
  const siblings = new Set(repository.packages.map((entry) => entry.name));
  return repository.packages.flatMap((entry) => {
    const manifest = `${entry.directory}/package.json`;
    const allowedHere = allowed[entry.name];
    if (allowedHere === undefined) return [{ file: manifest, message: `${entry.name} has no row in scripts/lint/layers.mjs` }];
    const dependencies = new Set(['dependencies', 'peerDependencies', 'optionalDependencies'].flatMap((field) => Object.keys(entry.manifest[field] ?? {})));
    const everything = new Set([...dependencies, ...Object.keys(entry.manifest.devDependencies ?? {})]);
    const problems = [];
    const used = new Set();
    for (const file of repository.files.filter((path) => path.startsWith(`${entry.directory}/`) && /\.(?:ts|mts)$/.test(path))) {
      const isSource = file.startsWith(`${entry.directory}/src/`);
      for (const { specifier, line } of importsOf(repository.read(file))) {
        const message = judgeImport({ specifier, file, isSource, entry, siblings, allowedHere, dependencies, everything });
        if (message !== undefined) problems.push({ file, line, message });
        if (isSource) used.add(packageOf(specifier));
      }
    }
    for (const sibling of Object.keys(entry.manifest.dependencies ?? {}).filter((dependency) => siblings.has(dependency))) {
      if (!allowedHere.includes(sibling)) problems.push({ file: manifest, message: `depends on ${sibling}, which the layers do not allow` });
      else if (!used.has(sibling) && !entry.directory.startsWith('tools/')) problems.push({ file: manifest, message: `declares ${sibling} among its dependencies, but no source imports it` });
    }
    return problems;
  });
}

function judgeImport({ specifier, file, isSource, entry, siblings, allowedHere, dependencies, everything }) {
  if (specifier.startsWith('.')) {
    const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
    const outside = !target.startsWith(`${entry.directory}/`);
    if (outside && !/^[^/]+\.shared\.ts$/.test(target)) return `imports ${specifier}, which is outside its package; import a sibling by its name`;
    return undefined;
  }
  if (isBuiltin(specifier)) return specifier.startsWith('node:') ? undefined : `imports ${specifier}; write node:${specifier}`;
  const wanted = packageOf(specifier);
  if (/^@xir\/[^/]+\/(?:src|dist)(?:\/|$)/.test(specifier)) return `imports ${specifier}; only what a package exports may be imported`;
  if (wanted === entry.name) return isSource ? `imports its own package by name` : undefined;
  if (isSource && siblings.has(wanted) && !allowedHere.includes(wanted)) return `imports ${wanted}, which the layers do not allow (docs/design.md, scripts/lint/layers.mjs)`;
  if (!(isSource ? dependencies : everything).has(wanted) && !wanted.startsWith('vitest')) {
    return `imports ${wanted}, which ${entry.directory}/package.json does not declare${isSource ? ' among its dependencies' : ''}`;
  }
  return undefined;
}

/** `@scope/name/door` → `@scope/name`, `name/door` → `name`. */
function packageOf(specifier) {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
