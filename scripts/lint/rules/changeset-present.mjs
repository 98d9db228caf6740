export const name = 'changeset-present';

/**
 * Every publishable package is either unreleased with a changeset that names it, or released with a CHANGELOG.md. A changeset names
 * only packages that exist.
 */
export function check(repository) {
  const known = new Set(repository.packages.map((entry) => entry.name));
  const problems = [];
  const named = new Set();
  for (const file of repository.files.filter((path) => /^\.changeset\/[^/]+\.md$/.test(path) && path !== '.changeset/README.md')) {
    const [, head = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(repository.read(file)) ?? [];
    const entries = [...head.matchAll(/^['"]?([^'":]+)['"]?:\s*(\w+)\s*$/gm)];
    if (entries.length === 0) problems.push({ file, message: 'names no package' });
    if (body.trim() === '') problems.push({ file, message: 'says nothing to the users of the packages' });
    for (const [, packageName, bump] of entries) {
      named.add(packageName);
      if (!known.has(packageName)) problems.push({ file, message: `names ${packageName}, which is no package` });
      if (!['patch', 'minor', 'major'].includes(bump)) problems.push({ file, message: `"${bump}" is no kind of release` });
    }
  }
  for (const { name: packageName, directory, manifest } of repository.packages) {
    if (manifest.private === true || named.has(packageName) || repository.has(`${directory}/CHANGELOG.md`)) continue;
    problems.push({ file: `${directory}/package.json`, message: `no changeset speaks of ${packageName}; run \`npm run changeset\` and say what its users get` });
  }
  return problems;
}
