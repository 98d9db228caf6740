import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles the worker with the sources of every package, and answers with its file. Workers start at once and run without a loader that way. */
export async function bundleWorker(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'xir-simulation-'));
  const outfile = join(directory, 'worker.mjs');
  const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  await build({
    entryPoints: [here('./worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // What is bundled of CommonJS asks for the platform's modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    conditions: ['@xir/source'],
    alias: { undici: here('./no-sockets.ts') },
    logLevel: 'warning',
  });
  return outfile;
}
