export const name = 'package-uniformity';

/** The same in every package. */
const SCRIPTS = { build: 'tsup', typecheck: 'tsc -p tsconfig.json', test: 'vitest run' };
const FIELDS = { license: 'Apache-2.0', type: 'module' };
const FILES = ['README.md', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
const BUILT_FILES = ['src/index.ts', 'tsconfig.build.json', 'tsup.config.ts'];

/** Packages differ in what they do, not in how they are built, checked or published. */
export function check(repository) {
  return repository.packages.flatMap((entry) => {
    const file = `${entry.directory}/package.json`;
    const { manifest } = entry;
    const problems = [];
    const say = (message) => problems.push({ file, message });
    // A private tool runs from its sources and may have nothing to build, and scripts of its own besides.
    const isTool = manifest.private === true;
    const { build, ...checks } = SCRIPTS;
    for (const [script, command] of Object.entries(isTool ? checks : { build, ...checks })) {
      if (manifest.scripts?.[script] !== command) say(`scripts.${script} must be ${JSON.stringify(command)}`);
    }
    for (const script of Object.keys(isTool ? {} : (manifest.scripts ?? {}))) if (!(script in SCRIPTS)) say(`scripts.${script} is in no other package`);
    for (const [field, value] of Object.entries(FIELDS)) if (manifest[field] !== value) say(`${field} must be ${JSON.stringify(value)}`);
    if (manifest.engines?.node !== '>=20.19') say('engines.node must be ">=20.19"');
    if (!/^[A-Z].+\.$/.test(manifest.description ?? '')) say('description must be one sentence');
    if (manifest.repository?.directory !== entry.directory) say(`repository.directory must be "${entry.directory}"`);
    for (const [field, versions] of Object.entries(manifest)) {
      if (!/^(?:d|devD|peerD)ependencies$/i.test(field)) continue;
      for (const [dependency, version] of Object.entries(versions)) {
        if (dependency.startsWith('@xir/') && version !== 'workspace:^') say(`${field}.${dependency} must be "workspace:^"`);
        else if (field !== 'peerDependencies' && /^[\^~>*]|latest/.test(version)) say(`${field}.${dependency} must name an exact version or the catalog`);
      }
    }
    for (const wanted of isTool ? FILES : [...FILES, ...BUILT_FILES]) if (!repository.has(`${entry.directory}/${wanted}`)) say(`${entry.directory} has no ${wanted}`);
    if (manifest.private !== true) problems.push(...publishing(entry, file));
    return problems;
  });
}

function publishing({ manifest }, file) {
  const problems = [];
  const say = (message) => problems.push({ file, message });
  if (manifest.publishConfig?.access !== 'public') say('publishConfig.access must be "public"');
  for (const [door, target] of Object.entries(manifest.exports ?? {})) {
    if (door.includes('*')) say(`exports "${door}" opens every file; name each door`);
    if (typeof target !== 'object') continue;
    if (Object.keys(target)[0] !== '@xir/source') say(`exports "${door}" must begin with the condition "@xir/source"`);
    const published = { ...target };
    delete published['@xir/source'];
    if (JSON.stringify(manifest.publishConfig?.exports?.[door]) !== JSON.stringify(published)) say(`publishConfig.exports "${door}" must be exports without "@xir/source"`);
  }
  return problems;
}
