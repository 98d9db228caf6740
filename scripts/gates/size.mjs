/** The size of each package's own code. Run as a program with `--update` it writes limits with 10 % of room. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../setup/root.mjs';
import { publishablePackages, requireBuilt } from './publishable.mjs';

const limitsFile = join(root, 'size-limits.json');

/** Bytes of a package's own code, bundled from its built entry, minified and gzipped; what it depends on is not counted. */
async function gzippedBytes(entry) {
  requireBuilt(entry, 'dist/index.js');
  const result = await build({
    entryPoints: [join(root, entry.directory, 'dist', 'index.js')],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  return gzipSync(result.outputFiles[0].contents, { level: 9 }).byteLength;
}

async function measure() {
  const entries = publishablePackages();
  const sizes = await Promise.allSettled(entries.map(gzippedBytes));
  const unbuilt = sizes.filter((size) => size.status === 'rejected');
  if (unbuilt.length > 0) throw new Error(unbuilt.map((size) => size.reason.message).join('\n'));
  return new Map(entries.map((entry, index) => [entry.name, sizes[index].value]));
}

/** Fails when a package has no limit, or is larger than its limit. */
export async function runSizeGate() {
  const limits = existsSync(limitsFile) ? JSON.parse(readFileSync(limitsFile, 'utf8')).maxGzippedBytes : {};
  const sizes = await measure();
  const complaints = [];
  for (const [name, bytes] of sizes) {
    const limit = limits[name];
    console.log(`  ${name.padEnd(22)} ${String(bytes).padStart(7)} B of ${limit ?? 'no limit'}`);
    if (limit === undefined) complaints.push(`${name} has no limit in size-limits.json.`);
    else if (bytes > limit) complaints.push(`${name} has ${bytes} bytes, its limit is ${limit}.`);
  }
  for (const name of Object.keys(limits)) if (!sizes.has(name)) complaints.push(`size-limits.json names ${name}, which is no package.`);
  if (complaints.length > 0) throw new Error(`${complaints.join('\n')}\nIf the growth is worth it, raise the limit in size-limits.json and say why in the commit.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--update')) {
    const limits = Object.fromEntries([...(await measure())].map(([name, bytes]) => [name, Math.ceil((bytes * 1.1) / 256) * 256]));
    writeFileSync(limitsFile, `${JSON.stringify({ maxGzippedBytes: limits }, null, 2)}\n`);
  } else await runSizeGate();
}
