import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toolsDirectory } from '../setup/environment.mjs';
import { filesBelow, fingerprint } from '../setup/fingerprint.mjs';
import { pnpm } from '../setup/pnpm.mjs';
import { root } from '../setup/root.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { readStamp, writeStamp } from '../setup/stamps.mjs';
import { publishablePackages, requireBuilt, shortName } from './publishable.mjs';

const packedHome = join(toolsDirectory, 'packed');

/**
 * Packs every package as it would be published and looks at the tarball: `publint --strict`, and `attw` with profile node16.
 * That profile is the one for packages with an `exports` map; `cjs-resolves-to-esm` is let through because these packages are ESM
 * on purpose, and every Node they support can `require` ESM (20.19 and later). A package whose tarball inputs passed before is
 * not packed again.
 */
export async function runPackageGate() {
  const complaints = [];
  const waiting = [...publishablePackages()];
  const worker = async () => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      const complaint = await checkPackage(entry);
      if (complaint !== undefined) complaints.push(`${entry.name}\n${complaint}`);
    }
  };
  await Promise.all([worker(), worker()]);
  if (complaints.length > 0) throw new Error(complaints.sort().join('\n\n'));
}

async function checkPackage(entry) {
  const stampFile = join(toolsDirectory, 'stamps', `packed-${shortName(entry.name)}`);
  const stamp = inputsOf(entry);
  if (readStamp(stampFile) === stamp) return undefined;
  const destination = join(packedHome, shortName(entry.name));
  rmSync(destination, { recursive: true, force: true });
  mkdirSync(destination, { recursive: true });
  try {
    requireBuilt(entry, 'dist/index.js');
    await pnpm(['pack', '--pack-destination', destination], { directory: join(root, entry.directory) });
    const tarball = join(destination, filesBelow(destination)[0]);
    await runCommand(process.execPath, [join(root, 'scripts', 'gates', 'publint-tarball.mjs'), tarball]);
    const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
    await runCommand(process.execPath, [attw, tarball, '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--no-emoji', '--no-color']);
  } catch (error) {
    return error.output || error.message;
  }
  writeStamp(stampFile, stamp);
  return undefined;
}

function inputsOf({ directory }) {
  const top = join(root, directory);
  const paths = ['package.json', ...filesBelow(join(top, 'dist')).map((file) => `dist/${file}`)];
  return fingerprint(top, paths, [readFileSync(join(root, 'package.json'), 'utf8')]);
}
