import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toolsDirectory } from '../setup/environment.mjs';
import { root } from '../setup/root.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { filesBelow } from '../setup/fingerprint.mjs';
import { workspacePackages } from '../setup/workspace.mjs';
import { SKIPS_FILE_VARIABLE } from './skip-reporter.mjs';
import { NO_COUNTS, addCounts, countsLine, countsOf } from './test-counts.mjs';

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const reports = join(toolsDirectory, 'reports');
const skipReporter = join(root, 'scripts', 'gates', 'skip-reporter.mjs');

/** A run of tests that did not pass, with the counts so far. */
class TestsFailed extends Error {
  constructor(message, counts) {
    super(message);
    this.counts = counts;
  }
}

/**
 * Runs vitest in one package after the other, each with at most two workers. Every skipped test is listed with its reason; in CI
 * (`CI` set) one without a reason is a failure: what cannot run there must not look as if it had.
 *
 * @param {{ packages: readonly string[] }} options names or directories of packages; empty: all
 */
export async function runTestsGate({ packages }) {
  if (process.env.XIR_TEST_COUCHDB_URL === undefined) {
    console.log('XIR_TEST_COUCHDB_URL is not set: suites that need a database run on the embedded one only.');
  }
  let counts = NO_COUNTS;
  const broken = [];
  for (const place of testPlaces(packages)) {
    const { report, ended, skips } = await runVitest(place);
    const own = countsOf(report, ended);
    counts = addCounts(counts, own);
    console.log(`  ${place.directory}: ${countsLine(own)}`);
    for (const { name, reason } of skips) console.log(`    skipped: ${name} (${reason ?? 'no reason given'})`);
    const silent = skips.length < own.skipped || skips.some((skip) => skip.reason === undefined);
    if (!ended || own.failed > 0 || (process.env.CI && silent)) broken.push(place.directory);
  }
  if (broken.length > 0) throw new TestsFailed(`Not all tests passed in ${broken.join(', ')}.`, counts);
  return { counts };
}

function testPlaces(wanted) {
  const all = [...workspacePackages().map(({ name, directory }) => ({ name, directory })), { name: 'scripts', directory: 'scripts' }];
  const places = all.filter(({ directory }) => filesBelow(join(root, directory, 'test')).some((file) => /\.test\.(?:ts|mjs)$/.test(file)));
  if (wanted.length === 0) return places;
  return places.filter(({ name, directory }) => wanted.some((text) => name === text || directory === text || directory.endsWith(`/${text}`)));
}

async function runVitest({ directory }) {
  const stem = directory.replaceAll('/', '-');
  const [countsFile, skipsFile] = [join(reports, `${stem}.json`), join(reports, `${stem}-skips.json`)];
  mkdirSync(reports, { recursive: true });
  for (const file of [countsFile, skipsFile]) rmSync(file, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${countsFile}`, `--reporter=${skipReporter}`];
  let ended = true;
  try {
    await runCommand(process.execPath, [vitest, 'run', '--maxWorkers=2', ...reporters], {
      directory: join(root, directory),
      show: true,
      environment: { [SKIPS_FILE_VARIABLE]: skipsFile },
    });
  } catch (error) {
    if (error.name !== 'CommandFailed') throw error;
    ended = false;
  }
  return { ended, report: readReport(countsFile), skips: readReport(skipsFile) ?? [] };
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
