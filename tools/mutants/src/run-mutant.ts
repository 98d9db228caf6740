import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { HoldingTest, Mutant, Verdict } from './mutant.ts';
import { ROOT } from './patch-plugin.ts';
import { verdictOf } from './verdict.ts';

/** Hands the patch to the run's configuration. */
export const PATCH_VARIABLE = 'XIR_MUTANT_PATCH';

const run = promisify(execFile);
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const CONFIGURATION = fileURLToPath(new URL('../mutant-run.config.ts', import.meta.url));

/** Runs a mutant's test, and nothing else, on the changed source, in a process of its own. Never rejects for a test that fails. */
export async function runMutant(mutant: Mutant): Promise<Verdict> {
  const { name, file, find, replace, also, heldBy } = mutant;
  const directory = mkdtempSync(join(tmpdir(), 'xir-mutant-'));
  const report = join(directory, 'report.json');
  const place = packageOf(heldBy.file);
  const options = ['run', heldBy.file.slice(place.length + 1), '--root', join(ROOT, place), '--config', CONFIGURATION, '-t', patternOf(heldBy), '--reporter=json', `--outputFile=${report}`];
  try {
    await run(process.execPath, [VITEST, ...options], { cwd: join(ROOT, place), env: { ...environment(), [PATCH_VARIABLE]: JSON.stringify({ name, file, find, replace, also }) } }).catch(ignoreFailedTests);
    return verdictOf(JSON.parse(readFileSync(report, 'utf8')));
  } catch (error) {
    return { type: 'unknown', message: String(error) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A run with failed tests ends with status 1: the report tells more. Where there is none, reading it fails. */
function ignoreFailedTests(): void {}

/** The directory of a package, from the root of the repository. */
function packageOf(testFile: string): string {
  return dirname(testFile.slice(0, testFile.indexOf('/test/') + 1) + 'x');
}

/** A pattern that finds the test by its whole name. */
export function patternOf({ suite, title }: HoldingTest): string {
  return (suite === undefined ? [title] : [suite, title]).map((text) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join('.*');
}

/** The environment without what an outer run of vitest has put into it. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== 'NODE_ENV' && name !== 'TEST'));
}
